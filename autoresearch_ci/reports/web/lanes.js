// Sessions as faint bands behind the chart, and lanes as lines of marks below it.

// The height that lanes need under the values; none without lanes.
function laneRoom() {
  const most = Math.max(0, ...data.lanes);
  return data.by_lane.length ? 22 + most * Math.max(2, Math.min(12, 96 / most)) : 0;
}

// Every other session, from its first experiment to the next one's; of too many nobody would see them.
function bands(pen, area, x, bottom) {
  if (data.by_lane.length) return;  // there the lanes tell, and sessions are many at once
  const begun = rows.filter((row, at) => !at || row.session !== rows[at - 1].session).map((row) => row.n - 0.5);
  if (begun.length < 2 || begun.length > 40) return;
  pen.fillStyle = colour("card");
  begun.forEach((from, at) => {
    const to = at + 1 < begun.length ? begun[at + 1] : rows.length - 0.5;
    const left = Math.max(x(from), area.left), right = Math.min(x(to), area.right);
    if (at % 2 && right > left) pen.fillRect(left, area.top, right - left, bottom - area.top);
  });
}

// A mark for each experiment of a lane, on its lane's line; what was kept stands out.
function laneMarks(pen, area, x, top) {
  if (!data.by_lane.length) return [];
  const most = Math.max(...data.lanes), step = (laneRoom() - 22) / most;
  const y = (lane) => top + 16 + (lane - 0.5) * step;
  pen.fillStyle = colour("card");
  for (let lane = 1; lane <= most; lane += 2) pen.fillRect(area.left, y(lane) - step / 2, area.right - area.left, step);
  pen.fillStyle = colour("quiet");
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  const named = step >= 11 || most === 1 ? [...Array(most).keys()].map((at) => at + 1) : [1, most];
  for (const lane of named) pen.fillText(String(lane), area.left - 8, y(lane));
  pen.textAlign = "left";
  pen.fillText(most > 1 ? "lanes" : "lane", area.left, top + 7);
  const marks = rows.filter((row) => row.lane && row.n >= chart.from && row.n <= chart.to)
    .map((row) => ({ row, x: x(row.n), y: y(row.lane), off: 0, lane: row.lane }));
  const size = Math.max(1.2, Math.min(step / 2 - 1, 2.6));
  for (const kept of [false, true]) {
    for (const mark of marks) {
      if ((mark.row.kind === "kept") !== kept) continue;
      pen.globalAlpha = matches(mark.row) && (!chart.lane || chart.lane === mark.lane) ? 1 : 0.15;
      pen.fillStyle = colour.cache[mark.row.kind];
      pen.beginPath();
      pen.arc(mark.x, mark.y, kept ? size + 1 : size, 0, 7);
      pen.fill();
    }
  }
  pen.globalAlpha = 1;
  return marks;
}

// While the pointer is on a lane's mark, only what that lane did is seen as usual.
function lightLane(mark) {
  const lane = mark && mark.lane ? mark.lane : 0;
  if (lane === chart.lane) return;
  chart.lane = lane;
  drawChart();
}
