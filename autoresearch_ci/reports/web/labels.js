// The titles of the keeps that gained most, where they hide nothing that matters.

const LABELS = 14, LABEL_LENGTH = 34;

// `line` has the places where the best so far changed, `end` is where it ends.
function names(pen, area, line, end) {
  const kept = chart.marks.filter((mark) => mark.row.kind === "kept");
  const taken = kept.map((mark) => [mark.x - 5, mark.y - 5, mark.x + 5, mark.y + 5]);
  line.forEach(([x, y], at) => {
    const [next, level] = line[at + 1] || [end, y];
    taken.push([x, y - 1, next, y + 1], [next - 1, Math.min(y, level), next + 1, Math.max(y, level)]);
  });
  const words = [];
  const steps = [14, 28, 42, 58, 76, -14, -28, -42, -58].map((each) => (data.lower ? -each : each));
  pen.textBaseline = "middle";
  for (const mark of kept.filter((each) => each.row.gain !== null).sort((a, b) => b.row.gain - a.row.gain).slice(0, LABELS)) {
    const title = mark.row.title.length > LABEL_LENGTH ? `${mark.row.title.slice(0, LABEL_LENGTH - 1)}…` : mark.row.title;
    const text = `${mark.row.n}: ${title}`, wide = pen.measureText(text).width;
    const places = steps.flatMap((up) => [mark.x + 8, mark.x - 8 - wide].map((at) => [at, mark.y + up - 7, at + wide, mark.y + up + 7]));
    const near = chart.marks.filter((each) => Math.abs(each.x - mark.x) < wide + 16 && Math.abs(each.y - mark.y) < 90);
    const box = bestPlace(places, area, mark, taken, words, near);
    if (!box) continue;
    write(pen, text, box, mark);
    taken.push(box, leader(mark, box));
    words.push(box);
  }
}

const meets = (one, other) => one[0] < other[2] && one[2] > other[0] && one[1] < other[3] && one[3] > other[1];

// The room of the thin line from a mark to its words; none where they are beside each other.
function leader(mark, box) {
  const below = box[1] > mark.y, end = Math.min(Math.max(mark.x, box[0] + 4), box[2] - 4);
  if (Math.abs((box[1] + box[3]) / 2 - mark.y) <= 20) return [0, 0, 0, 0];
  return [Math.min(mark.x, end) - 1, below ? mark.y + 6 : box[3], Math.max(mark.x, end) + 1, below ? box[1] : mark.y - 6];
}

// The first place that is free and covers the fewest marks, each worth two steps further off.
function bestPlace(places, area, mark, taken, words, near) {
  let best = null, least = Infinity;
  places.forEach((box, at) => {
    if (box[0] < area.left || box[2] > area.right || box[1] < area.top || box[3] > area.bottom) return;
    if (taken.some((each) => meets(each, box)) || words.some((each) => meets(each, leader(mark, box)))) return;
    const covered = near.filter((each) => each.x > box[0] - 3 && each.x < box[2] + 3 && each.y > box[1] - 3 && each.y < box[3] + 3);
    const price = at + 4 * covered.length;
    if (price < least) { least = price; best = box; }
  });
  return best;
}

function write(pen, text, box, mark) {
  const middle = (box[1] + box[3]) / 2, below = middle > mark.y;
  if (Math.abs(middle - mark.y) > 20) {
    pen.strokeStyle = colour("quiet");
    rule(pen, mark.x, mark.y + (below ? 5 : -5), Math.min(Math.max(mark.x, box[0] + 4), box[2] - 4), below ? box[1] : box[3]);
  }
  pen.globalAlpha = 0.75;
  pen.fillStyle = colour("paper");
  pen.fillRect(box[0] - 2, box[1], box[2] - box[0] + 4, 14);
  pen.globalAlpha = 1;
  pen.fillStyle = colour("ink");
  pen.textAlign = "left";
  pen.fillText(text, box[0], middle);
}
