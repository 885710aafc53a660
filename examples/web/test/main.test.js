import assert from "node:assert/strict";
import { test } from "node:test";

import { describe, locales, nextDue, upcoming } from "../src/main.js";

const day = (text) => new Date(`${text}T12:00:00`);
const iso = (date) =>
  [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, "0"))
    .join("-");

test("a bill is due on its day of the month", () => {
  assert.equal(iso(nextDue({ first: "2025-01-03", months: 1 }, day("2025-04-04"))), "2025-05-03");
  assert.equal(iso(nextDue({ first: "2025-01-03", months: 1 }, day("2025-05-03"))), "2025-05-03");
});

test("a bill of the 31st is due on the last day of a shorter month", () => {
  assert.equal(iso(nextDue({ first: "2025-01-31", months: 1 }, day("2025-02-10"))), "2025-02-28");
  assert.equal(iso(nextDue({ first: "2025-01-31", months: 1 }, day("2025-03-01"))), "2025-03-31");
  assert.equal(iso(nextDue({ first: "2024-02-29", months: 12 }, day("2025-01-01"))), "2025-02-28");
});

test("the bill that is due first comes first", () => {
  const list = [
    { name: "late", first: "2025-06-09", months: 1 },
    { name: "early", first: "2025-06-02", months: 1 },
  ];
  assert.deepEqual(upcoming(list, day("2025-06-01")).map((bill) => bill.name), ["early", "late"]);
});

test("a due date is told in every language", () => {
  const bill = { name: "Rent", due: new Date(2025, 2, 3) };
  const today = day("2025-03-01");
  assert.deepEqual(Object.keys(locales), ["en", "de", "fr"]);
  assert.equal(describe(bill, today, "en"), "Rent: Monday, March 3rd, 2025 (in 2 days)");
  assert.equal(describe(bill, today, "de"), "Rent: Montag, 3. März 2025 (in 2 Tagen)");
  assert.equal(describe(bill, today, "fr"), "Rent: lundi 3 mars 2025 (dans 2 jours)");
});

// A page that knows just what the program asks of it.
function page() {
  const element = () => ({
    children: [],
    listeners: {},
    replaceChildren(...children) {
      this.children = children;
      this.value ??= children[0]?.value;
    },
    addEventListener(name, listener) {
      this.listeners[name] = listener;
    },
  });
  const found = { "#language": element(), "#bills": element(), "#next": element() };
  return { found, querySelector: (name) => found[name], createElement: element };
}

test("the page lists the bills, and again when the language changes", async () => {
  const document = page();
  globalThis.document = document;
  globalThis.window = globalThis;
  await import("../src/main.js?page");
  const texts = () => document.found["#bills"].children.map((item) => item.textContent);
  assert.equal(texts().length, 4);
  assert.ok(texts().some((text) => text.startsWith("Rent: ")));
  assert.ok(texts()[0].startsWith(`${document.found["#next"].textContent}: `));

  document.found["#language"].value = "de";
  document.found["#language"].listeners.change();
  assert.match(texts().join(), /Tag/);
  for (const field of ["value", "textContent"]) {
    assert.deepEqual(
      document.found["#language"].children.map((option) => option[field]),
      ["en", "de", "fr"],
    );
  }
});
