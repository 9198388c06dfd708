// In place of a notebook: each picture that moves by itself gets its script and its state, and no Python.

const modelOf = (state) => {
  const listeners = new Map();
  const heard = (name) => listeners.get(name) ?? [];
  return {
    get: (name) => state[name],
    set: (name, value) => {
      if (state[name] === value) return;
      state[name] = value;
      heard(`change:${name}`).forEach((listener) => listener());
      heard("change").forEach((listener) => listener());
    },
    on: (names, listener) => names.split(" ").forEach((name) => listeners.set(name, [...heard(name), listener])),
    off: (names, listener) =>
      names.split(" ").forEach((name) => listeners.set(name, heard(name).filter((other) => other !== listener))),
    save_changes: () => {},
    send: () => {},
  };
};

const enliven = async (figure) => {
  const { script, state } = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const widget = (await import(address)).default;
  URL.revokeObjectURL(address);
  const { render } = typeof widget === "function" ? await widget() : widget;
  const place = figure.querySelector(".place");
  place.replaceChildren();
  await render({ model: modelOf(state), el: place });
};

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("figure.alive").forEach(enliven));
