// Play, stop and repeat, as those of ipywidgets look, with names that a screen reader speaks.

const NAMES = { play: "Play", pause: "Pause", stop: "Stop and go back", repeat: "Repeat" };

function button(parent, icon, press) {
  const made = document.createElement("button");
  made.className = "jupyter-button";
  made.style.cssText = "flex: 1 1 auto; min-width: 2.4em";
  const picture = document.createElement("i");
  picture.setAttribute("aria-hidden", "true");
  made.appendChild(picture);
  made.addEventListener("click", press);
  parent.appendChild(made);
  made.show = (shape, name) => {
    picture.className = `fa fa-${shape}`;
    made.title = name;
    made.setAttribute("aria-label", name);
  };
  made.show(icon, "");
  return made;
}

function render({ model, el }) {
  el.classList.add("jupyter-widgets", "widget-inline-hbox", "widget-play", "jupyter-widget-play");
  el.setAttribute("role", "group");
  let timer = null;
  let repeats = false;

  const moved = (name) => `${name}: ${model.get("moves")}`;
  function look() {
    play.show(timer === null ? "play" : "pause", moved(timer === null ? NAMES.play : NAMES.pause));
    stop.show("stop", moved(NAMES.stop));
    repeat.show("retweet", moved(NAMES.repeat));
    repeat.setAttribute("aria-pressed", String(repeats));
    repeat.classList.toggle("mod-active", repeats);
    el.setAttribute("aria-label", model.get("moves"));
  }
  function go(value) {
    model.set("value", value);
    model.save_changes();
  }
  function halt() {
    clearInterval(timer);
    timer = null;
    look();
  }
  function next() {
    const value = model.get("value") + model.get("step");
    if (value <= model.get("max")) go(value);
    else if (repeats) go(model.get("min"));
    else halt();
  }
  const play = button(el, "play", () => {
    if (timer !== null) return halt();
    if (model.get("value") + model.get("step") > model.get("max")) go(model.get("min"));
    timer = setInterval(next, model.get("interval"));
    look();
  });
  const stop = button(el, "stop", () => {
    halt();
    go(model.get("min"));
  });
  const repeat = button(el, "retweet", () => {
    repeats = !repeats;
    look();
  });
  // Numbers that were on their way to Python arrive there after those that it set: it is told when they are through.
  function halted() {
    halt();
    model.set("stopped", model.get("halted")[0]);
    model.save_changes();
  }
  look();
  model.on("change:moves", look);
  model.on("change:halted", halted);
  return () => {
    clearInterval(timer);
    model.off("change:moves", look);
    model.off("change:halted", halted);
  };
}

export default { render };
