// What pictures that answer under the mouse share: elements, their look, a handle that is dragged, buttons.
// `widgets/moving.py` puts these lines before those of a picture; the names are seen by both.

const SVG = "http://www.w3.org/2000/svg";

const set = (element, attributes) => {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

const make = (parent, name, attributes = {}) => parent.appendChild(set(document.createElementNS(SVG, name), attributes));

const write = (parent, attributes, words) => {
  make(parent, "text", attributes).textContent = words;
};

// A text of the page; with the role of a status it is spoken when it changes.
const line = (parent, name, attributes = {}) => {
  const element = parent.appendChild(document.createElement("p"));
  element.className = name;
  return set(element, attributes);
};

const say = (element, words) => {
  if (element.textContent !== words) element.textContent = words; // spoken only where it changes
};

const number = (value, digits = 2) => {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text; // no "-0.00"
};

const LOOK = `
.lowlogit-moving { display: flex; flex-wrap: wrap; gap: 16px; color: var(--jp-ui-font-color1, currentColor);
  font: 14px/1.4 var(--jp-ui-font-family, system-ui, sans-serif); }
.lowlogit-moving svg { display: block; width: 100%; height: auto; overflow: hidden; }
.lowlogit-moving .half { flex: 1 1 300px; max-width: 440px; min-width: 280px; }
.lowlogit-moving .shape { vector-effect: non-scaling-stroke; }
.lowlogit-moving .handle { cursor: grab; touch-action: none; }
.lowlogit-moving .handle:focus { outline: none; }
.lowlogit-moving .handle:focus-visible .ring { stroke: currentColor; }
.lowlogit-moving button { font: inherit; padding: 4px 10px; margin: 0 6px 6px 0; cursor: pointer; }
.lowlogit-moving button:disabled { cursor: default; }
.lowlogit-moving button[aria-pressed="true"] { box-shadow: inset 0 0 0 2px currentColor; }
.lowlogit-moving p { margin: 0 0 8px; }
.lowlogit-moving .two { min-height: 2.8em; } /* lines that words may take, so that nothing below them jumps */
.lowlogit-moving .three { min-height: 4.2em; }
.lowlogit-moving .four { min-height: 5.6em; }
.lowlogit-moving .five { min-height: 7em; }
.lowlogit-moving .big { font-size: 18px; font-weight: 600; }
.lowlogit-moving text { font: 12px var(--jp-ui-font-family, system-ui, sans-serif); fill: currentColor; }`;

// The frame of a picture: a place for columns of half its width. Keys stay inside: in a notebook Enter would edit the
// cell, Shift+Enter run it again, and arrows leave it.
const frame = (el) => {
  el.replaceChildren();
  const root = el.appendChild(document.createElement("div"));
  root.className = "lowlogit-moving";
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.addEventListener("keydown", (event) => event.stopPropagation());
  root.appendChild(document.createElement("style")).textContent = LOOK;
  return root;
};

const half = (root) => {
  const column = root.appendChild(document.createElement("div"));
  column.className = "half";
  return column;
};

// `instead` says what takes the focus where the button has made itself useless: on a disabled one keys are lost.
const button = (parent, label, action, instead = () => null) => {
  const element = parent.appendChild(document.createElement("button"));
  element.type = "button";
  element.textContent = label;
  element.addEventListener("click", () => {
    action(element);
    if (element.disabled) instead()?.focus({ preventScroll: true });
  });
  return element;
};

// From a place on the screen to the units of the picture's viewBox.
const placeIn = (svg, event) => {
  const box = svg.getBoundingClientRect();
  const { width, height } = svg.viewBox.baseVal;
  return [((event.clientX - box.left) * width) / box.width, ((event.clientY - box.top) * height) / box.height];
};

// Let a handle follow the pointer from where it was taken. `place` says where it stands in the viewBox, `move` puts it
// elsewhere, `done` is called when it is let go.
const letFollow = (svg, handle, { place, move, done }) => {
  let grabbed = [0, 0]; // from the handle's middle to where it was taken
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    grabbed = placeIn(svg, event).map((at, i) => at - place()[i]);
    event.preventDefault(); // no text is selected on the way
    handle.focus({ preventScroll: true });
  });
  handle.addEventListener("pointermove", (event) => {
    if (handle.hasPointerCapture(event.pointerId)) move(placeIn(svg, event).map((at, i) => at - grabbed[i]));
  });
  handle.addEventListener("lostpointercapture", done);
};
