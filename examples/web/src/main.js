import * as dates from "date-fns";
import { de, enUS, fr } from "date-fns/locale";
import { bills } from "./bills.js";

export const locales = { en: enUS, de, fr };

// The first day on or after `today` on which the bill is due.
export function nextDue(bill, today) {
  const first = dates.parseISO(bill.first);
  let due = first;
  for (let times = 1; dates.isBefore(due, dates.startOfDay(today)); times += 1) {
    due = dates.addMonths(first, times * bill.months);
  }
  return due;
}

export function upcoming(list, today) {
  return list
    .map((bill) => ({ ...bill, due: nextDue(bill, today) }))
    .sort((a, b) => dates.compareAsc(a.due, b.due));
}

export function describe(bill, today, language) {
  const locale = locales[language];
  const day = dates.format(bill.due, "PPPP", { locale });
  const distance = dates.formatDistanceStrict(bill.due, dates.startOfDay(today), {
    addSuffix: true,
    locale,
    unit: "day",
  });
  return `${bill.name}: ${day} (${distance})`;
}

function render(document, language, today) {
  const list = upcoming(bills, today);
  console.debug("bills", dates.formatRFC3339(today), list);
  document.querySelector("#bills").replaceChildren(
    ...list.map((bill) => {
      const item = document.createElement("li");
      item.textContent = describe(bill, today, language);
      return item;
    }),
  );
  document.querySelector("#next").textContent = list[0].name;
}

function start(document) {
  const select = document.querySelector("#language");
  select.replaceChildren(
    ...Object.keys(locales).map((language) => {
      const option = document.createElement("option");
      option.value = option.textContent = language;
      return option;
    }),
  );
  select.addEventListener("change", () => render(document, select.value, new Date()));
  render(document, select.value, new Date());
  window.dates = dates; // handy in the console
}

if (typeof document !== "undefined") {
  start(document);
}
