"""A picture that answers under the mouse, on a page of its own in Chromium: no notebook, no kernel."""

import json
from contextlib import contextmanager

# In place of a notebook: a model with the functions that a widget's script may call.
PAGE = """<!doctype html><meta charset="utf-8"><style>%s</style><div id="here"></div><script type="module">
%s
globalThis.state = %s;
globalThis.saved = 0;
const model = {
  get: (name) => state[name], set: (name, value) => { state[name] = value; },
  save_changes: () => { saved += 1; }, on: () => {}, off: () => {},
};
Object.assign(globalThis, { model, render, %s });
render({ model, el: document.getElementById("here") });
</script>"""
DARK = "body { background: #111; color: #ddd }"
# Moves a handle; for each move the milliseconds until its handler is done, and until the picture is painted.
DRAG = """async ({ index, steps }) => {
  const handle = document.querySelectorAll(".handle")[index];
  const box = handle.querySelector(".ring").getBoundingClientRect();
  const middle = [box.x + box.width / 2, box.y + box.height / 2];
  handle.setPointerCapture = () => {};
  handle.hasPointerCapture = () => true;
  const tell = (kind, clientX, clientY) =>
    handle.dispatchEvent(new PointerEvent(kind, { clientX, clientY, pointerId: 1, bubbles: true }));
  // A message posted in a frame arrives when the frame has been painted.
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  tell("pointerdown", ...middle);
  const took = [];
  for (let i = 1; i <= steps; i += 1) {
    const begin = performance.now();
    tell("pointermove", middle[0] + 20 * Math.sin(i / 3), middle[1] + 20 * Math.cos(i / 3));
    const handled = performance.now() - begin;
    await painted();
    took.push([handled, performance.now() - begin]);
  }
  return took;
}"""


def synced_state(widget):
    """What the browser gets to know of a widget."""
    names = [name for name in widget.traits(sync=True) if not name.startswith("_")]
    return {name: getattr(widget, name) for name in names if name not in ("layout", "tabbable", "tooltip", "comm")}


@contextmanager
def shown(chromium, widget, exported=(), *, width=1000, dark=False, waited_for=".handle"):
    """The page with the widget; whatever goes wrong on it fails the test.

    The names of `exported`, from the widget's script, can be called on the page.
    """
    script = str(widget._esm).replace("export default", "void").replace("export const", "const")
    context = chromium.new_context(viewport={"width": width, "height": 900})
    opened = context.new_page()
    wrong = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text))
    look = DARK if dark else ""
    page = PAGE % (look, script, json.dumps(synced_state(widget)), ", ".join(exported))
    # An address, so that the browser keeps for the page what it keeps for pages of sites.
    opened.route("**/*", lambda route: route.fulfill(body=page, content_type="text/html"))
    opened.goto("http://course.test/")
    opened.wait_for_selector(waited_for)
    yield opened
    context.close()
    assert wrong == []


def middle_of(handle):
    """Where the middle of a handle is on the screen."""
    box = handle.locator(".ring").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, handle, across, down):
    """Take a handle and put it down elsewhere, with the mouse."""
    x, y = middle_of(handle)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across, y + down, steps=4)
    page.mouse.up()
