// Everything around chart and table, and the page's life.

function rate(each) { return each < 100 ? each.toPrecision(2) : Math.round(each).toLocaleString("en"); }

function cards() {
  const tried = rows.filter((row) => !row.baseline), kept = tried.filter((row) => row.kind === "kept");
  const best = rows[data.best], seconds = rows.reduce((sum, row) => sum + row.seconds, 0);
  const tokens = data.shares.reduce((sum, each) => sum + each.tokens, 0), cost = data.shares.reduce((sum, each) => sum + each.cost_usd, 0);
  const crashed = tried.filter((row) => row.kind === "crashed").length;
  const found = [
    ["Best", best ? brief(best.value) : "–", best ? [best.margin ? `± ${brief(best.margin, 2)}` : "", best.baseline ? "the baseline" : `experiment ${best.n}`].filter(Boolean).join(", ") : ""],
    ["Against the baseline", best && data.baseline ? best.value === data.baseline ? "0%" : percent((best.value - data.baseline) / Math.abs(data.baseline) * 100) : "–", data.baseline === null ? "" : `from ${brief(data.baseline)}`],
    ["Experiments", tried.length.toLocaleString("en"), seconds ? `${rate(tried.length / seconds * 3600)} per hour of runs` : ""],
    ["Kept", kept.length.toLocaleString("en"), tried.length ? [`${(kept.length / tried.length * 100).toFixed(1)}% of them`, crashed ? `${crashed.toLocaleString("en")} crashed` : ""].filter(Boolean).join("; ") : ""],
    ["Time of runs", seconds ? duration(seconds) : "–", data.at_once ? `${data.at_once.toFixed(1)} experiments at once` : data.sessions.length ? plural(data.sessions.length, "session") : ""],
  ];
  if (tokens) found.push(["Models", money(cost) || tokens.toLocaleString("en"), `${tokens.toLocaleString("en")} tokens`]);
  byId("cards").hidden = !rows.length;
  byId("cards").replaceChildren(...found.map(([name, value, sub]) => element("li", {},
    element("span", { class: "name" }, name), element("strong", {}, value), element("span", { class: "sub" }, sub))));
}

const SHAPES = {
  kept: ["svg:circle", { cx: 6, cy: 6, r: 4.5 }], discarded: ["svg:circle", { cx: 6, cy: 6, r: 3.4, "fill-opacity": 0 }],
  refused: ["svg:path", { d: "M6 1 11 6 6 11 1 6Z" }], crashed: ["svg:path", { d: "M2 2 10 10M10 2 2 10", "stroke-width": 2 }],
};

// The marks that there are, and the lines.
function legend() {
  const counts = KINDS.map((kind) => [kind, rows.filter((row) => row.kind === kind && !row.baseline).length]);
  const picture = (shape, attributes) => element("svg:svg", { viewBox: "0 0 12 12", "aria-hidden": "true" }, element(shape, attributes));
  const line = (name, look, words) => element("li", {}, picture("svg:path", { d: "M0 6H12", stroke: colour(name), "stroke-width": 2, ...look }), words);
  byId("legend").replaceChildren(
    ...counts.filter(([, count]) => count).map(([kind, count]) => {
      const [shape, attributes] = SHAPES[kind];
      return element("li", {}, picture(shape, { ...attributes, fill: colour(kind), stroke: colour(kind) }), `${KIND_WORDS[kind]} (${count.toLocaleString("en")})`);
    }),
    ...(data.baseline === null ? [] : [line("kept", {}, data.noise ? "best so far, with its 95% interval" : "best so far"),
      line("quiet", { "stroke-dasharray": "1 2", "stroke-width": 1.5 }, "baseline")]),
    ...(data.target_value === null ? [] : [line("quiet", { "stroke-dasharray": "5 2", "stroke-width": 1.5 }, "target value")]));
}

const STORY = 200;

function story() {
  const kept = rows.filter((row) => row.kind === "kept");
  byId("story-part").hidden = kept.length < 2;
  const confirmation = data.confirmation;
  byId("confirmed").textContent = confirmation ? data.confirmed : "";
  const most = Math.max(...kept.map((row) => row.gain || 0), 0);
  byId("story").classList.toggle("long", kept.length > 6);
  byId("story-rest").textContent = kept.length > STORY ? `${plural(kept.length - STORY, "later one")} in the table.` : "";
  byId("story").replaceChildren(...kept.slice(0, STORY).map((row) => {
    const found = findingOf(row.n);
    const bar = row.gain > 0 && most ? element("svg:svg", { viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
      element("svg:rect", { width: Math.max(row.gain / most * 100, 0.5), height: 4, fill: colour("kept") })) : null;
    return element("li", {},
      element("button", { type: "button", onclick: () => { select(row.n); byId("detail").scrollIntoView({ block: "nearest" }); } }, row.baseline ? `Baseline ${brief(row.value)}` : `${row.n}: ${row.title}`),
      row.baseline ? "" : element("p", {}, `${brief(row.prev)} → ${brief(row.value)}${row.share === null ? "" : ` (${percent(row.share)})`}`, found ? `; ${worth(found)}` : ""), bar);
  }));
}

// The parameters that mattered, each with a bar of its share.
function importance() {
  byId("importance-part").hidden = !data.importance.length;
  byId("importance").replaceChildren(...data.importance.map(([name, now, share, tried]) => element("li", {},
    element("strong", {}, name), element("span", {}, `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`),
    element("svg:svg", { viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
      element("svg:rect", { width: Math.max(share * 100, 0.5), height: 4, fill: colour("kept") })),
    element("span", { class: "hint" }, `now ${now}, moved in ${plural(tried, "experiment")}`))));
}

// Each number beside the metric: the kept ones as a line, the others as faint dots.
function numbers() {
  const named = new Set(rows.flatMap((row) => Object.keys(row.metrics || {})));
  byId("numbers-part").hidden = !named.size;
  byId("numbers").replaceChildren(...[...named].map((name) => {
    const points = rows.filter((row) => Object.hasOwn(row.metrics || {}, name)).map((row) => [row.n, row.metrics[name], row.kind]);
    const kept = points.filter((point) => point[2] === "kept"), shown = kept.length ? kept : points;
    const near = points.map((point) => point[1]).sort((a, b) => a - b), tenth = Math.floor(near.length / 10);
    const low = Math.min(near[tenth], ...shown.map((point) => point[1]));
    const high = Math.max(near[near.length - 1 - tenth], ...shown.map((point) => point[1]));
    const x = (n) => 4 + n / Math.max(rows.length - 1, 1) * 192;
    const y = (value) => 64 - (Math.min(Math.max(value, low), high) - low) / (high - low || 1) * 56;
    const every = Math.ceil(points.length / 300);
    const picture = element("svg:svg", { viewBox: "0 0 200 70", preserveAspectRatio: "none", "aria-hidden": "true" },
      ...points.filter((_, at) => at % every === 0).map(([n, value]) => element("svg:circle", { cx: x(n), cy: y(value), r: 1.5, fill: colour("discarded"), "fill-opacity": 0.6 })));
    if (kept.length) {
      const path = kept.map(([n, value], at) => (at ? `H${x(n)}V${y(value)}` : `M${x(n)} ${y(value)}`)).join("");
      picture.append(element("svg:path", { d: `${path}H196`, fill: "none", stroke: colour("kept"), "stroke-width": 1.5, "vector-effect": "non-scaling-stroke" }));
    }
    return element("li", {}, element("strong", {}, name), ` ${shown[0][1] === shown[shown.length - 1][1] ? brief(shown[0][1]) : `${brief(shown[0][1])} → ${brief(shown[shown.length - 1][1])}`}`, picture);
  }));
}

// A table without the columns in which no line has anything.
function tableOf(label, heads, lines) {
  const used = heads.map((_, at) => at === 0 || lines.some((line) => line[at] !== ""));
  const some = (cells) => cells.map((cell, at) => [cell, at]).filter(([, at]) => used[at]);
  return element("table", { "aria-label": label }, element("thead", {}, element("tr", {}, ...some(heads).map(([head, at]) => element("th", { scope: "col", class: at ? "end" : "" }, head)))),
    element("tbody", {}, ...lines.map((line) => element("tr", {}, ...some(line).map(([cell, at]) => element("td", { class: at ? "end" : "words" }, cell))))));
}

function shareLines(shares, name) {
  return shares.map((each, at) => [
    name(each, at), each.experiments.toLocaleString("en"), each.kept.toLocaleString("en"), each.gain ? brief(each.gain, 3) : "",
    each.seconds ? duration(each.seconds) : "", each.seconds && each.gain > 0 ? brief(each.gain / each.seconds * 3600, 3) : "", money(each.cost_usd),
    each.cost_usd && each.gain > 0 ? brief(each.gain / each.cost_usd, 3) : "",
  ]);
}

// By session only where that tells more than the lanes do.
function tables() {
  const heads = ["experiments", "kept", "gain", "time", "gain an hour", "cost", "gain a dollar"];
  const sessions = data.by_session.slice(-50), lanes = data.by_lane;
  byId("shares-part").hidden = !data.shares.length;
  byId("shares").replaceChildren(
    tableOf("By proposer", ["proposer", ...heads], shareLines(data.shares, (each) => each.name)),
    ...(lanes.length ? [element("h3", {}, "By lane"),
      tableOf("By lane", ["lane", ...heads], shareLines(lanes, (each) => each.name.replace("lane ", "")))] : []),
    ...(sessions.length > 1 && sessions.length !== lanes.length ? [element("h3", {}, data.by_session.length > 50 ? "By session, the last 50" : "By session"),
      tableOf("By session", ["session", ...heads], shareLines(sessions, (each) => `${data.sessions.indexOf(each.name) + 1 || each.name}`))] : []));
  byId("others-part").hidden = data.campaigns.length < 2;
  byId("others").replaceChildren(tableOf("Campaigns", ["campaign", "metric", "baseline", "best", "change", "experiments", "kept", "progress"],
    data.campaigns.map((each) => [each.tag === data.tag ? `${each.tag} (this one)` : each.tag, each.metric, brief(each.baseline), brief(each.best),
      each.baseline && each.best !== null ? percent((each.best - each.baseline) / Math.abs(each.baseline) * 100) : "",
      each.experiments.toLocaleString("en"), each.kept.toLocaleString("en"), spark(each)])));
}

// What there is to see before the first experiment has ended: the way to one.
function empty() {
  for (const part of ["progress", "experiments-part"]) byId(part).hidden = !rows.length;
  byId("empty").hidden = Boolean(rows.length);
  byId("empty").replaceChildren(...data.nothing.map((line) => element("p", {}, line)));
}

function spark(campaign) {
  if (!campaign.points.length) return "";
  const points = campaign.points, values = points.map((point) => point[1]);
  const low = Math.min(...values), high = Math.max(...values), last = Math.max(campaign.experiments, 1);
  const at = ([n, value]) => [n / last * 156 + 2, 31 - (value - low) / (high - low || 1) * 28];
  const path = points.map((point, i) => `${i ? `H${at(point)[0]}V${at(point)[1]}` : `M${at(point).join(" ")}`}`).join("");
  return element("svg:svg", { viewBox: "0 0 160 34", "aria-hidden": "true" },
    element("svg:path", { d: `${path}H158`, fill: "none", stroke: colour("kept"), "stroke-width": 1.5 }));
}

function draw() {
  colour.cache = Object.fromEntries([...KINDS, "paper"].map((name) => [name, colour(name)]));
  document.title = `${data.tag}: ${data.headline}`;
  byId("tag").textContent = `Campaign ${data.tag}`;
  byId("headline").textContent = data.headline;
  byId("about").textContent = data.about;
  byId("foot").textContent = data.foot;
  byId("live").hidden = !data.live;
  byId("running").hidden = !data.running;
  byId("running").textContent = data.running ? `Under way: experiment ${data.running.n}, ${arrows(data.running.title)}` : "";
  byId("theme").textContent = isDark() ? "Light" : "Dark";
  empty();
  cards();
  legend();
  fillFilters();
  drawTable();
  drawChart();
  drawDetail();
  story();
  importance();
  numbers();
  tables();
}

function update(found) {
  const whole = chart.from <= -0.5 && chart.to >= Math.max(rows.length - 0.5, 1), more = data.more;
  take(found);
  data.more = { ...found.more, ...more };
  if (whole) resetZoom();
  draw();
}

function poll() {
  fetch(`data.json?seen=${encodeURIComponent(data.stamp)}`, { cache: "no-store" })
    .then((answer) => (answer.status === 200 ? answer.json() : null))
    .then((found) => { byId("live").textContent = "live"; if (found) update(found); })
    .catch(() => { byId("live").textContent = "not connected"; })
    .finally(() => setTimeout(poll, 2000));
}

const DARK = window.matchMedia("(prefers-color-scheme: dark)");

function isDark() { return (document.documentElement.dataset.theme || (DARK.matches ? "dark" : "light")) === "dark"; }

function theme() {
  byId("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    draw();
  });
  DARK.addEventListener("change", draw);
}

take(JSON.parse(byId("data").textContent));
chart.log = data.log;
byId("log").setAttribute("aria-pressed", String(chart.log));
resetZoom();
if (data.best !== null) state.selected = data.best;
theme();
listenToTable();
draw();
listenToChart();
if (data.live) setTimeout(poll, 2000);
