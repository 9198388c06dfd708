// A place for a guess: what is typed is kept by the browser, so that it stands there when the notebook is opened again.

const shelf = (which) => `lowlogit_edu guess ${which}`;

// Where a browser keeps nothing (a private window may refuse), the guess lasts as long as the page.
const kept = (which) => {
  try {
    return localStorage.getItem(shelf(which)) ?? "";
  } catch {
    return "";
  }
};

const keep = (which, words) => {
  try {
    if (words) localStorage.setItem(shelf(which), words);
    else localStorage.removeItem(shelf(which));
    return true;
  } catch {
    return false;
  }
};

function render({ model, el }) {
  const which = model.get("which");
  const root = frame(el);
  const label = root.appendChild(document.createElement("label"));
  label.textContent = "Your guess ";
  label.style.cssText = "flex: 1 1 300px; max-width: 640px; font-weight: 600";
  const field = label.appendChild(document.createElement("textarea"));
  set(field, { rows: 2, placeholder: "Type it before you read on. Nobody judges it.", "aria-label": `Your guess, ${which}` });
  field.style.cssText = "display: block; width: 100%; box-sizing: border-box; margin-top: 4px; padding: 4px 8px; font: inherit; " +
    "font-weight: 400; color: inherit; background: transparent; border: 1px solid currentColor; border-radius: 3px";
  const note = line(label, "note", { role: "status" });
  note.style.cssText = "margin: 2px 0 0; font-weight: 400";

  const tell = () => {
    model.set("guess", field.value);
    model.save_changes();
  };
  field.value = model.get("guess") || kept(which);
  if (field.value) tell();
  // Shift+Enter is the way to the next cell everywhere else in a notebook, and Escape out of a cell.
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && !(event.key === "Enter" && event.shiftKey)) return;
    event.preventDefault();
    field.blur();
    el.closest(".jp-Notebook")?.focus();
  });
  field.addEventListener("input", () => {
    const lasts = keep(which, field.value);
    say(note, field.value && (lasts ? "Kept in this browser." : "Kept as long as this page is open."));
    tell();
  });
}

export default { render };
