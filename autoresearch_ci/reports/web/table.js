// The table: sorted, searched and filtered over all rows, of which as many are in the page as are read.

const PAGE = 200;
const state = { selected: null, sort: "n", down: true, shown: PAGE, search: "", kind: "", proposer: "", session: "", lane: "", several: false };
const COLUMNS = [
  ["n", "#", "end"], ["kind", "verdict", ""], ["value", "value", "end"], ["share", "change", "end narrow"],
  ["seconds", "time", "end narrow"], ["proposer", "proposer", "narrow"], ["title", "idea", ""],
];
let listed = [];

function proposers() { return [...new Set(rows.filter((row) => !row.baseline).map((row) => row.proposer))]; }

function matches(row) {
  return (!state.kind || row.kind === state.kind) && (!state.proposer || row.proposer === state.proposer)
    && (!state.session || row.session === state.session)
    && (!state.lane || row.lane === Number(state.lane)) && (!state.search || row.words.includes(state.search));
}

function list() {
  const key = state.sort, sign = state.down ? -1 : 1;
  listed = rows.filter(matches).sort((a, b) => {
    const one = a[key], other = b[key];
    if (one === other) return a.n - b.n;
    if (one === null) return 1;
    if (other === null) return -1;
    return (one < other ? -1 : 1) * sign;
  });
  byId("count").textContent = `${listed.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
}

function drawTable() {
  list();
  byId("columns").replaceChildren(...COLUMNS.filter(([key]) => key !== "proposer" || state.several).map(([key, words, where]) => {
    const sorted = state.sort === key;
    return element("th", { class: where, scope: "col", "aria-sort": sorted ? (state.down ? "descending" : "ascending") : "none" },
      element("button", { type: "button", "data-key": key, onclick: () => sortBy(key) },
        `${words}${sorted ? (state.down ? " ↓" : " ↑") : ""}`));
  }));
  byId("rows").replaceChildren(...listed.slice(0, state.shown).map(rowOf));
  const left = listed.length - state.shown;
  byId("more").hidden = left <= 0;
  byId("more").textContent = `Show ${Math.min(left, PAGE)} more of ${left.toLocaleString("en")}`;
}

function rowOf(row) {
  return element("tr", { "data-n": row.n, "aria-current": row.n === state.selected ? "true" : null },
    element("td", { class: "end" }, element("button", { type: "button", "aria-label": `Experiment ${row.n}` }, String(row.n))),
    element("td", { class: row.kind }, row.baseline ? "baseline" : row.kind === "kept" ? "kept" : row.reason.replaceAll("_", " ")),
    element("td", { class: "end" }, number(row.value)),
    element("td", { class: "end narrow" }, percent(row.share)),
    element("td", { class: "end narrow" }, duration(row.seconds)),
    state.several ? element("td", { class: "narrow short" }, row.proposer) : null,
    element("td", { class: "words" }, row.title));
}

function sortBy(key) {
  state.down = state.sort === key ? !state.down : !["n", "title", "kind", "proposer"].includes(key) && !(key === "value" && data.lower);
  state.sort = key;
  state.shown = PAGE;
  drawTable();
  const button = byId("columns").querySelector(`[data-key="${key}"]`);
  if (button) button.focus({ preventScroll: true });
}

function options(id, first, values) {
  const select = byId(id), chosen = select.value;
  select.replaceChildren(element("option", { value: "" }, first), ...values.map(([value, words]) => element("option", { value }, words)));
  select.value = values.some(([value]) => value === chosen) ? chosen : "";
}

function fillFilters() {
  options("kind", "all", KINDS.map((kind) => [kind, KIND_WORDS[kind]]));
  const names = proposers();
  state.several = names.length > 1;
  byId("proposer-part").hidden = !state.several;
  options("proposer", "all", names.map((name) => [name, name]));
  byId("session-part").hidden = data.sessions.length < 2;
  const lanes = [...new Set(data.lanes)].filter((lane) => lane).sort((a, b) => a - b);
  byId("lane-part").hidden = !lanes.length;
  options("lane", "all", lanes.map((lane) => [`${lane}`, `${lane}`]));
  options("session", "all", data.sessions.map((name, at) => [name, `${at + 1}`]));
}

function listenToTable() {
  const changed = () => { state.shown = PAGE; drawTable(); drawChart(); };
  byId("search").addEventListener("input", () => { state.search = arrows(byId("search").value.toLowerCase()); changed(); });
  for (const id of ["kind", "proposer", "session", "lane"]) {
    byId(id).addEventListener("change", () => { state[id] = byId(id).value; changed(); });
  }
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("more").addEventListener("click", () => {
    const seen = state.shown;
    state.shown += PAGE;
    drawTable();
    const next = byId("rows").children[seen];
    if (next) next.querySelector("button").focus();
  });
  byId("rows").addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (!row) return;
    select(Number(row.dataset.n), event.target.closest("button") !== null && event.detail === 0);
    if (window.innerWidth < 1100) byId("detail").scrollIntoView({ block: "start" });
  });
}

function select(n, focus) {
  state.selected = n;
  for (const row of byId("rows").children) {
    if (Number(row.dataset.n) === n) row.setAttribute("aria-current", "true"); else row.removeAttribute("aria-current");
  }
  const row = rows[n];
  showCursor();
  drawDetail();
  if (row) byId("said").textContent = `Experiment ${n}: ${row.title}, ${KIND_WORDS[row.kind]}${row.value === null ? "" : `, ${number(row.value)}`}`;
  if (focus) byId("detail").focus();
}

function stepSelection(move) {
  const open = rows.filter(matches);
  if (!open.length) return;
  const at = open.findIndex((row) => row.n === state.selected);
  const next = at < 0 ? (move > 0 ? 0 : open.length - 1) : Math.min(Math.max(at + move, 0), open.length - 1);
  select(open[next].n);
}
