// The logit matrices of all cuts side by side, frame by frame of a run. Python sends `data` (see atlas_wire.py) and
// reads `frame`, `text` and `cell` back: the step shown, the text followed, and [cut, row, column] of the chosen cell,
// counted from 0. A column is a next token of a block or, in a wide alphabet, a whole block.

const ROW = 18; // pixels, as all lengths here
const NARROW = 14; // width of a column
const WIDE = 22; // of a column that is a whole block
const BETWEEN = 5; // blocks
const GAP = 100; // between matrices, where the coefficients are drawn
const NO_LINES = 26; // the same where there are none
const LETTER = 6.8; // width of a letter, about
const LONGEST = 16; // letters of a label; the whole of it stands in the words
const THICKEST = 7; // line, of the largest coefficient
const SMALL = 0.01; // coefficients below this are not spelt out
const PLAY_MS = 1100;
const SVG = "http://www.w3.org/2000/svg";

const make = (parent, name, attributes = {}) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return parent.appendChild(element);
};

const add = (parent, name, attributes = {}, text = "") => {
  const element = parent.appendChild(document.createElement(name));
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
};

const LOOK = `
.lowlogit-atlas { position: relative; color: var(--jp-ui-font-color1, currentColor); font: 14px/1.4 var(--jp-ui-font-family, system-ui, sans-serif); }
.lowlogit-atlas .scroll { overflow-x: auto; padding-bottom: 4px; }
.lowlogit-atlas svg { display: block; }
.lowlogit-atlas .cells { cursor: pointer; }
.lowlogit-atlas svg:focus { outline: none; }
.lowlogit-atlas svg:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }
.lowlogit-atlas text { font: 12px var(--jp-ui-font-family, system-ui, sans-serif); fill: currentColor; }
.lowlogit-atlas text.title { font-weight: 600; font-size: 13px; }
.lowlogit-atlas text.spans { font-weight: 700; }
.lowlogit-atlas .frame, .lowlogit-atlas .line { fill: none; pointer-events: none; }
.lowlogit-atlas .controls { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center; margin: 0 0 6px; }
.lowlogit-atlas .controls input[type="range"] { width: 220px; vertical-align: middle; }
.lowlogit-atlas button, .lowlogit-atlas select { font: inherit; padding: 3px 10px; cursor: pointer; }
.lowlogit-atlas p { margin: 0 0 6px; max-width: 62em; }
.lowlogit-atlas .legend span { white-space: nowrap; margin-right: 12px; }
.lowlogit-atlas .legend i { display: inline-block; width: 14px; height: 12px; margin-right: 4px; vertical-align: -1px; box-sizing: border-box; }
.lowlogit-atlas .tip { position: absolute; z-index: 10; pointer-events: none; padding: 2px 8px; border: 1px solid currentColor; border-radius: 3px;
  background: var(--jp-layout-color1, Canvas); max-width: 170px; }
.lowlogit-atlas [hidden] { display: none; }
.lowlogit-atlas .opened { margin: 0 0 8px; border-left: 3px solid currentColor; padding-left: 10px; }
.lowlogit-atlas .opened td { padding: 0 10px 0 0; text-align: right; font-variant-numeric: tabular-nums; }
.lowlogit-atlas .opened td i { display: block; height: 10px; }
@keyframes lowlogit-lit { from { opacity: 0; } }
@keyframes lowlogit-flash { 50% { stroke-opacity: 0.15; } }
@media (prefers-reduced-motion: no-preference) {
  .lowlogit-atlas .lit { animation: lowlogit-lit 0.7s ease-out; }
  .lowlogit-atlas .witness { animation: lowlogit-flash 0.7s ease-in-out 3; }
}`;

// Words and tokens in letters, as Python names them.
class Names {
  constructor({ names, quoted }) {
    this.names = names;
    this.quoted = quoted;
  }

  token(token) {
    return this.quoted ? `"${this.names[token] ?? token}"` : this.names[token] ?? String(token);
  }

  word(word) {
    if (!this.quoted) return word.map((token) => this.token(token)).join(" ");
    return `"${word.map((token) => this.names[token] ?? token).join("")}"`;
  }

  label(word, nothing) {
    const text = word.length ? (this.quoted ? this.word(word).slice(1, -1) : this.word(word)) : nothing;
    // A history is known by its end, which stands next to the future.
    return text.length > LONGEST ? `…${text.slice(1 - LONGEST)}` : text;
  }
}

// Where everything stands: of each cut its left edge, and of each column its place; null for one that is not shown.
export const layout = (data, names, carried) => {
  const longest = (words, nothing) => Math.max(...words.map((word) => names.label(word, nothing).length), 1) * LETTER;
  const head = 44 + Math.max(...data.cuts.map(({ blocks }) => longest(blocks, "now"))) + (data.wide ? 0 : 14);
  const column = data.wide ? WIDE : NARROW;
  const per = data.wide ? 1 : data.alphabet;
  const gap = data.texts.length ? GAP : NO_LINES;
  let x = 4;
  const cuts = data.cuts.map(({ rows, blocks, own }) => {
    const left = x + longest(rows, "start") + 18;
    const places = [];
    let right = left;
    blocks.forEach((_, block) => {
      const isShown = carried || own[block];
      for (let token = 0; token < per; token += 1) places.push(isShown ? right + token * column : null);
      if (isShown) right += per * column + BETWEEN;
    });
    right -= BETWEEN;
    const cut = { x, left, right, places, rows: rows.length };
    x = right + gap;
    return cut;
  });
  const most = Math.max(...cuts.map(({ rows }) => rows));
  return { cuts, head, column, per, width: x - gap + 10, height: head + most * ROW + 12 };
};

const known = (cut, row, col, frame) => cut.since[row][col] >= 0 && cut.since[row][col] <= frame;

const listed = (items) => (items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`);

// The matrices: made once, coloured anew for every frame.
class Matrices {
  constructor(parent, data, names, colours, carried) {
    Object.assign(this, { data, names, colours });
    this.at = layout(data, names, carried);
    const { width, height } = this.at;
    this.svg = make(parent, "svg", { width, height, viewBox: `0 0 ${width} ${height}`, tabindex: 0, role: "application",
      "aria-label": "Cells of the logit matrices: arrow keys move, Enter opens a cell, Escape closes it" });
    this.lines = make(this.svg, "g");
    this.labels = [];
    this.cells = data.cuts.map((cut, s) => this.drawCut(cut, s));
    this.marks = make(this.svg, "g");
    this.chosen = make(this.svg, "g");
  }

  y(row) {
    return this.at.head + row * ROW;
  }

  drawCut(cut, s) {
    const { left, places } = this.at.cuts[s];
    const { per, column, head } = this.at;
    const group = make(this.svg, "g");
    make(group, "text", { class: "title", x: this.at.cuts[s].x + 4, y: 14 }).textContent = `cut ${s + 1}`;
    cut.blocks.forEach((block, b) => {
      if (places[b * per] === null) return;
      const x = places[b * per] + (per * column) / 2 + 4;
      const y = head - (this.data.wide ? 10 : 24);
      make(group, "text", { x, y, transform: `rotate(-90 ${x} ${y})` }).textContent = this.names.label(block, "now");
    });
    places.forEach((x, col) => {
      if (x === null || this.data.wide) return;
      const text = make(group, "text", { x: x + column / 2, y: head - 11, "text-anchor": "middle" });
      text.textContent = this.names.label([col % per], "").slice(0, 2);
    });
    this.labels.push(cut.rows.map((word, row) => {
      const text = make(group, "text", { x: left - 8, y: this.y(row) + 13, "text-anchor": "end" });
      text.textContent = this.names.label(word, "start");
      return text;
    }));
    const cells = make(group, "g", { class: "cells" });
    return cut.rows.map((_, row) => places.map((x, col) => x === null ? null :
      make(cells, "rect", { x: x + 0.5, y: this.y(row) + 0.5, width: column - 1, height: ROW - 1, "data-cell": `${s},${row},${col}` })));
  }

  draw(number, text, cell) {
    const frame = this.data.frames[number];
    const { blue, orange, grey } = this.colours;
    this.data.cuts.forEach((cut, s) => {
      const spans = new Set(frame.spanners[s] ?? []);
      this.labels[s].forEach((label, row) => label.setAttribute("class", spans.has(row) ? "spans" : ""));
      this.cells[s].forEach((cells, row) => cells.forEach((rect, col) => {
        if (!rect) return;
        const isKnown = known(cut, row, col, number);
        const isNew = cut.since[row][col] === number;
        const value = cut.values[row][col];
        rect.setAttribute("fill", isKnown ? (value < 0 ? orange : blue) : "transparent");
        rect.setAttribute("fill-opacity", isKnown ? (0.08 + 0.92 * Math.min(1, Math.abs(value) / this.data.scale)).toFixed(3) : 0);
        rect.setAttribute("stroke", isNew ? "currentColor" : grey);
        rect.setAttribute("stroke-opacity", isKnown ? 1 : 0.6);
        rect.setAttribute("stroke-dasharray", isKnown ? "none" : "1 3");
        rect.setAttribute("stroke-width", isNew ? 1.4 : 0.5);
        rect.setAttribute("class", isNew ? "lit" : "");
      }));
    });
    this.drawMarks(frame);
    this.drawLines(frame, text);
    this.drawChosen(number, cell);
  }

  // Around the spanner's rows, the columns of F_s and the witness.
  drawMarks(frame) {
    const { green, purple, amber } = this.colours;
    this.marks.replaceChildren();
    const box = (attributes) => make(this.marks, "rect", { class: "frame", rx: 2, ...attributes });
    this.at.cuts.forEach(({ left, right, places, rows }, s) => {
      const column = (col, attributes) => places[col] !== null && box({ x: places[col], y: this.at.head - 2, width: this.at.column, height: rows * ROW + 4, ...attributes });
      for (const col of frame.futures[s] ?? []) {
        if (places[col] !== null) make(this.marks, "rect", { x: places[col] + 1, y: this.at.head - 8, width: this.at.column - 2, height: 5, fill: purple });
        column(col, { stroke: purple, "stroke-width": 1.5 });
      }
      for (const row of frame.spanners[s] ?? []) {
        box({ x: left - 4, y: this.y(row), width: right - left + 7, height: ROW, stroke: green, "stroke-width": 2.5 });
      }
      for (const [cut, col] of frame.witnesses) {
        if (cut === s) column(col, { stroke: amber, "stroke-width": 4, class: "frame witness" });
      }
    });
  }

  // Between two cuts: the old coefficients run into the token that is read, the new ones out of it (Equation 8).
  drawLines(frame, text) {
    this.lines.replaceChildren();
    const path = frame.paths[text];
    if (!path) return;
    const largest = Math.max(1, ...path.flat().map(([, c]) => Math.abs(c)));
    const middle = this.at.head + ROW * 1.5;
    for (let s = 0; s + 1 < path.length && s + 1 < this.at.cuts.length; s += 1) {
      const from = this.at.cuts[s].right + 5;
      const to = this.at.cuts[s + 1].x - 4;
      const x = (from + to) / 2;
      const line = ([row, c], x1, y1, x2, y2) => make(this.lines, "path", { class: "line", d: `M${x1},${y1} C${(x1 + x2) / 2},${y1} ${(x1 + x2) / 2},${y2} ${x2},${y2}`,
        stroke: c < 0 ? this.colours.orange : this.colours.blue, "stroke-dasharray": c < 0 ? "5 3" : "none",
        "stroke-width": Math.max(0.8, (THICKEST * Math.abs(c)) / largest).toFixed(2), "data-line": `${s},${row},${c}` });
      const name = this.names.label([this.data.texts[text][s]], "").trim().slice(0, 9);
      const half = Math.max(10, (name.length * LETTER) / 2 + 6);
      for (const term of path[s]) line(term, from, this.y(term[0]) + ROW / 2, x - half, middle);
      for (const term of path[s + 1]) {
        const y = this.y(term[0]) + ROW / 2;
        line(term, x + half, middle, to, y);
        make(this.lines, "path", { d: `M${to + 5},${y} l-7,-4 v8 z`, fill: term[1] < 0 ? this.colours.orange : this.colours.blue });
      }
      make(this.lines, "rect", { x: x - half, y: middle - 10, width: 2 * half, height: 20, rx: 10, fill: "none", stroke: "currentColor" });
      make(this.lines, "text", { x, y: middle + 4, "text-anchor": "middle" }).textContent = name;
    }
  }

  // The chosen cell and, dashed, where else its answer stands.
  drawChosen(number, cell) {
    this.chosen.replaceChildren();
    if (!cell.length) return;
    const ring = ([s, row, col], attributes) => this.cells[s][row][col] && make(this.chosen, "rect", { class: "frame",
      x: this.at.cuts[s].places[col] - 1.5, y: this.y(row) - 1.5, width: this.at.column + 3, height: ROW + 3, stroke: "currentColor", ...attributes });
    for (const other of this.twins(cell)) ring(other, { "stroke-width": 2, "stroke-dasharray": "3 2" });
    ring(cell, { "stroke-width": 3.5 });
  }

  prefix([s, row, col]) {
    const cut = this.data.cuts[s];
    return [...cut.rows[row], ...cut.blocks[Math.floor(col / this.at.per)]];
  }

  // Other cells of the same prefix and token.
  twins(cell) {
    const prefix = this.prefix(cell).join();
    const token = cell[2] % this.at.per;
    const found = [];
    this.data.cuts.forEach((cut, s) => cut.rows.forEach((_, row) => cut.blocks.forEach((__, block) => {
      const other = [s, row, block * this.at.per + token];
      if (other.join() !== cell.join() && this.prefix(other).join() === prefix) found.push(other);
    })));
    return found;
  }

  reveal([s, , col]) {
    const box = this.svg.parentNode;
    const x = this.at.cuts[s].places[col];
    if (x === null) return;
    if (x < box.scrollLeft + 60) box.scrollLeft = x - 60;
    if (x + 60 > box.scrollLeft + box.clientWidth) box.scrollLeft = x + 60 - box.clientWidth;
  }
}

// The chosen cell in words.
export const cellWords = (data, names, matrices, number, cell) => {
  const [s, row, col] = cell;
  const cut = data.cuts[s];
  const per = matrices.at.per;
  const frame = data.frames[number];
  const block = cut.blocks[Math.floor(col / per)];
  const history = cut.rows[row].length ? `history ${names.word(cut.rows[row])}` : "the empty history";
  const spans = (frame.spanners[s] ?? []).includes(row) ? " (in the spanner)" : "";
  const marks = [];
  if ((frame.futures[s] ?? []).includes(col)) marks.push(`in F_${s + 1}`);
  if (frame.witnesses.some(([at, which]) => at === s && which === col)) marks.push("the witness");
  const future = block.length ? `future ${names.word(block)}` : "no future";
  const token = data.wide ? "" : `, next token ${names.token(col % per)}`;
  const place = `Cut ${s + 1}, ${history}${spans}; ${future}${token}${marks.length ? ` (${marks.join(", ")})` : ""}: `;
  if (!known(cut, row, col, number)) return `${place}not known yet.`;
  const value = cut.values[row][col];
  const purpose = data.purposes[cut.purposes[row][Math.floor(col / per)]];
  const size = data.wide ? `logits of ${value.toFixed(2)} nats (root mean square)` : `${value.toFixed(3)} nats`;
  const twins = [...new Set(matrices.twins(cell).map(([at]) => at + 1))];
  const also = twins.length ? ` The same answer stands at ${twins.length > 1 ? "cuts" : "cut"} ${listed(twins)}.` : "";
  return `${place}${size}. Known since step ${cut.since[row][col] + 1} (${purpose}).${also}`;
};

// The coefficients of the text that is followed, in words.
export const pathWords = (data, names, number, text) => {
  const frame = data.frames[number];
  if (!data.texts.length || !frame.spanners.length) return "";
  const said = `Text followed: ${names.word(data.texts[text])}. `;
  const path = frame.paths[text];
  if (!path) return `${said}No solution of its program was found.`;
  const cuts = path.map((terms, s) => {
    const large = terms.filter(([, c]) => Math.abs(c) >= SMALL);
    const sum = large.map(([row, c]) => {
      const word = data.cuts[s].rows[row];
      return `${c.toFixed(2)} of ${word.length ? names.word(word) : "the start"}`;
    });
    const hidden = frame.hidden[text][s];
    const small = terms.length - large.length;
    const rest = [small ? `${small} smaller than ${SMALL}` : "", hidden ? `${hidden} of rows that are not shown` : ""];
    return `Cut ${s + 1}: ${[listed(sum) || "nothing large", ...rest].filter(Boolean).join("; ")}`;
  });
  return `${said}Its beginnings in terms of spanner rows. ${cuts.join(". ")}.`;
};

// What the colours mean.
const drawLegend = (root, data, colours) => {
  const legend = add(root, "p", { class: "legend" });
  const key = (words, look) => add(add(legend, "span"), "i", { style: look, "aria-hidden": "true" }).after(words);
  const full = `full colour: ${data.scale.toFixed(1)} nats`;
  key(data.wide ? `size of a block's logits (${full})` : `logit above 0 (${full})`, `background:${colours.blue}`);
  if (!data.wide) key("below 0", `background:${colours.orange}`);
  key("not known yet", "border:1px dotted currentColor");
  key("new in this step", "border:2px solid currentColor");
  if (data.frames.some(({ spanners }) => spanners.length)) {
    key("row of the spanner", `border:3px solid ${colours.green}`);
    if (!data.wide) key("column of F", `border:2px solid ${colours.purple};border-top-width:6px`);
    if (!data.wide) key("witness", `border:3px solid ${colours.amber}`);
    if (data.texts.length) key("coefficient above 0", `border-top:4px solid ${colours.blue}`);
    if (data.texts.length) key("below 0", `border-top:4px dashed ${colours.orange}`);
  }
};

// The logits of the chosen cell's block as a table with bars: all, or the largest of a wide alphabet.
const drawBlock = (parent, data, names, matrices, number, cell, colours) => {
  const [s, row, col] = cell;
  const { per } = matrices.at;
  const block = Math.floor(col / per);
  const cut = data.cuts[s];
  const prefix = matrices.prefix(cell);
  const columns = Array.from({ length: per }, (_, z) => block * per + z).filter((other) => known(cut, row, other, number));
  const entries = data.wide ? cut.top[row][block] : columns.map((other) => [other % per, cut.values[row][other]]);
  const what = data.wide ? `the ${entries.length} largest logits of ${data.alphabet}` : "logits of the next token";
  parent.replaceChildren();
  add(parent, "div", {}, `The block, opened. After ${prefix.length ? names.word(prefix) : "nothing"}, ${what}, in nats:`);
  const table = add(parent, "table");
  const largest = Math.max(...entries.map(([, value]) => Math.abs(value)), 1e-9);
  for (const [token, value] of entries) {
    const line = add(table, "tr");
    add(line, "td", {}, names.token(token));
    add(line, "td", {}, value.toFixed(2));
    const width = Math.max(1, (120 * Math.abs(value)) / largest).toFixed(0);
    add(add(line, "td"), "i", { style: `width:${width}px;background:${value < 0 ? colours.orange : colours.blue}` });
  }
};

// From cell to cell, over columns that are not shown; at a matrix's edge into its neighbour.
const step = (cuts, pressed, cell) => {
  const shownOf = (s) => cuts[s].places.flatMap((x, col) => (x === null ? [] : [col]));
  if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].includes(pressed)) return null;
  if (!cell.length) return [0, 0, shownOf(0)[0]];
  const [s, row, col] = cell;
  const within = (value, size) => Math.max(0, Math.min(size - 1, value));
  if (pressed === "ArrowUp" || pressed === "ArrowDown") return [s, within(row + (pressed === "ArrowUp" ? -1 : 1), cuts[s].rows), col];
  const left = pressed === "ArrowLeft";
  const beside = shownOf(s).filter((other) => (left ? other < col : other > col));
  if (beside.length) return [s, row, left ? beside.at(-1) : beside[0]];
  const next = within(s + (left ? -1 : 1), cuts.length);
  if (next === s) return cell;
  return [next, within(row, cuts[next].rows), left ? shownOf(next).at(-1) : shownOf(next)[0]];
};

function render({ model, el }) {
  const get = (name) => model.get(name);
  const data = get("data");
  const colours = get("colours");
  const names = new Names(data);
  el.replaceChildren();
  const root = add(el, "div", { class: "lowlogit-atlas", "data-lm-suppress-shortcuts": "true" });
  // In a notebook Enter would edit the cell, and arrows leave it.
  root.addEventListener("keydown", (event) => event.stopPropagation());
  add(root, "style", {}, LOOK);
  const controls = add(root, "div", { class: "controls" });
  const label = (words) => add(controls, "label", {}, words);
  const time = add(label("Step "), "input", { type: "range", min: 0, max: data.frames.length - 1, step: 1, "aria-label": "Step of the run" });
  const shown = add(controls, "span", { class: "step" });
  const play = add(controls, "button", { type: "button" }, "Play");
  const follow = data.texts.length > 1 ? add(label("Text followed "), "select", { "aria-label": "Text followed" }) : null;
  const partly = data.cuts.some(({ own }) => !own.every(Boolean));
  const all = partly ? add(add(controls, "label"), "input", { type: "checkbox" }) : null;
  if (all) all.after(" Columns carried to the next cut, too");
  data.texts.forEach((text, i) => follow && add(follow, "option", { value: i }, names.word(text)));
  const now = add(root, "p", { class: "now", role: "status", "aria-live": "polite" });
  const scroll = add(root, "div", { class: "scroll" });
  let matrices = null;
  const tip = add(root, "div", { class: "tip", "aria-hidden": "true", hidden: "" });
  const chosen = add(root, "p", { class: "chosen", role: "status", "aria-live": "polite" });
  const opened = add(root, "div", { class: "opened", hidden: "" });
  const path = add(root, "p", { class: "path" });
  drawLegend(root, data, colours);
  let isOpen = false;

  const open = () => {
    const cell = get("cell");
    opened.hidden = !(isOpen && cell.length && known(data.cuts[cell[0]], cell[1], cell[2], get("frame")));
    if (!opened.hidden) drawBlock(opened, data, names, matrices, get("frame"), cell, colours);
  };

  const say = (element, words) => {
    if (element.textContent !== words) element.textContent = words; // spoken only where it changes
  };
  let last = null; // the step drawn before
  const draw = () => {
    const frame = get("frame");
    const text = get("text");
    const cell = get("cell");
    time.value = frame;
    time.setAttribute("aria-valuetext", `step ${frame + 1}: ${data.frames[frame].title}`);
    say(shown, `${frame + 1} of ${data.frames.length}: ${data.frames[frame].title}`);
    if (follow) follow.value = text;
    matrices.draw(frame, text, cell);
    say(now, data.frames[frame].words);
    if (frame !== last) data.frames[frame].witnesses.forEach((witness) => matrices.reveal([witness[0], 0, witness[1]]));
    last = frame;
    say(path, pathWords(data, names, frame, text));
    say(chosen, cell.length ? cellWords(data, names, matrices, frame, cell) : "Click a cell, or move to one by the arrow keys: its history and its future in words. Enter opens its block.");
    open();
  };
  const set = (name, value) => {
    model.set(name, value);
    model.save_changes();
    draw();
  };
  time.addEventListener("input", () => set("frame", Number(time.value)));
  if (follow) follow.addEventListener("change", () => set("text", Number(follow.value)));

  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  };
  play.addEventListener("click", () => {
    if (timer) return stop();
    play.textContent = "Pause";
    if (get("frame") === data.frames.length - 1) set("frame", 0);
    timer = setInterval(() => {
      if (get("frame") >= data.frames.length - 1) return stop();
      return set("frame", get("frame") + 1);
    }, PLAY_MS);
    return undefined;
  });

  // The cells that may be clicked; made anew where other columns are shown.
  const build = () => {
    scroll.replaceChildren();
    matrices = new Matrices(scroll, data, names, colours, get("carried"));
    const { svg } = matrices;
    svg.addEventListener("click", (event) => {
      const place = event.target.getAttribute("data-cell");
      if (!place) return;
      const cell = place.split(",").map(Number);
      const again = cell.join() === get("cell").join(); // a second click opens, or closes
      isOpen = again ? !isOpen : data.wide || isOpen;
      set("cell", cell);
    });
    svg.addEventListener("pointermove", (event) => {
      const place = event.target.getAttribute("data-cell");
      tip.hidden = !place;
      if (!place) return;
      const [s, row, col] = place.split(",").map(Number);
      const value = known(data.cuts[s], row, col, get("frame")) ? `${data.cuts[s].values[row][col].toFixed(2)} nats` : "not known yet";
      tip.textContent = `${names.word(matrices.prefix([s, row, col])) || "start"}${data.wide ? "" : ` → ${names.token(col % matrices.at.per)}`}: ${value}`;
      const box = root.getBoundingClientRect();
      tip.style.left = `${Math.max(0, Math.min(event.clientX - box.left + 14, box.width - 180))}px`;
      tip.style.top = `${event.clientY - box.top + 16}px`;
    });
    svg.addEventListener("pointerleave", () => {
      tip.hidden = true;
    });
    svg.addEventListener("keydown", (event) => {
      const moved = step(matrices.at.cuts, event.key, get("cell"));
      if (event.key === "Enter" || event.key === " ") isOpen = !isOpen;
      else if (event.key === "Escape") isOpen = false;
      else if (!moved) return;
      event.preventDefault();
      set("cell", moved ?? get("cell"));
      if (moved) matrices.reveal(moved);
    });
  };
  if (all) all.addEventListener("change", () => {
    model.set("carried", all.checked);
    model.save_changes();
    rebuild();
  });
  const rebuild = () => {
    if (all) all.checked = get("carried");
    build();
    draw();
  };

  const changed = ["frame", "text", "cell"].map((name) => `change:${name}`).join(" ");
  model.on(changed, draw);
  model.on("change:carried", rebuild);
  rebuild();
  return () => {
    stop();
    model.off(changed, draw);
    model.off("change:carried", rebuild);
  };
}

export default { render };
