// One experiment: what was tried, what came of it, and the change itself.

const WORDS = new Set(("and as assert async await break case catch class const continue def default del do elif else enum except "
  + "export extends final finally fn for from func function global if impl implements import in interface is lambda let "
  + "loop match mod mut new not null None or package pass private protected pub public raise return self static struct super "
  + "switch this throw throws True False true false try type typeof use var void while with yield").split(" "));
const TOKEN = /("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|`(?:[^`\\]|\\.)*`?)|(#.*|\/\/.*|\/\*.*?(?:\*\/|$))|(\b\d[\w.]*)|([A-Za-z_]\w*)/g;

function coloured(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(TOKEN)) {
    const kind = found[1] ? "t" : found[2] ? "n" : found[3] ? "d" : WORDS.has(found[4]) ? "w" : "";
    if (!kind) continue;
    if (found.index > at) parts.push(text.slice(at, found.index));
    parts.push(element("span", { class: kind }, found[0]));
    at = found.index + found[0].length;
  }
  parts.push(text.slice(at));
  return parts;
}

function diff(patch) {
  const lines = patch.replace(/\n$/, "").split("\n").filter((line) => !line.startsWith("index ")).map((line) => {
    const head = /^(diff |index |--- |\+\+\+ |@@|new file|deleted file|similarity |rename )/.test(line);
    const kind = head ? "at" : line[0] === "+" ? "add" : line[0] === "-" ? "cut" : "";
    return element("span", { class: `row ${kind}` }, ...(head ? [line] : [line.slice(0, 1), ...coloured(line.slice(1))]));
  });
  return element("pre", { tabindex: "0", role: "region", "aria-label": "The change" }, ...lines);
}

// Every run of both sides as a dot on one axis, the incumbent's above; nothing for a single run.
function runs(row) {
  const values = row.runs.map((run) => run[1]);
  if (values.length < 2) return null;
  const low = Math.min(...values), high = Math.max(...values);
  const sides = [["incumbent", 0], ["candidate", 1]].filter(([, side]) => row.runs.some((run) => run[0] === side));
  const bottom = 22 * sides.length + 12, at = (value) => (low === high ? 234 : 84 + (value - low) / (high - low) * 300);
  const picture = element("svg:svg", { viewBox: `0 0 400 ${bottom + 4}`, role: "img", "aria-label": `Runs: ${row.runs.map(([side, value]) => `${side ? "candidate" : "incumbent"} ${brief(value)}`).join(", ")}` });
  sides.forEach(([words, side], line) => {
    const y = 14 + 22 * line;
    picture.append(element("svg:text", { x: 0, y: y + 4 }, words), element("svg:path", { d: `M80 ${y}H390`, stroke: colour("line") }));
    for (const [which, value] of row.runs) {
      if (which === side) {
        picture.append(element("svg:circle", { cx: at(value), cy: y, r: 4, "fill-opacity": 0.7, fill: colour(side ? "kept" : "discarded") }));
      }
    }
  });
  if (low === high) picture.append(element("svg:text", { x: at(low), y: bottom, "text-anchor": "middle" }, brief(low)));
  else picture.append(element("svg:text", { x: 80, y: bottom }, brief(low)), element("svg:text", { x: 390, y: bottom, "text-anchor": "end" }, brief(high)));
  return picture;
}

const ESTIMATE = "The value is an estimate, not the best run: the value before, moved by what of the difference between the two sides is not put down to luck.";

function facts(pairs) {
  return element("dl", {}, ...pairs.filter(([, value]) => value).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

function findingOf(n) {
  return data.confirmation ? data.confirmation.findings.find((each) => each.experiment === n) : undefined;
}

function worth(found) {
  if (found.gain === null) return found.note || "could not be left out by itself";
  const between = found.low === null || found.high === null ? "" : ` (95%: ${brief(found.low, 3)} to ${brief(found.high, 3)})`;
  const verdict = found.holds === null ? "open" : found.holds ? "holds up" : "is not shown to help";
  return `on fresh runs it ${verdict}, worth ${brief(found.gain, 3)}${between}${found.dropped ? "; taken out" : ""}`;
}

function drawDetail() {
  const place = byId("detail"), row = rows[state.selected];
  if (!row) {
    place.replaceChildren(element("h2", { id: "detail-title" }, "One experiment"),
      element("p", { class: "hint" }, rows.length ? "Choose one in the chart or the table." : "There is none yet."));
    return;
  }
  const more = data.more[row.n] || {}, found = findingOf(row.n);
  const change = row.gain === null ? "" : `${[signed(row.value - row.prev), row.share === null ? "" : `(${percent(row.share)})`, `against ${brief(row.prev)}`].filter(Boolean).join(" ")}`;
  const parts = [
    element("h2", { id: "detail-title" }, `${row.n}: ${row.title}`),
    element("p", {}, element("span", { class: `chip ${row.kind}` }, row.baseline ? "baseline" : KIND_WORDS[row.kind]),
      row.reason ? ` ${row.reason.replaceAll("_", " ")}` : "", row.jump ? " · a jump; measured again, it held up" : ""),
    facts([
      ["value", row.value === null ? "" : uncertain(row.value, row.margin)],
      ["change", change], ["held out", row.holdout === null ? "" : brief(row.holdout)], ["worth", found ? worth(found) : ""],
      ["trouble", row.error], ["by", row.proposer], ["lane", row.lane ? `${row.lane}` : ""], ["time", row.seconds ? duration(row.seconds) : ""],
      ["memory", row.memory ? `${row.memory.toFixed(2)} GB` : ""],
      ["cost", row.tokens ? [`${row.tokens.toLocaleString("en")} tokens`, money(row.cost)].filter(Boolean).join(", ") : ""],
      ["when", row.time ? new Date(row.time * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }) : ""], [row.kind === "kept" ? "commit" : "tried on", row.commit],
      ...Object.entries(row.metrics || {}).map(([name, value]) => [name, brief(value)]),
    ]),
  ];
  if (more.note) parts.push(element("h3", {}, "Why it was tried"), element("p", {}, more.note));
  const strip = runs(row);
  if (strip) parts.push(element("h3", {}, "Runs"), strip);
  if (strip && row.gain !== null && data.noise) parts.push(element("p", { class: "hint" }, ESTIMATE));
  if (!row.baseline) {
    parts.push(element("h3", {}, "The change"), more.patch ? diff(more.patch)
      : element("p", { class: "hint" }, more.wait ? "…" : `Not in this page: autoresearch-ci results show ${row.n}`));
  }
  if (more.log) {
    parts.push(element("details", {}, element("summary", {}, "End of its log"),
      element("pre", { tabindex: "0", role: "region", "aria-label": "End of the log" }, ...more.log.split("\n").map((line) => element("span", { class: "row" }, line)))));
  }
  place.replaceChildren(...parts);
  place.scrollTop = 0;
  fetchMore(row.n);
}

// A live page asks for an experiment's change when somebody looks at it.
function fetchMore(n) {
  if (!data.live || data.more[n]) return;
  data.more[n] = { wait: true };
  fetch(`experiments/${n}.json`).then((answer) => answer.json()).then((found) => {
    data.more[n] = found;
    if (state.selected === n) drawDetail();
  }).catch(() => { delete data.more[n]; });
}
