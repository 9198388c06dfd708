// The page: what is shown and pressed. The model itself is in model.js, typed text becomes tokens in bpe.js.
"use strict";

const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent); // written by story_page.py
const model = new Model(unpack($("weights").textContent, data.layout));
const typing = data.words?.typing ? new Bpe(data.words.typing) : null;
const calm = matchMedia("(prefers-reduced-motion: reduce)"); // then a story appears at once
const PACE = 90; // milliseconds between tokens
const SHOWN = 10; // tokens of the list of what comes next

// The story so far. `states` has one state more than there are tokens: the one before the first of them.
const story = { tokens: [], states: [], given: 0, until: 0, beginning: "", seed: 1, random: null, timer: 0, chosen: false };

// Words of tokens

const bytesOf = (token) => Uint8Array.from(data.words.bytes[token] ?? "", (character) => character.charCodeAt(0));

// The pieces of text that tokens add one after the other; a letter of several bytes comes with the last of them.
function pieces(tokens) {
  const decoder = new TextDecoder();
  return tokens.map((token) => decoder.decode(bytesOf(token), { stream: true }));
}

function textOf(tokens) {
  return data.words ? pieces(tokens).join("") : tokens.join(" ");
}

// One token for the list, with its spaces to be seen.
function label(token) {
  if (!data.words) return String(token);
  if (token === data.words.end) return "(the end)";
  const text = new TextDecoder().decode(bytesOf(token));
  if (!text || text.includes("\ufffd")) return "byte " + Array.from(bytesOf(token), (byte) => byte.toString(16)).join(" ");
  return text.replaceAll(" ", "␣").replaceAll("\n", "↵").replaceAll("\t", "⇥");
}

// The same for a screen reader.
const spoken = (token) => label(token).replaceAll("␣", " space ").replaceAll("↵", " new line ").replaceAll("⇥", " tab ").trim();

// Telling

const temperature = () => Number($("temperature").value);
const state = () => story.states.at(-1);
const finished = (tokens) => data.words?.end != null && tokens.at(-1) === data.words.end;
const over = () => finished(story.tokens) || story.tokens.length >= story.until;

function append(token) {
  story.tokens.push(token);
  story.states.push(model.after(state(), token));
}

function drawNext() {
  append(draw(softmax(model.logits(state()), temperature()), story.random));
}

// A new story of this seed, up to the end of what is given.
function begin(seed) {
  const beginning = $("beginning").value;
  const given = typing ? typing.encode(beginning) : data.beginning;
  Object.assign(story, { tokens: [], states: [model.initial_state], beginning, seed, chosen: false });
  story.random = randomNumbers(seed);
  story.until = Math.max(Number($("length").value), given.length + 1);
  given.forEach(append);
  story.given = story.tokens.length;
}

function tell(seed) {
  stop();
  begin(seed);
  play();
}

// Writes on by itself, a token at a time.
function play() {
  if (calm.matches) while (!over()) drawNext();
  if (over()) return stop();
  story.timer = setTimeout(() => { drawNext(); play(); }, PACE);
  show();
}

function stop() {
  clearTimeout(story.timer);
  story.timer = 0;
  if (story.states.length) show();
  if (story.tokens.length && over()) $("said").textContent = "The story: " + textOf(story.tokens);
}

function byHand(token) {
  stop();
  story.chosen = true; // its seed alone does not tell this story again
  append(token);
  show();
  $("said").textContent = over() ? "The story: " + textOf(story.tokens) : spoken(token);
}

// Showing

function show() {
  showStory();
  showMemory();
  showNext();
  const count = `${story.tokens.length} ${story.tokens.length === 1 ? "token" : "tokens"}, seed ${story.seed}.`;
  $("where").textContent = story.chosen ? count + " You had a hand in it." : count;
  $("link").hidden = story.chosen;
  $("link").href = address();
  $("pause").textContent = story.timer ? "Pause" : "Write on";
  $("pause").disabled = finished(story.tokens);
  $("step").disabled = finished(story.tokens);
  $("back").disabled = story.tokens.length === 0;
}

function span(text, kind) {
  const element = document.createElement("span");
  element.className = kind;
  element.textContent = text;
  return element;
}

function showStory() {
  const written = finished(story.tokens) ? story.tokens.slice(0, -1) : story.tokens;
  const texts = data.words ? pieces(written) : written.map(String);
  const newest = story.tokens.length - 1;
  const parts = texts.map((text, i) => {
    const kind = i === newest && !over() ? "fresh" : i < story.given ? "given" : "";
    if (!data.words) return span(text, `number ${kind}`);
    return kind ? span(text, kind) : text;
  });
  if (finished(story.tokens)) parts.push(span("  The end.", "over"));
  else if (over()) parts.push(span(` … (${story.tokens.length} tokens)`, "over"));
  $("story").replaceChildren(...parts);
}

const short = (number) => number.toFixed(2).replace(/^-(?=.*[1-9])/, "−").replace("-", "");

function showMemory() {
  const now = state();
  const before = story.states.at(-2) ?? now;
  let moved = 0;
  for (let i = 0; i < model.carried; i++) {
    if (Math.abs(now[i] - before[i]) > Math.abs(now[moved] - before[moved])) moved = i;
    const bar = $("bars").children[i];
    bar.className = "bar " + (data.still.includes(i) ? "still up" : now[i] < 0 ? "down" : "up");
    bar.firstChild.style.transform = `scaleY(${Math.min(1, Math.abs(now[i]) / data.reach)})`;
  }
  const news = `Number ${moved + 1} moved most, from ${short(before[moved])} to ${short(now[moved])}.`;
  $("bars-words").textContent = `The ${model.carried} numbers, a bar for each. ` + (story.tokens.length ? news : "");
  if ($("numbers").open) $("digits").textContent = Array.from(now.slice(0, model.carried), (number) => short(number).padStart(5)).join("  ");
}

function showNext() {
  const probabilities = softmax(model.logits(state()), temperature());
  const order = Array.from(probabilities.keys()).sort((a, b) => probabilities[b] - probabilities[a]);
  let rest = 1;
  $("next").querySelectorAll("button").forEach((button, place) => {
    const token = order[place];
    const share = probabilities[token];
    rest -= share;
    const [name, meter, percent] = button.children;
    name.textContent = label(token);
    meter.firstChild.style.transform = `scaleX(${share})`;
    percent.textContent = `${(100 * share).toFixed(1)} %`;
    button.value = token;
    button.ariaLabel = `${spoken(token)}, ${percent.textContent}`;
    button.disabled = finished(story.tokens);
  });
  const others = model.alphabet - $("next").children.length;
  $("others").textContent = others > 0 ? `All ${others.toLocaleString("en")} others together: ${(100 * Math.max(0, rest)).toFixed(1)} %.` : "";
}

// The same beginning, told by each; the model's own story is told here and now.
function showTales(number) {
  const random = randomNumbers(number);
  const own = [...data.beginning];
  let now = own.reduce((before, token) => model.after(before, token), model.initial_state);
  while (own.length < data.length && !finished(own)) {
    own.push(draw(softmax(model.logits(now), 1), random));
    now = model.after(now, own.at(-1));
  }
  const tales = $("tales").children;
  data.tales.forEach(({ texts }, i) => {
    const tokens = texts ? texts[number % texts.length] : own;
    const end = tokens.indexOf(data.words?.end ?? -1);
    const text = textOf(end < 0 ? tokens : tokens.slice(0, end));
    tales[i].querySelector(".tale").textContent = text + (end < 0 ? " …" : "");
  });
}

// The address: #seed=7&temperature=0.8&begin=One day&length=64 tells one story, the same each time.

function address() {
  const parts = { seed: story.seed, temperature: $("temperature").value, length: $("length").value };
  if (typing) parts.begin = story.beginning;
  return "#" + new URLSearchParams(parts);
}

function followAddress() {
  const parts = new URLSearchParams(location.hash.slice(1));
  $("temperature").value = parts.get("temperature") ?? 1;
  $("beginning").value = parts.get("begin") ?? data.begin;
  const lengths = Array.from($("length").options, (option) => option.value);
  $("length").value = lengths.includes(parts.get("length")) ? parts.get("length") : data.length;
  $("warmth").textContent = warmth();
  tell(Number(parts.get("seed")) || newSeed());
}

const newSeed = () => 1 + Math.floor(Math.random() * 999999);

function warmth() {
  const value = temperature();
  const words = value === 0 ? "the likeliest" : value < 0.8 ? "careful" : value <= 1.2 ? "as learned" : "wild";
  return `${value.toFixed(1)}, ${words}`;
}

// The page comes to life

function build() {
  $("bars").style.setProperty("--across", Math.min(model.carried, 64));
  $("bars").style.setProperty("--few", Math.min(model.carried, model.carried > 64 ? 32 : 64));
  $("bars").classList.toggle("rows", model.carried > 64);
  for (let i = 0; i < model.carried; i++) $("bars").append(element("div", element("i")));
  for (let i = 0; i < Math.min(SHOWN, model.alphabet); i++) {
    const meter = element("span", element("i"));
    meter.className = "meter";
    const button = element("button", span("", "token"), meter, span("", "percent"));
    button.type = "button";
    $("next").append(element("li", button));
  }
  for (const { name, about, texts } of data.tales) {
    const tale = element("article", element("h3", name), element("p", about), element("p"));
    tale.classList.toggle("own", !texts);
    tale.children[1].className = "small";
    tale.children[2].className = "tale";
    $("tales").append(tale);
  }
  for (const length of data.lengths) $("length").append(new Option(`${length} tokens`, length));
  $("untyped").textContent = data.untyped;
  $("untyped").hidden = Boolean(typing);
  $("settings").querySelector(".beginning").hidden = !typing;
  $("code").textContent = $("model-code").textContent.trim();
}

function element(kind, ...inside) {
  const made = document.createElement(kind);
  made.append(...inside);
  return made;
}

build();
let tales = 1;
showTales(tales);
$("another").onclick = () => tell(newSeed());
$("pause").onclick = () => {
  if (story.timer) return stop();
  if (over()) story.until += Number($("length").value); // written on beyond its length
  play();
};
$("step").onclick = () => { stop(); drawNext(); show(); $("said").textContent = spoken(story.tokens.at(-1)); };
$("back").onclick = () => {
  stop();
  story.tokens.pop();
  story.states.pop();
  story.given = Math.min(story.given, story.tokens.length);
  story.chosen = true;
  show();
};
$("next").onclick = (event) => {
  const button = event.target.closest("button");
  if (button) byHand(Number(button.value));
};
$("others-tales").onclick = () => showTales(++tales);
$("temperature").oninput = () => {
  $("warmth").textContent = warmth();
  story.chosen ||= story.tokens.length > story.given;
  show();
};
$("length").onchange = () => {
  story.until = Math.max(story.tokens.length, Number($("length").value));
  show();
};
$("settings").onsubmit = (event) => { event.preventDefault(); tell(newSeed()); };
$("numbers").ontoggle = showMemory;
addEventListener("hashchange", followAddress);
followAddress();
