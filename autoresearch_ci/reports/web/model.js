"use strict";
// The data of the page, and words and elements made of it. Everything that comes from outside is
// put into the page as text: nothing here ever makes markup of a string.

const KINDS = ["kept", "discarded", "refused", "crashed"];
const KIND_WORDS = { kept: "kept", discarded: "not better", refused: "broke a rule", crashed: "crashed" };
const byId = (id) => document.getElementById(id);
let data = null;
let rows = [];

function take(found) {
  data = found;
  const names = found.columns;
  rows = found.rows.map((cells) => {
    const row = {};
    names.forEach((name, at) => { row[name] = cells[at]; });
    row.kind = KINDS[row.kind];
    row.reason = found.reasons[row.reason];
    row.proposer = found.proposers[row.proposer];
    row.lane = found.lanes[row.session];
    row.session = found.sessions[row.session];
    row.gain = row.value === null || row.prev === null || row.baseline ? null
      : found.lower ? row.prev - row.value : row.value - row.prev;
    row.share = row.gain === null || !row.prev ? null : (row.value - row.prev) / Math.abs(row.prev) * 100;
    row.title = arrows(row.title);
    row.words = `${row.n} ${row.title} ${row.error} ${row.reason}`.toLowerCase();
    return row;
  });
}

// A line may break within `->`, between the two.
function arrows(text) { return text.replace(/(?<=^|\s)->(?=\s|\.\.\.|$)/g, "→"); }

function element(name, attributes, ...children) {
  const made = name.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4))
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "onclick") made.addEventListener("click", value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

function number(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  return size === 0 || (size >= 1e-4 && size < 1e7) ? value.toFixed(6) : value.toPrecision(6);
}

// Without the digits that say nothing: for words and cards, where no column has to be aligned.
function brief(value, digits = 6) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size >= 1e7 || (size && size < 1e-4)) return String(Number(value.toPrecision(digits)));
  return String(size >= 10 ** digits ? Math.round(value) : Number(value.toPrecision(digits)));
}

// A value to the digits that its margin, half of the interval, leaves it.
function uncertain(value, margin) {
  if (!margin) return brief(value);
  const digits = 1 - Math.floor(Math.log10(margin)), plain = digits >= 0 && digits <= 9 && Math.abs(value) < 1e7;
  return plain ? `${value.toFixed(digits)} ± ${margin.toFixed(digits)}` : `${brief(value)} ± ${brief(margin, 2)}`;
}

function signed(value) {
  return value === null ? "" : (value > 0 ? "+" : "") + brief(value, 3);
}

function percent(share) {
  if (share === null || !Number.isFinite(share)) return "";
  const size = Math.abs(share);
  const digits = size >= 1e5 ? share.toExponential(1) : size && size < 0.005 ? share.toPrecision(2) : share.toFixed(2);
  return `${share > 0 ? "+" : ""}${digits}%`;
}

function duration(seconds) {
  if (seconds < 9.95) return `${Math.max(seconds, 0).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
}

function money(dollars) {
  return dollars ? `$${dollars < 0.01 ? Number(dollars.toPrecision(2)) : dollars.toFixed(2)}` : "";
}

function plural(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// The extent of a chart: the best so far is seen whole, the rest as far as it is near.
function limits(shown, best, log) {
  const values = shown.map((row) => row.value).filter((value) => value !== null).sort((a, b) => a - b);
  if (!values.length) return [0, 1];
  const line = best.length ? best : values;
  const tenth = Math.floor(values.length / 10);
  let low = Math.min(...line), high = Math.max(...line);
  const height = Math.max(high - low, 4 * data.noise);
  const common = [values[tenth], values[values.length - 1 - tenth]];
  const reach = height || common[1] - common[0] || Math.abs(high) || 1;
  low = Math.min(low - 2 * data.noise, Math.max(common[0], low - reach));
  high = Math.max(high + 2 * data.noise, Math.min(common[1], high + reach));
  if (log && values[0] > 0) {
    low = Math.max(low, values[0]);
    const room = (high / low) ** 0.07 || 1.1;
    return [low / (room > 1 ? room : 1.1), high * (room > 1 ? room : 1.1)];
  }
  const room = 0.08 * (high - low || Math.abs(high) || 1);
  return [low - room, high + room];
}

// The kept rows up to each moment, as steps: [experiment, value, half of the interval].
function steps() {
  return rows.filter((row) => row.kind === "kept" && row.value !== null)
    .map((row) => [row.n, row.value, row.margin || 0]);
}
