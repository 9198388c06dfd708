// A spanner of two rows under the mouse: drag rows, swap one in, see the box and the area (Definition 5.2).
// The area of a pair is |det|; by Cramer's rule the coefficient of a row is the area with the row in that place, over
// the area before. Python sends the settings, and reads `rows`, `pairs`, `bound` and `proposed` back.

const SIZE = 420; // pixels of the plane
const HALF = 3.25; // the plane from its middle to its edge
const GRID = 0.02; // rows stand on it, so that two can be on one line exactly
const STEP = 0.1; // of an arrow key; five times that with Shift
const FLAT = 1e-9; // share of the product of two lengths; a smaller area is none
const ROUNDING = 1e-9; // a coefficient of C is in the box, rounded up or not
const BARS = 10; // of the last pairs

export const det = ([a, b], [c, d]) => a * d - b * c;

export const areaOf = (p, q) => {
  const area = Math.abs(det(p, q));
  return area > FLAT * Math.hypot(...p) * Math.hypot(...q) ? area : 0;
};

// All that the picture says of a pair: which rows are outside, and which swap is the best of all.
export const judge = (rows, pair, bound) => {
  const [one, two] = pair.map((i) => rows[i]);
  const area = areaOf(one, two);
  const after = rows.map((row) => [areaOf(row, two), areaOf(one, row)]); // the row in the first place, in the second
  const allowed = (size) => size > bound * area * (1 + ROUNDING);
  const best = { size: 0, row: pair[0], place: 0 };
  after.forEach((sizes, row) => sizes.forEach((size, place) => {
    if (size > best.size) Object.assign(best, { size, row, place });
  }));
  const coefficients = area ? rows.map((row) => [det(row, two) / det(one, two), det(one, row) / det(one, two)]) : null;
  return { area, after, allowed, best, coefficients, outside: after.map((sizes) => sizes.some(allowed)) };
};

export const largestPair = (rows) => {
  const found = { area: 0, pair: [0, 1] };
  rows.forEach((p, i) => rows.slice(0, i).forEach((q, j) => {
    if (areaOf(p, q) > found.area) Object.assign(found, { area: areaOf(p, q), pair: [j, i] });
  }));
  return found;
};

// How many of the swaps made the area grow more than C times.
export const byRule = (rows, pairs, bound) =>
  pairs.slice(1).filter((pair, i) => judge(rows, pairs[i], bound).allowed(areaOf(...pair.map((row) => rows[row])))).length;

const swapped = (pair, place, row) => pair.map((old, i) => (i === place ? row : old));

const named = (rows) => rows.map((row) => `row ${row + 1}`).join(" and ");

const count = (many, what) => `${many} ${what}${many === 1 ? "" : "s"}`;

// The plane: rows, the two that span, their parallelogram, the box C times as wide, the proposed parallelogram.
class Plane {
  constructor(parent, colours, rows) {
    this.colours = colours;
    this.svg = make(parent, "svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "group", "aria-label": "The plane of the rows" });
    make(this.svg, "path", { d: `M0 ${SIZE / 2}H${SIZE}M${SIZE / 2} 0V${SIZE}`, stroke: colours.grey, "stroke-opacity": 0.4 });
    this.box = make(this.svg, "polygon", { fill: colours.blue, "fill-opacity": 0.12, stroke: colours.blue, "stroke-width": 1.5 });
    this.area = make(this.svg, "polygon", { fill: colours.green, "fill-opacity": 0.4 });
    this.next = make(this.svg, "polygon", { fill: "none", stroke: "currentColor", "stroke-dasharray": "5 4", "stroke-width": 1.5 });
    this.best = make(this.svg, "polygon", { fill: "none", stroke: colours.green, "stroke-dasharray": "2 4", "stroke-width": 2.5 });
    this.lines = [0, 1].map(() => make(this.svg, "line", { stroke: colours.blue, "stroke-width": 3 }));
    this.handles = rows.map((_, i) => this.handle(i));
  }

  handle(i) {
    const group = make(this.svg, "g", { class: "handle", tabindex: 0, role: "button" });
    make(group, "circle", { class: "ring", r: 14, fill: "transparent", "stroke-width": 2 });
    const mark = make(group, "path");
    write(group, { x: 9, y: -8 }, i + 1);
    return { group, mark };
  }

  at([x, y]) {
    const scale = SIZE / 2 / HALF;
    return [SIZE / 2 + x * scale, SIZE / 2 - y * scale];
  }

  from([across, down]) {
    const scale = SIZE / 2 / HALF;
    return [(across - SIZE / 2) / scale, (SIZE / 2 - down) / scale];
  }

  // The parallelogram of corners a p + b q.
  span(polygon, [p, q], corners) {
    const points = corners.map(([a, b]) => this.at([a * p[0] + b * q[0], a * p[1] + b * q[1]]).map((x) => x.toFixed(1)).join());
    set(polygon, { points: points.join(" ") });
  }

  draw({ rows, pair, bound, proposed, judged, place, largest }) {
    const chosen = pair.map((i) => rows[i]);
    const unit = [[0, 0], [1, 0], [1, 1], [0, 1]];
    this.span(this.area, chosen, unit);
    this.span(this.box, chosen, [[bound, bound], [bound, -bound], [-bound, -bound], [-bound, bound]]);
    this.span(this.next, swapped(pair, place, proposed).map((i) => rows[i]), pair.includes(proposed) ? [] : unit);
    this.span(this.best, (largest ? largest.pair : pair).map((i) => rows[i]), largest ? unit : []);
    chosen.forEach((row, i) => {
      const [x2, y2] = this.at(row);
      set(this.lines[i], { x1: SIZE / 2, y1: SIZE / 2, x2, y2 });
    });
    rows.forEach((row, i) => {
      const { group, mark } = this.handles[i];
      const [spans, outside] = [pair.includes(i), judged.outside[i]];
      const d = outside ? "M0-8L7 5H-7Z" : "M-6 0A6 6 0 1 1 6 0A6 6 0 1 1-6 0Z";
      set(mark, { d, fill: spans ? this.colours.blue : outside ? this.colours.orange : this.colours.grey,
        stroke: "currentColor", "stroke-width": i === proposed ? 2.5 : 0 });
      const [x, y] = this.at(row);
      const what = spans ? "one of the two that span" : outside ? "outside the box" : "in the box";
      set(group, { transform: `translate(${x.toFixed(2)} ${y.toFixed(2)})`, "aria-pressed": spans,
        "aria-label": `Row ${i + 1} at (${row.map((each) => number(each)).join(", ")}), ${what}: arrow keys move it, Enter swaps it in` });
    });
  }
}

// The area of each pair so far; dashed what the proposed swap would make of it, dotted what the rule asks for.
class Bars {
  constructor(parent, colours) {
    this.colours = colours;
    this.svg = make(parent, "svg", { viewBox: "0 0 420 190", role: "img" });
  }

  draw({ rows, pairs, pair, bound, proposed, judged, place, largest }) {
    const areas = pairs.slice(-BARS).map((each) => areaOf(...each.map((i) => rows[i])));
    const next = pair.includes(proposed) ? null : judged.after[proposed][place];
    const needed = bound * judged.area;
    const top = Math.max(1e-9, ...areas, next ?? 0, needed, largest ? largest.area : 0);
    const y = (area) => 142 - (118 * area) / top;
    const width = 410 / (BARS + 1);
    this.svg.replaceChildren();
    const bar = (i, area, look) => {
      make(this.svg, "rect", { x: 2 + i * width, y: y(area), width: width - 5, height: 142 - y(area), ...look });
      write(this.svg, { x: i * width + width / 2, y: y(area) - 4, "text-anchor": "middle" }, number(area));
    };
    // Its words stand below: at C = 1 they would be written over the number of the last bar.
    const levels = [];
    const level = (area, colour, dashes, words) => {
      make(this.svg, "line", { x1: 0, x2: 412, y1: y(area), y2: y(area), stroke: colour, "stroke-dasharray": dashes, "stroke-width": 2 });
      levels.push(words);
    };
    areas.forEach((area, i) => bar(i, area, { fill: this.colours.green }));
    if (next !== null) bar(areas.length, next, { fill: "none", stroke: "currentColor", "stroke-dasharray": "5 4", "stroke-width": 1.5 });
    if (judged.area) level(needed, this.colours.grey, "2 3", `dotted: ${bound} times the last area, ${number(needed)}`);
    if (largest) level(largest.area, this.colours.green, "8 4", `green dashes: largest of all, ${number(largest.area)}`);
    make(this.svg, "line", { x1: 0, x2: 416, y1: 142, y2: 142, stroke: "currentColor" });
    write(this.svg, { x: 0, y: 158 }, "area after each swap; dashed: the swap that you propose");
    write(this.svg, { x: 0, y: 176 }, levels.join("; "));
    set(this.svg, { "aria-label": `Areas so far: ${areas.map((area) => number(area)).join(", ")}` });
  }
}

// What the pair is, in a sentence; without two directions there are no coefficients.
const stateWords = ({ rows, pair, bound, judged }) => {
  const outside = judged.outside.filter(Boolean).length;
  if (judged.area) {
    const sizes = judged.coefficients.flat().map(Math.abs);
    return `The two span an area of ${number(judged.area)}. The largest coefficient is ${number(Math.max(...sizes))}; ` +
      `${outside} of ${rows.length} rows ${outside === 1 ? "is" : "are"} outside the box of C = ${bound}.`;
  }
  if (!largestPair(rows).area) return "All rows are on one line: no two of them span an area, and one is enough to carry all others.";
  if (!outside) return "Both rows are at zero: they carry nothing. Choose others.";
  return `The two are on one line and span no area. ${count(outside, "row")} off that line ${outside === 1 ? "is" : "are"} ` +
    "no combination of them, whatever the coefficients: swap one in.";
};

const proposalWords = ({ pair, proposed, judged }) => {
  if (!judged.best.size) return "No swap of a single row makes an area.";
  if (pair.includes(proposed)) return `Row ${proposed + 1} is one of the two. Choose another row to propose a swap.`;
  const places = judged.after[proposed].map((size, place) => {
    const verdict = judged.allowed(size) ? "the rule allows it" : "the rule does not allow it";
    const times = judged.area ? `, ${number(size / judged.area)} times as much` : "";
    return `in place of row ${pair[place] + 1} the area is ${number(size)}${times}: ${verdict}`;
  });
  const sum = judged.area ? ` = ${judged.coefficients[proposed].map((c, i) => `${number(c)} row ${pair[i] + 1}`).join(" + ")}` : "";
  return `Row ${proposed + 1}${sum.replaceAll("+ -", "- ")}; ${places.join("; ")}.`;
};

function render({ model, el }) {
  const get = (name) => model.get(name);
  const root = frame(el);
  const left = half(root);
  const plane = new Plane(left, get("colours"), get("rows"));
  line(left, "key").textContent = "Blue lines: the two rows that span; green: their area; blue outline: the box. Orange triangles: rows " +
    "outside. Dashed: the swap that you propose. Drag a row or move it with arrow keys, Shift for larger steps; Enter swaps it in.";
  const right = half(root);
  const state = line(right, "big three", { role: "status", "aria-live": "polite" });
  const proposal = line(right, "four");
  const controls = right.appendChild(document.createElement("div"));
  const score = line(right, "score two", { role: "status", "aria-live": "polite" });
  const bars = new Bars(right, get("colours"));
  let asked = false; // for the largest area of all

  const now = () => {
    const [rows, pairs, bound, proposed] = ["rows", "pairs", "bound", "proposed"].map(get);
    const pair = pairs[pairs.length - 1];
    const judged = judge(rows, pair, bound);
    const [first, second] = judged.after[proposed];
    return { rows, pairs, bound, proposed, pair, judged, place: first >= second ? 0 : 1, largest: asked ? largestPair(rows) : null };
  };
  const draw = () => {
    const scene = now();
    plane.draw(scene);
    bars.draw(scene);
    say(state, stateWords(scene));
    say(proposal, proposalWords(scene));
    const swaps = scene.pairs.length - 1;
    const ended = scene.judged.area && !scene.judged.outside.some(Boolean) ? " No swap is allowed any more: the loop has ended." : "";
    const most = scene.largest && scene.largest.area ? ` The largest area of all is that of ${named(scene.largest.pair)}.` : "";
    say(score, `${count(swaps, "swap")}, ${byRule(scene.rows, scene.pairs, scene.bound)} by the rule.${ended}${most}`);
    places.forEach((each, i) => {
      say(each, `Put it in place of row ${scene.pair[i] + 1}`);
      each.disabled = scene.pair.includes(scene.proposed) || full();
    });
    worst.disabled = full() || !scene.judged.allowed(scene.judged.best.size);
    back.disabled = !swaps;
    bounds.forEach((each, i) => each.setAttribute("aria-pressed", scene.bound === i + 1));
  };
  const full = () => get("pairs").length >= get("most");
  const put = (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    draw();
  };
  const keep = (changes) => {
    put(changes);
    model.save_changes();
  };
  const swapIn = (row, place) => {
    const { pairs, pair } = now();
    if (!full() && !pair.includes(row)) keep({ pairs: [...pairs, swapped(pair, place, row)], proposed: row });
  };
  const held = () => plane.handles[get("proposed")].group;
  const places = [0, 1].map((place) => button(controls, "", () => swapIn(get("proposed"), place), held));
  const worst = button(controls, "Swap the worst", () => {
    const { judged } = now();
    swapIn(judged.best.row, judged.best.place);
  }, held);
  const bounds = [1, 2].map((bound) => button(controls, `C = ${bound}`, () => keep({ bound })));
  const back = button(controls, "Take the last swap back", () => keep({ pairs: get("pairs").slice(0, -1) }), held);
  button(controls, "Start again", () => {
    asked = false; // the answer is not on the screen when the next game begins
    ofAll.setAttribute("aria-pressed", asked);
    keep({ ...get("start"), bound: get("bound") });
  });
  button(controls, "Put all on one line", () => {
    move(get("rows").map(([x]) => [x, x / 2]));
    model.save_changes();
  });
  const ofAll = button(controls, "The largest area of all", () => {
    asked = !asked;
    ofAll.setAttribute("aria-pressed", asked);
    draw();
  });
  ofAll.setAttribute("aria-pressed", asked);

  // Other rows are another problem: the count of swaps begins anew.
  const move = (rows) => put({ rows, pairs: get("pairs").slice(-1) });
  const moveOne = (i, place) => {
    const within = place.map((x) => GRID * Math.round(Math.max(-get("reach"), Math.min(get("reach"), x)) / GRID));
    move(get("rows").map((row, other) => (other === i ? within : row)));
  };
  plane.handles.forEach(({ group }, i) => {
    letFollow(plane.svg, group, {
      place: () => plane.at(get("rows")[i]),
      move: (place) => moveOne(i, plane.from(place)),
      done: () => model.save_changes(),
    });
    group.addEventListener("focus", () => keep({ proposed: i }));
    group.addEventListener("keydown", (event) => {
      const [x, y] = get("rows")[i];
      const step = STEP * (event.shiftKey ? 5 : 1);
      const moved = { ArrowLeft: [x - step, y], ArrowRight: [x + step, y], ArrowUp: [x, y + step], ArrowDown: [x, y - step] }[event.key];
      if (!moved && event.key !== "Enter") return;
      event.preventDefault();
      if (moved) moveOne(i, moved);
      else swapIn(i, now().place);
      model.save_changes();
    });
  });

  const changed = ["rows", "pairs", "bound", "proposed"].map((name) => `change:${name}`).join(" ");
  model.on(changed, draw);
  draw();
  return () => model.off(changed, draw);
}

export default { render };
