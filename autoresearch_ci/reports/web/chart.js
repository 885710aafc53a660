// The chart: a canvas, since ten thousand marks in it are drawn in a few milliseconds.

const chart = { from: 0, to: 1, log: false, marks: [], lane: 0, area: null };

function resetZoom() { chart.from = -0.5; chart.to = Math.max(rows.length - 0.5, 1); }

function zoom(factor, around) {
  const middle = around === undefined ? (chart.from + chart.to) / 2 : around;
  setView(middle - (middle - chart.from) * factor, middle + (chart.to - middle) * factor);
}

function setView(from, to) {
  const whole = Math.max(rows.length - 0.5, 1);
  const width = Math.min(Math.max(to - from, 4), whole + 0.5);
  chart.from = Math.min(Math.max(from, -0.5), whole - width);
  chart.to = chart.from + width;
  drawChart();
}

function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((each) => each * power >= rough) || 10);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6 && found.length < 30; at += step) {
    found.push(Math.abs(at) < step / 1e6 ? 0 : at);
  }
  return found;
}

function logTicks(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
    for (const each of [1, 2, 5]) found.push(each * 10 ** power);
  }
  const inside = found.filter((each) => each >= low && each <= high);
  return inside.length > 1 ? inside : ticks(low, high, 5);
}

// A mark of the axis, with as many digits as tell all of them apart.
function short(value, all) {
  const exact = (each, text) => Math.abs(Number(text) - each) <= 1e-9 * Math.abs(each);
  if (all.every((each) => each === 0 || (Math.abs(each) >= 1e-4 && Math.abs(each) < 1e7))) {
    for (let digits = 0; digits < 9; digits += 1) {
      if (all.every((each) => exact(each, each.toFixed(digits)))) return value.toFixed(digits);
    }
  }
  for (let digits = 1; digits < 12; digits += 1) {
    if (all.every((each) => exact(each, each.toPrecision(digits)))) return String(Number(value.toPrecision(digits)));
  }
  return String(Number(value.toPrecision(12)));
}

function drawChart() {
  const box = byId("chart"), canvas = box.querySelector("canvas");
  const width = box.clientWidth, height = box.clientHeight, ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.font = "12px system-ui, sans-serif";
  const shown = rows.filter((row) => row.n >= chart.from && row.n <= chart.to);
  const best = steps();
  const before = best.filter((step) => step[0] <= chart.from).slice(-1);
  const line = [...before, ...best.filter((step) => step[0] > chart.from && step[0] <= chart.to)];
  const log = chart.log && rows.every((row) => row.value === null || row.value > 0);
  const [low, high] = limits(shown, line.map((step) => step[1]), log);
  const strip = shown.some((row) => row.value === null) ? 20 : 0;
  const marks = log ? logTicks(low, high) : ticks(low, high, 6), below = laneRoom();
  const left = 14 + Math.max(20, ...marks.map((mark) => pen.measureText(short(mark, marks)).width));
  const area = { left, right: width - 12, top: 8, bottom: height - 24 - strip - below };
  const grow = log ? Math.log : (value) => value;
  const x = (n) => area.left + (n - chart.from) / (chart.to - chart.from) * (area.right - area.left);
  const y = (value) => area.bottom - (grow(value) - grow(low)) / (grow(high) - grow(low)) * (area.bottom - area.top);
  chart.area = area;
  bands(pen, area, x, area.bottom + strip);
  axes(pen, area, { x, y, marks, strip: strip + below, height });
  const ofLanes = laneMarks(pen, area, x, area.bottom + strip);
  levels(pen, area, y, low, high);
  bestLine(pen, area, line, x, y, low, high);
  chart.marks = shown.map((row) => ({
    row, x: x(row.n),
    y: row.value === null ? area.bottom + 11 : y(Math.min(Math.max(row.value, low), high)),
    off: row.value === null ? 0 : row.value > high ? 1 : row.value < low ? -1 : 0,
  }));
  for (const kind of ["discarded", "crashed", "refused", "kept"]) {
    for (const mark of chart.marks) if (mark.row.kind === kind) dot(pen, mark);
  }
  names(pen, area, line.map(([n, value]) => [Math.max(x(n), area.left), y(Math.min(Math.max(value, low), high))]),
    Math.min(x(rows.length - 1), area.right));
  chart.marks.push(...ofLanes);
  showCursor();
}

function axes(pen, area, { x, y, marks, strip, height }) {
  pen.strokeStyle = colour("grid");
  pen.fillStyle = colour("quiet");
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const mark of marks) {
    rule(pen, area.left, y(mark), area.right, y(mark));
    pen.fillText(short(mark, marks), area.left - 8, y(mark));
  }
  pen.textAlign = "center";
  const whole = ticks(chart.from, chart.to, Math.max(3, Math.floor((area.right - area.left) / 90)));
  for (const n of whole.filter((each) => Number.isInteger(each) && each >= 0 && each < Math.max(rows.length, 1))) {
    rule(pen, x(n), area.top, x(n), area.bottom + strip);
    pen.fillText(String(n), x(n), height - 10);
  }
  pen.strokeStyle = colour("quiet");
  rule(pen, area.left, area.bottom, area.right, area.bottom);
}

function rule(pen, x0, y0, x1, y1) {
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
}

function levels(pen, area, y, low, high) {
  pen.strokeStyle = colour("quiet");
  for (const [value, dash] of [[data.baseline, [1, 3]], [data.target_value, [7, 4]]]) {
    if (value === null || value < low || value > high) continue;
    pen.setLineDash(dash);
    rule(pen, area.left, y(value), area.right, y(value));
  }
  pen.setLineDash([]);
}

function bestLine(pen, area, line, x, y, low, high) {
  if (!line.length) return;
  const inside = (value) => y(Math.min(Math.max(value, low), high));
  const end = Math.min(x(rows.length - 1), area.right);
  pen.fillStyle = pen.strokeStyle = colour("kept");
  line.forEach(([n, value, margin], at) => {
    const from = Math.max(x(n), area.left), to = at + 1 < line.length ? x(line[at + 1][0]) : end;
    pen.globalAlpha = 0.15;
    if (margin) pen.fillRect(from, inside(value + margin), to - from, inside(value - margin) - inside(value + margin));
    pen.globalAlpha = 1;
  });
  pen.lineWidth = 2;
  pen.beginPath();
  line.forEach(([n, value], at) => {
    const from = Math.max(x(n), area.left), to = at + 1 < line.length ? x(line[at + 1][0]) : end;
    if (at === 0) pen.moveTo(from, inside(value)); else pen.lineTo(from, inside(value));
    pen.lineTo(to, inside(value));
  });
  pen.stroke();
  pen.lineWidth = 1;
}

function dot(pen, { row, x, y, off }) {
  pen.globalAlpha = matches(row) && (!chart.lane || chart.lane === row.lane) ? 1 : 0.15;
  pen.fillStyle = pen.strokeStyle = colour.cache[row.kind];
  pen.lineWidth = 1.4;
  pen.beginPath();
  if (off) {
    const tip = off > 0 ? -4 : 4;
    pen.moveTo(x - 4, y - tip); pen.lineTo(x + 4, y - tip); pen.lineTo(x, y + tip); pen.closePath();
    if (row.kind === "discarded") pen.stroke(); else pen.fill();
  } else if (row.kind === "crashed") {
    pen.moveTo(x - 3.5, y - 3.5); pen.lineTo(x + 3.5, y + 3.5);
    pen.moveTo(x + 3.5, y - 3.5); pen.lineTo(x - 3.5, y + 3.5);
    pen.stroke();
  } else if (row.kind === "refused") {
    pen.moveTo(x, y - 5); pen.lineTo(x + 5, y); pen.lineTo(x, y + 5); pen.lineTo(x - 5, y); pen.closePath();
    pen.fill();
  } else {
    pen.arc(x, y, row.kind === "kept" ? 4.5 : 3, 0, 7);
    if (row.kind !== "kept") pen.stroke();
    else { pen.fill(); pen.strokeStyle = colour.cache.paper; pen.lineWidth = 0.8; pen.stroke(); }
  }
  pen.globalAlpha = 1;
  pen.lineWidth = 1;
}

function nearest(event) {
  const box = byId("chart").getBoundingClientRect();
  const x = event.clientX - box.left, y = event.clientY - box.top;
  let found = null, least = 30 * 30;
  for (const mark of chart.marks) {
    const far = (mark.x - x) ** 2 + (mark.y - y) ** 2 - (mark.row.kind === "kept" ? 60 : 0);
    if (far < least) { least = far; found = mark; }
  }
  return found;
}

function showTip(mark) {
  const tip = byId("tip"), area = byId("chart");
  tip.hidden = !mark;
  if (!mark) return;
  const row = mark.row;
  tip.replaceChildren(
    element("strong", {}, `${row.n}: ${row.title}`), element("br"),
    element("span", { class: row.kind }, KIND_WORDS[row.kind]),
    row.value === null ? "" : ` ${brief(row.value)} ${percent(row.share)}`,
    row.lane ? `, lane ${row.lane}` : "",
  );
  tip.style.left = `${Math.min(mark.x + 14, Math.max(0, area.clientWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${mark.y > area.clientHeight / 2 ? mark.y - tip.offsetHeight - 12 : mark.y + 14}px`;
}

function showCursor() {
  const mark = chart.marks.find((each) => each.row.n === state.selected), cursor = byId("cursor");
  cursor.hidden = !mark;
  if (mark) { cursor.style.left = `${mark.x}px`; cursor.style.top = `${mark.y}px`; }
}

function listenToChart() {
  const box = byId("chart"), band = byId("window");
  let start = null;
  const at = (event) => event.clientX - box.getBoundingClientRect().left;
  const toN = (x) => chart.from + (x - chart.area.left) / (chart.area.right - chart.area.left) * (chart.to - chart.from);
  box.addEventListener("pointerdown", (event) => { start = at(event); box.setPointerCapture(event.pointerId); });
  box.addEventListener("pointermove", (event) => {
    if (start === null || Math.abs(at(event) - start) < 8) {
      const mark = nearest(event);
      band.hidden = true;
      lightLane(mark);
      showTip(mark);
    } else {
      band.hidden = false;
      band.style.left = `${Math.min(start, at(event))}px`;
      band.style.width = `${Math.abs(start - at(event))}px`;
      showTip(null);
    }
  });
  box.addEventListener("pointerup", (event) => {
    if (start !== null && Math.abs(at(event) - start) >= 8) {
      const [a, b] = [toN(start), toN(at(event))].sort((one, other) => one - other);
      setView(a, b);
    } else {
      const mark = nearest(event);
      if (mark) select(mark.row.n);
    }
    start = null;
    band.hidden = true;
  });
  box.addEventListener("pointercancel", () => { start = null; band.hidden = true; });
  box.addEventListener("pointerleave", () => { lightLane(null); showTip(null); });
  box.addEventListener("dblclick", () => { resetZoom(); drawChart(); });
  box.addEventListener("wheel", (event) => {
    if (!(event.ctrlKey || event.metaKey || event.shiftKey)) return;
    event.preventDefault();
    zoom((event.deltaY || event.deltaX) > 0 ? 1.25 : 0.8, toN(at(event)));
  }, { passive: false });
  box.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (move) stepSelection(move);
    else if (event.key === "+" || event.key === "=") zoom(0.6, state.selected === null ? undefined : state.selected);
    else if (event.key === "-") zoom(1.6);
    else if (event.key === "0" || event.key === "Escape") { resetZoom(); drawChart(); }
    else if (event.key === "Home") select(rows[0] ? rows[0].n : null);
    else if (event.key === "End") select(rows.length ? rows[rows.length - 1].n : null);
    else return;
    event.preventDefault();
  });
  byId("closer").addEventListener("click", () => zoom(0.5, state.selected === null ? undefined : state.selected));
  byId("farther").addEventListener("click", () => zoom(2));
  byId("whole").addEventListener("click", () => { resetZoom(); drawChart(); });
  byId("log").addEventListener("click", () => {
    chart.log = !chart.log;
    byId("log").setAttribute("aria-pressed", String(chart.log));
    drawChart();
  });
  new ResizeObserver(() => drawChart()).observe(box);
}
