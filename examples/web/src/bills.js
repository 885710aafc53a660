// What is to be paid: every `months` months from `first` on.
export const bills = [
  { name: "Rent", first: "2025-01-03", months: 1 },
  { name: "Electricity", first: "2025-01-31", months: 2 },
  { name: "Insurance", first: "2024-02-29", months: 12 },
  { name: "Water", first: "2025-03-15", months: 3 },
];
