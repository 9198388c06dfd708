// The linear program solved by hand: drag the first coefficient of a cut within its room, and see what the logits of
// later cuts become. One equation per cut, own c_1 + others c_2 = logit with c_3 = c_2; the next logit is linear in
// them, too. Python sends the numbers of the equations, and reads `chosen`, `held` and `longer` back.

const WIDTH = 420;
const LEFT = 34; // of the first column
const TALL = 224; // pixels of either chart
const MIDDLE = 114; // of zero
const REACH = 86; // from there to the ends of the scale
const MOST = 2.5; // coefficients and
const HIGHEST = 7.5; // logits that have a place in their chart
const STEP = 0.05; // of an arrow key; five times that with Shift
const TRAITS = ["chosen", "held", "longer", "banded"]; // what changes
const FLAT = 1e-9; // a slope that is none

// Least and largest first coefficient at a cut that has to predict `logit`, such that all later cuts can follow.
export const room = ({ now: [own, others], later: [carried, carriedOthers], reach, bound }, logit, cut) => {
  const limits = [[logit / others, -own / others, bound]]; // value at c_1 = 0, slope, most
  if (cut + 1 < reach.length) limits.push([(carriedOthers * logit) / others, carried - (carriedOthers * own) / others, reach[cut + 1]]);
  let [low, high] = [-bound, bound];
  for (const [value, slope, most] of limits.filter((each) => Math.abs(each[1]) > FLAT)) {
    const ends = [(-most - value) / slope, (most - value) / slope];
    low = Math.max(low, Math.min(...ends));
    high = Math.min(high, Math.max(...ends));
  }
  return [low, Math.max(low, high)];
};

// The solution with these first coefficients, each moved into its room; null is the cheapest at its own cut.
export const follow = (program, chosen) => {
  const { now: [own, others], later: [carried, carriedOthers] } = program;
  const logits = [program.start];
  const cuts = chosen.map((wanted, cut) => {
    const logit = logits[cut];
    const [low, high] = room(program, logit, cut);
    const value = Math.min(Math.max(wanted ?? logit / own, low), high);
    const other = (logit - own * value) / others;
    logits.push(carried * value + carriedOthers * other);
    return { low, high, value, other };
  });
  return { cuts, logits, cost: cuts.reduce((sum, { value, other }) => sum + Math.abs(value) + 2 * Math.abs(other), 0) };
};

// Greedy goes on from the held cut: each of its steps multiplies the logit by the same factor.
export const greedy = (program, logits, held) =>
  logits.slice(held + 1).map((_, steps) => logits[held + 1] * program.growth ** steps);

// With futures of two tokens there are three equations for three coefficients, and one solution.
const only = (program, coefficients) => ({
  cuts: coefficients.map(([value, other]) => ({ low: value, high: value, value, other })),
  logits: [program.start, ...coefficients.map(([value, other]) => program.later[0] * value + program.later[1] * other)],
  cost: coefficients.flat().reduce((sum, c) => sum + Math.abs(c), 0),
});

const clip = (value, most) => Math.min(Math.max(value, -most), most);

class Chart {
  constructor(parent, most, columns, label, role) {
    this.most = most;
    this.columns = columns;
    this.svg = make(parent, "svg", { viewBox: `0 0 ${WIDTH} ${TALL}`, role, "aria-label": label });
    this.back = make(this.svg, "g");
  }

  x(i) {
    return LEFT + ((i + 0.5) * (WIDTH - LEFT)) / this.columns;
  }

  y(value) {
    return MIDDLE - (REACH * clip(value, this.most)) / this.most;
  }

  valueAt(y) {
    return ((MIDDLE - y) * this.most) / REACH;
  }

  axes(ticks, labels, title) {
    for (const tick of ticks) write(this.back, { x: LEFT - 6, y: this.y(tick) + 4, "text-anchor": "end" }, tick);
    labels.forEach((each, i) => write(this.back, { x: this.x(i), y: TALL - 6, "text-anchor": "middle" }, each));
    make(this.back, "path", { d: `M${LEFT} ${this.y(0)}H${WIDTH}`, stroke: "currentColor", "stroke-opacity": 0.5 });
    write(this.back, { x: LEFT, y: 14 }, title);
  }

  column() {
    const width = (WIDTH - LEFT) / this.columns;
    return make(this.back, "rect", { y: 22, height: TALL - 42, width, fill: "currentColor", "fill-opacity": 0.08 });
  }
}

// The first coefficient at every cut: the box, its room, the handle; small squares are the other two.
class Coefficients extends Chart {
  constructor(parent, { colours, program, cuts }) {
    super(parent, MOST, cuts.length + 1, "The coefficient of L at each cut", "group");
    this.strip = this.column();
    make(this.back, "rect", { x: LEFT, width: WIDTH - LEFT, y: this.y(program.bound), height: this.y(-program.bound) - this.y(program.bound),
      fill: colours.blue, "fill-opacity": 0.1 });
    this.axes([-2, -1, 0, 1, 2], [...cuts, ""], "coefficient of L (circle), of S+ and S- (squares)");
    this.parts = cuts.map((_, i) => this.handle(i, colours));
  }

  handle(i, colours) {
    const bar = make(this.svg, "rect", { x: this.x(i) - 12, width: 24, fill: colours.blue, "fill-opacity": 0.4 });
    const other = make(this.svg, "rect", { x: this.x(i) - 4, width: 8, height: 8, fill: colours.grey });
    const group = make(this.svg, "g", { class: "handle", tabindex: 0, role: "slider", "aria-orientation": "vertical" });
    make(group, "circle", { class: "ring", r: 13, fill: "transparent", "stroke-width": 2 });
    const knob = make(group, "circle", { r: 8, stroke: colours.blue, "stroke-width": 3 });
    return { bar, other, group, knob };
  }

  draw({ path, held, chosen, cuts, colours }) {
    set(this.strip, { x: this.x(held) - (this.x(1) - this.x(0)) / 2 });
    path.cuts.forEach(({ low, high, value, other }, i) => {
      const { bar, other: square, group, knob } = this.parts[i];
      const top = this.y(high);
      set(bar, { y: top - 1, height: this.y(low) - top + 2 }); // a single value is to be seen, too
      set(square, { y: this.y(other) - 4 });
      set(knob, { fill: chosen[i] === null ? "var(--jp-layout-color1, white)" : colours.blue });
      set(group, { transform: `translate(${this.x(i)} ${this.y(value).toFixed(2)})`, "aria-label": `Coefficient of L at cut ${cuts[i]}`,
        "aria-valuemin": low.toFixed(3), "aria-valuemax": high.toFixed(3), "aria-valuenow": value.toFixed(3),
        "aria-valuetext": `${number(value)}, ${chosen[i] === null ? "not touched" : "chosen"}; from ${number(low)} to ${number(high)}` });
    });
  }
}

// What is predicted at every cut and after the last: by your solution, by greedy from the held cut on, by all solutions.
class Logits extends Chart {
  constructor(parent, { colours, band, cuts }) {
    super(parent, HIGHEST, cuts.length + 1, "The logit at each cut", "img");
    this.colours = colours;
    this.strip = this.column();
    const edge = [...band.map(([low], i) => [i, low]), ...band.map(([, high], i) => [i, high]).reverse()];
    this.band = make(this.back, "polygon", { points: edge.map(([i, value]) => `${this.x(i)},${this.y(value)}`).join(" "),
      fill: colours.blue, "fill-opacity": 0.3 });
    this.axes([-6, -3, 0, 3, 6], [...cuts, "next"], "predicted logit: yours (circles), greedy from here (crosses)");
    make(this.back, "path", { d: `M${LEFT} ${this.y(1)}H${WIDTH}`, stroke: colours.green, "stroke-width": 2, "stroke-dasharray": "2 4" });
    this.front = make(this.svg, "g");
  }

  draw({ path, held, wrong, longer, banded }) {
    set(this.strip, { x: this.x(held) - (this.x(1) - this.x(0)) / 2 });
    set(this.band, { visibility: banded && !longer ? "visible" : "hidden" });
    this.front.replaceChildren();
    const joined = (values, first) => values.map((value, i) => `${this.x(first + i)},${this.y(value).toFixed(2)}`).join(" ");
    const curve = (values, first, stroke) => make(this.front, "polyline", { points: joined(values, first), fill: "none", stroke, "stroke-width": 2 });
    curve(path.logits, 0, this.colours.blue);
    path.logits.forEach((value, i) => make(this.front, "circle", { cx: this.x(i), cy: this.y(value), r: 5, fill: this.colours.blue }));
    curve(wrong, held + 1, this.colours.orange);
    wrong.forEach((value, i) => {
      const [x, y] = [this.x(held + 1 + i), this.y(value)];
      // A logit that has no place in the chart is an arrow at its edge.
      const d = Math.abs(value) > HIGHEST ? `M${x - 6} ${y + 8 * Math.sign(value)}L${x} ${y}l6 ${8 * Math.sign(value)}` : `M${x - 6} ${y - 6}l12 12m0-12l-12 12`;
      make(this.front, "path", { d, fill: "none", stroke: this.colours.orange, "stroke-width": 2.5 });
    });
    set(this.svg, { "aria-label": `The logits at each cut and after the last: ${path.logits.map((value) => number(value)).join(", ")}` });
  }
}

const stateWords = ({ path, held, cuts, wrong, longer }) => {
  const { low, high, value } = path.cuts[held];
  const { logits } = path;
  const last = logits[logits.length - 1];
  const where = held + 1 < cuts.length ? `at cut ${cuts[held + 1]} it is ${number(logits[held + 1])}, ` : "";
  const choice = longer ? "three equations for three coefficients leave no other value" : `the program allows ${number(low)} to ${number(high)}`;
  return `At cut ${cuts[held]} the coefficient of L is ${number(value)}; ${choice}. The logit at this cut is ${number(logits[held])}, ` +
    `as its equation says; ${where}at the next token ${number(last)}. Greedy from here on ends at ${number(wrong[wrong.length - 1])}.`;
};

function render({ model, el }) {
  const get = (name) => model.get(name);
  const fixed = Object.fromEntries(["program", "cuts", "band", "cheapest", "only", "colours"].map((name) => [name, get(name)]));
  const root = frame(el);
  const left = half(root);
  const coefficients = new Coefficients(left, fixed);
  const logits = new Logits(left, fixed);
  const right = half(root);
  const error = line(right, "big", { role: "status", "aria-live": "polite" });
  const words = line(right, "words five");
  const controls = right.appendChild(document.createElement("div"));
  const score = line(right, "score", { role: "status", "aria-live": "polite" });
  line(right, "key").textContent = "Above: circles are yours to drag; bars are the values that the program allows, given the cuts before; an open " +
    "circle, which you have not touched, takes what is cheapest at its own cut. Arrow keys move a circle, with Shift five times as far; Home and End go to the " +
    "ends of its bar, Delete lets it go. Below: green dots are the truth, 1; what any solution may say is light blue, once you ask for it.";

  const draw = () => {
    const [chosen, held, longer, banded] = TRAITS.map(get);
    const path = longer ? only(fixed.program, fixed.only) : follow(fixed.program, chosen);
    const wrong = longer ? path.logits.slice(held + 1) : greedy(fixed.program, path.logits, held);
    const scene = { ...fixed, chosen, held, longer, banded, path, wrong };
    coefficients.draw(scene);
    logits.draw(scene);
    const last = path.logits[path.logits.length - 1];
    say(error, `The next token's logit is ${number(last)}; 1 is right.`);
    say(words, stateWords(scene));
    say(score, `The sum of all |c| is ${number(path.cost)}.`);
    letGo.disabled = longer || chosen[held] === null;
    for (const each of [allGo, least]) each.disabled = longer; // nothing is chosen then
    twice.setAttribute("aria-pressed", longer);
    all.setAttribute("aria-pressed", banded);
    all.disabled = longer;
  };
  const keep = (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
    draw();
  };
  const choose = (cut, value) => get("chosen").map((old, i) => (i === cut ? value : old));
  const move = (cut, value) => {
    if (get("longer")) return; // one solution: nothing moves
    const { low, high } = follow(fixed.program, get("chosen")).cuts[cut];
    model.set("chosen", choose(cut, Math.min(Math.max(value, low), high)));
    draw();
  };
  const letGo = button(controls, "Let this one go", () => keep({ chosen: choose(get("held"), null) }),
    () => coefficients.parts[get("held")].group);
  const allGo = button(controls, "Let all go", () => keep({ chosen: fixed.cuts.map(() => null) }));
  const least = button(controls, "The least sum of |c|", () => keep({ chosen: fixed.cheapest }));
  const all = button(controls, "What any solution may say", () => keep({ banded: !get("banded") }));
  const twice = button(controls, "Futures of two tokens", () => keep({ longer: !get("longer") }));

  coefficients.parts.forEach(({ group }, cut) => {
    const now = () => Number(group.getAttribute("aria-valuenow"));
    letFollow(coefficients.svg, group, {
      place: () => [coefficients.x(cut), coefficients.y(now())],
      move: ([, y]) => move(cut, coefficients.valueAt(y)),
      done: () => model.save_changes(),
    });
    group.addEventListener("focus", () => keep({ held: cut }));
    group.addEventListener("keydown", (event) => {
      const step = STEP * (event.shiftKey ? 5 : 1);
      const moved = { ArrowUp: now() + step, ArrowRight: now() + step, ArrowDown: now() - step, ArrowLeft: now() - step,
        Home: -Infinity, End: Infinity }[event.key];
      if (moved === undefined && event.key !== "Delete") return;
      event.preventDefault();
      if (moved === undefined) keep({ chosen: choose(cut, null) });
      else {
        move(cut, moved);
        model.save_changes();
      }
    });
  });

  const changed = TRAITS.map((name) => `change:${name}`).join(" ");
  model.on(changed, draw);
  draw();
  return () => model.off(changed, draw);
}

export default { render };
