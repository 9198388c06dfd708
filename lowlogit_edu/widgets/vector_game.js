// The plane of the elliptical potential under the mouse: drag the next vector, see what it would leave, add it.
// Letters of Lemma 5.1: V = lambda I + the sum of phi phi^T; phi surprises by phi^T V^-1 phi. V is kept as
// [a, b, c] for the matrix (a b; b c). Python sends the settings, and reads `vectors` and `next` back.

const SIZE = 420; // pixels of the plane
const ROOM = 1.12; // of the plane around what it holds
const LEAST = 0.01; // surprises below this have no bar
const STEP = 0.02; // share of R that an arrow key moves the vector; five times that with Shift

export const matrix = (vectors, lambda) =>
  vectors.reduce(([a, b, c], [x, y]) => [a + x * x, b + x * y, c + y * y], [lambda, 0, lambda]);

export const surprise = ([a, b, c], [x, y]) => (c * x * x - 2 * b * x * y + a * y * y) / (a * c - b * b);

export const logDet = ([a, b, c]) => Math.log(a * c - b * b);

// Half-axes of {v : v^T V v <= 1} and the angle of the longer one, which is the least known direction.
export const ellipse = ([a, b, c]) => {
  const mean = (a + c) / 2;
  const half = Math.hypot((a - c) / 2, b);
  return { long: 1 / Math.sqrt(mean - half), short: 1 / Math.sqrt(mean + half), angle: Math.atan2(2 * b, a - c) / 2 + Math.PI / 2 };
};

// Of all vectors before it, how much each surprised.
export const surprises = (vectors, lambda) => vectors.map((phi, i) => surprise(matrix(vectors.slice(0, i), lambda), phi));

const counts = (size, threshold) => size >= threshold * (1 - 1e-9); // up to rounding, as in Python

const within = ([x, y], radius) => {
  const length = Math.hypot(x, y);
  return length > radius ? [(x * radius) / length, (y * radius) / length] : [x, y];
};

const GAME_LOOK = `
.lowlogit-game .plane { flex: 1 1 300px; max-width: 420px; min-width: 280px; }
.lowlogit-game .side { flex: 1 1 280px; max-width: 420px; min-width: 280px; }
.lowlogit-game .shape { fill: none; }
.lowlogit-game .big { font-size: 20px; }
.lowlogit-game .score { min-height: 2.8em; }`;

// The plane: what is still possible, the part of it that makes the vector a surprise, the vector itself.
class Plane {
  constructor(parent, colours, radius) {
    this.colours = colours;
    this.radius = radius;
    this.svg = make(parent, "svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "group", "aria-label": "The plane of what is still unknown" });
    const name = `game-${Math.random().toString(36).slice(2)}`; // several games may stand on one page
    const clips = make(this.svg, "defs");
    this.strip = make(make(clips, "clipPath", { id: `${name}-strip` }), "polygon");
    const outside = make(clips, "clipPath", { id: `${name}-beyond` });
    this.beyond = [make(outside, "polygon"), make(outside, "polygon")];
    // Upright and in the units of the vectors; the y axis of a picture points down.
    this.world = make(this.svg, "g");
    this.ghosts = make(this.world, "g");
    this.known = make(make(this.world, "g", { "clip-path": `url(#${name}-strip)` }), "ellipse", { fill: colours.blue, "fill-opacity": 0.25 });
    this.cut = make(make(this.world, "g", { "clip-path": `url(#${name}-beyond)` }), "ellipse", { fill: colours.orange, "fill-opacity": 0.55 });
    const shape = (kind, stroke, dashes, width) =>
      make(this.world, kind, { class: "shape", stroke, "stroke-dasharray": dashes, "stroke-width": width });
    this.reach = shape("circle", colours.grey, "2 4", 1);
    set(this.reach, { r: radius });
    this.outline = shape("ellipse", colours.blue, "none", 2);
    this.after = shape("ellipse", colours.green, "7 3 2 3", 2);
    this.edges = [shape("line", "currentColor", "1 4", 1.5), shape("line", "currentColor", "1 4", 1.5)];
    this.hint = shape("line", colours.grey, "6 4", 1.5);
    this.unit = make(this.svg, "text", { "text-anchor": "middle" });
    this.unit.textContent = `R = ${radius}`;
    this.arrow = shape("line", colours.orange, "none", 3);
    this.handle = make(this.svg, "g", { class: "handle", tabindex: 0, role: "slider", "aria-valuemin": 0 });
    make(this.handle, "circle", { class: "ring", r: 15, fill: "transparent", "stroke-width": 2 });
    this.knob = make(this.handle, "circle", { r: 9 });
  }

  // From a place on the screen to the plane.
  vectorAt(event) {
    const box = this.svg.getBoundingClientRect();
    const along = (at, size) => ((2 * at) / size - 1) * this.half;
    return [along(event.clientX - box.left, box.width), -along(event.clientY - box.top, box.height)];
  }

  draw({ vectors, lambda, threshold, phi, hint }) {
    const V = matrix(vectors, lambda);
    const now = ellipse(V);
    this.half = ROOM * Math.max(this.radius, now.long);
    const scale = SIZE / 2 / this.half;
    set(this.world, { transform: `translate(${SIZE / 2} ${SIZE / 2}) scale(${scale} ${-scale})` });
    const place = (element, { long, short, angle }) =>
      set(element, { rx: long, ry: short, transform: `rotate(${(angle * 180) / Math.PI})` });
    this.ghosts.replaceChildren();
    vectors.forEach((_, count) => {
      const ghost = make(this.ghosts, "ellipse", { class: "shape", stroke: this.colours.grey, "stroke-opacity": 0.5 });
      place(ghost, ellipse(matrix(vectors.slice(0, count), lambda)));
    });
    for (const element of [this.known, this.cut, this.outline]) place(element, now);
    place(this.after, ellipse(matrix([...vectors, phi], lambda)));
    this.drawStrip(phi, threshold);
    set(this.unit, { x: SIZE / 2, y: SIZE / 2 + this.radius * scale - 4 });
    set(this.hint, { x1: -2 * this.half * Math.cos(now.angle), y1: -2 * this.half * Math.sin(now.angle),
      x2: 2 * this.half * Math.cos(now.angle), y2: 2 * this.half * Math.sin(now.angle), visibility: hint ? "visible" : "hidden" });
    const size = surprise(V, phi);
    const colour = counts(size, threshold) ? this.colours.orange : this.colours.grey;
    set(this.arrow, { x1: 0, y1: 0, x2: phi[0], y2: phi[1], stroke: colour });
    set(this.knob, { fill: colour });
    set(this.handle, { transform: `translate(${SIZE / 2 + phi[0] * scale} ${SIZE / 2 - phi[1] * scale})`,
      "aria-label": "The next vector: arrow keys move it, Enter adds it", "aria-valuenow": size.toFixed(3),
      "aria-valuetext": `(${phi[0].toFixed(2)}, ${phi[1].toFixed(2)}), surprises by ${size.toFixed(2)}` });
  }

  // The strip |<v, phi>| <= sqrt(threshold): phi is a surprise exactly where the ellipse sticks out of it.
  drawStrip([x, y], threshold) {
    const length = Math.hypot(x, y);
    const far = 4 * this.half;
    const edge = Math.min(length ? Math.sqrt(threshold) / length : far, far);
    const along = length ? [-y / length, x / length] : [0, 1];
    const across = length ? [x / length, y / length] : [1, 0];
    const at = (out, side) => [across[0] * out + along[0] * side, across[1] * out + along[1] * side];
    const polygon = (from, to) => [at(from, far), at(to, far), at(to, -far), at(from, -far)].map((p) => p.join()).join(" ");
    set(this.strip, { points: polygon(-edge, edge) });
    set(this.beyond[0], { points: polygon(edge, far) });
    set(this.beyond[1], { points: polygon(-far, -edge) });
    [edge, -edge].forEach((out, i) => {
      const [[x1, y1], [x2, y2]] = [at(out, far), at(out, -far)];
      set(this.edges[i], { x1, y1, x2, y2 });
    });
  }
}

// How much each vector surprised, on a logarithmic scale; the last bar is the vector that is being dragged.
class Bars {
  constructor(parent, colours) {
    this.colours = colours;
    this.svg = make(parent, "svg", { viewBox: "0 0 420 150", role: "img" });
  }

  draw({ vectors, lambda, threshold, phi, radius, most }) {
    const sizes = surprises([...vectors, phi], lambda);
    const top = Math.max(1, (radius * radius) / lambda);
    const height = (size) => (120 * Math.max(0, Math.log(size / LEAST))) / Math.log((2 * top) / LEAST);
    const width = 380 / Math.max(20, Math.min(most, vectors.length + 1));
    this.svg.replaceChildren();
    sizes.forEach((size, i) => {
      const colour = counts(size, threshold) ? this.colours.orange : this.colours.grey;
      const last = i === vectors.length;
      make(this.svg, "rect", { x: 36 + i * width + 1, y: 130 - height(size), width: Math.max(1, width - 2), height: height(size),
        fill: last ? "none" : colour, stroke: colour, "stroke-width": 1.5, "stroke-dasharray": last ? "3 2" : "none" });
    });
    for (const size of [0.01, 0.1, 1, 10].filter((each) => each <= 2 * top)) {
      make(this.svg, "text", { x: 30, y: 134 - height(size), "text-anchor": "end" }).textContent = size;
    }
    const y = 130 - height(threshold);
    make(this.svg, "line", { x1: 36, x2: 418, y1: y, y2: y, stroke: "currentColor", "stroke-dasharray": "1 4", "stroke-width": 1.5 });
    make(this.svg, "line", { x1: 36, x2: 418, y1: 130, y2: 130, stroke: "currentColor" });
    make(this.svg, "text", { x: 36, y: 146 }).textContent = "surprise of each vector; dashed: the one that you hold";
    const words = sizes.slice(0, -1).map((size) => size.toPrecision(2));
    set(this.svg, { "aria-label": `Surprises so far: ${words.join(", ") || "none"}` });
  }
}

// The count of surprises beside what the potential has paid for, the adversary and the limit, all counted in surprises.
class Gauge {
  constructor(parent, colours) {
    this.colours = colours;
    this.svg = make(parent, "svg", { viewBox: "0 0 420 90", role: "img" });
  }

  draw({ vectors, lambda, threshold, count, adversary, limit, others }) {
    const paid = (logDet(matrix(vectors, lambda)) - 2 * Math.log(lambda)) / Math.log1p(threshold);
    const x = (value) => (410 * Math.min(value, 1.12 * limit)) / (1.12 * limit);
    this.svg.replaceChildren();
    make(this.svg, "rect", { x: 0, y: 22, width: x(paid), height: 26, fill: "none", stroke: this.colours.blue, "stroke-width": 2 });
    make(this.svg, "rect", { x: 0, y: 28, width: x(count), height: 14, fill: this.colours.orange });
    const lines = others ? [[adversary, "greedy", this.colours.grey], [limit, "limit", this.colours.green]] : [];
    for (const [value, name, colour] of lines) {
      make(this.svg, "line", { x1: x(value), x2: x(value), y1: 16, y2: 54, stroke: colour, "stroke-width": 3 });
      make(this.svg, "text", { x: x(value), y: 12, "text-anchor": "end" }).textContent = `${name} ${value}`;
    }
    make(this.svg, "text", { x: 0, y: 66 }).textContent = "orange: your surprises; blue: what the potential,";
    make(this.svg, "text", { x: 0, y: 81 }).textContent = `log det V, has paid for so far (${paid.toFixed(1)})`;
    set(this.svg, { "aria-label": `${count} surprises; the potential has paid for ${paid.toFixed(1)}` });
  }
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const colours = get("colours");
  const radius = get("radius");
  const root = frame(el);
  root.classList.add("lowlogit-game");
  root.appendChild(document.createElement("style")).textContent = GAME_LOOK;
  const box = (name) => {
    const element = root.appendChild(document.createElement("div"));
    element.className = name;
    return element;
  };
  const left = box("plane");
  const plane = new Plane(left, colours, radius);
  left.appendChild(document.createElement("p")).textContent =
    "Blue: what is still possible. Orange: where that reaches beyond the strip between the dotted lines, which makes " +
    "the vector a surprise. Green: what would be left. Grey: what was possible before. Dotted circle: the longest vector. " +
    "Arrow keys move the dot, with Shift five times as far; Enter adds it.";
  const side = box("side");
  const held = line(side, "big");
  const place = line(side, "place");
  const buttons = side.appendChild(document.createElement("div"));
  const score = line(side, "score", { role: "status", "aria-live": "polite" });
  const gauge = new Gauge(side, colours);
  const bars = new Bars(side, colours);
  const shown = { hint: false, others: false };

  const draw = () => {
    const vectors = get("vectors");
    const lambda = get("regularization");
    const threshold = get("threshold");
    const phi = get("next");
    const count = surprises(vectors, lambda).filter((size) => counts(size, threshold)).length;
    const now = { vectors, lambda, threshold, phi, ...shown, radius, count, most: get("most"), adversary: get("adversary"), limit: get("limit") };
    for (const part of [plane, gauge, bars]) part.draw(now);
    const size = surprise(matrix(vectors, lambda), phi);
    // Rounded down: 0.4999 is not the 0.5 that is needed.
    const digits = counts(size, threshold) ? size : Math.floor(1000 * size) / 1000;
    held.textContent = `Surprise ${digits.toFixed(3)}: ${counts(size, threshold) ? "it counts" : "too little"}`;
    place.textContent = `the vector (${phi[0].toFixed(2)}, ${phi[1].toFixed(2)}) of length ${Math.hypot(...phi).toFixed(2)}; ` +
      `from ${threshold} on it counts`;
    const words = `${count} ${count === 1 ? "surprise" : "surprises"} by ${vectors.length} of ${now.most} vectors.` +
      (shown.others ? ` The greedy adversary gets ${now.adversary}; nobody can get more than ${now.limit}.` : "");
    if (score.textContent !== words) score.textContent = words; // spoken only where it changes
    add.disabled = vectors.length >= now.most;
    undo.disabled = !vectors.length;
  };

  const move = (phi) => {
    model.set("next", within(phi, radius));
    draw();
  };
  const put = (vectors) => {
    model.set("vectors", vectors);
    model.save_changes();
    draw();
  };
  const button = (label, action) => {
    const element = buttons.appendChild(document.createElement("button"));
    element.type = "button";
    element.textContent = label;
    element.addEventListener("click", (event) => {
      action(event);
      plane.handle.focus({ preventScroll: true }); // arrow keys go on moving the vector
    });
    return element;
  };
  const toggle = (label, name) => button(label, (event) => {
    shown[name] = !shown[name];
    event.currentTarget.setAttribute("aria-pressed", shown[name]);
    draw();
  });
  const addNext = () => {
    if (get("vectors").length < get("most")) put([...get("vectors"), get("next")]);
  };
  const add = button("Add it (Enter)", addNext);
  const undo = button("Take the last back", () => put(get("vectors").slice(0, -1)));
  button("Start again", () => put([]));
  toggle("Least known direction", "hint");
  toggle("What others get", "others");

  let grabbed = [0, 0]; // from the vector's end to where it was taken
  plane.handle.addEventListener("pointerdown", (event) => {
    plane.handle.setPointerCapture(event.pointerId);
    grabbed = plane.vectorAt(event).map((at, i) => at - get("next")[i]);
    event.preventDefault(); // no text is selected on the way
    plane.handle.focus();
  });
  plane.handle.addEventListener("pointermove", (event) => {
    if (plane.handle.hasPointerCapture(event.pointerId)) move(plane.vectorAt(event).map((at, i) => at - grabbed[i]));
  });
  plane.handle.addEventListener("pointerup", () => model.save_changes());
  plane.handle.addEventListener("keydown", (event) => {
    const [x, y] = get("next");
    const step = radius * STEP * (event.shiftKey ? 5 : 1);
    const moved = { ArrowLeft: [x - step, y], ArrowRight: [x + step, y], ArrowUp: [x, y + step], ArrowDown: [x, y - step] }[event.key];
    if (!moved && event.key !== "Enter") return;
    event.preventDefault();
    if (moved) {
      move(moved);
      model.save_changes();
    } else addNext();
  });

  const changed = ["vectors", "next"].map((name) => `change:${name}`).join(" ");
  model.on(changed, draw);
  draw();
  return () => model.off(changed, draw);
}

export default { render };
