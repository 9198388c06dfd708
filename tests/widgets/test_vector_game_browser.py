"""The game with the elliptical potential in Chromium: dragged, moved by keys, counted as Python counts."""

import json

import numpy as np
import pytest

from lowlogit_edu.experiments.arrivals import follow_arrivals
from lowlogit_edu.widgets.moving import script
from lowlogit_edu.widgets.vector_game import VectorGame

pytestmark = pytest.mark.browser

SYNCED = ("radius", "regularization", "threshold", "most", "adversary", "limit", "colours", "vectors", "next")
# In place of a notebook: a model with the functions that a widget's script may call.
PAGE = """<!doctype html><meta charset="utf-8"><div id="here"></div><script type="module">
%s
globalThis.state = %s;
globalThis.saved = 0;
const model = {
  get: (name) => state[name], set: (name, value) => { state[name] = value; },
  save_changes: () => { saved += 1; }, on: () => {}, off: () => {},
};
globalThis.surprises = surprises;
render({ model, el: document.getElementById("here") });
</script>"""


@pytest.fixture
def page(chromium, request):
    """A page with a game, as wide as asked; whatever goes wrong on it fails the test."""
    game = VectorGame()
    state = {name: getattr(game, name) for name in SYNCED}
    code = script("vector_game").replace("export default", "void").replace("export const", "const")
    context = chromium.new_context(viewport={"width": getattr(request, "param", 1000), "height": 900})
    opened = context.new_page()
    wrong = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text))
    opened.set_content(PAGE % (code, json.dumps(state)))
    opened.wait_for_selector(".handle")
    yield opened
    context.close()
    game.close()
    assert wrong == []


def middle(page):
    box = page.locator(".handle").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_surprises_are_those_of_python(page):
    vectors = np.random.default_rng(0).uniform(-0.7, 0.7, size=(40, 2))
    found = page.evaluate("(vectors) => surprises(vectors, 0.1)", vectors.tolist())
    np.testing.assert_allclose(found, follow_arrivals(vectors, 0.1).surprises, rtol=1e-9)


@pytest.mark.parametrize("page", [1000, 390], indirect=True)
def test_a_vector_is_dragged_within_the_circle_and_added(page):
    x, y = middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 5, y - 10, steps=4)
    assert middle(page) == pytest.approx((x + 5, y - 10), abs=1)
    page.mouse.move(x + 2000, y, steps=4)  # far beyond the longest vector
    page.mouse.up()
    assert np.hypot(*page.evaluate("state.next")) == pytest.approx(1.0)
    page.get_by_role("button", name="Add it").click()
    assert page.evaluate("state.vectors") == [page.evaluate("state.next")]
    assert page.locator(".score").inner_text() == "1 surprise by 1 of 60 vectors."
    page.get_by_role("button", name="What others get").click()
    assert "adversary gets 16; nobody can get more than 23" in page.locator(".score").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_is_a_hair_too_little_is_not_told_as_enough(page):
    page.evaluate("state.next = [Math.sqrt(0.04999), 0]")
    page.get_by_role("button", name="Start again").click()
    assert page.locator(".big").inner_text() == "Surprise 0.499: too little"


def test_a_grip_beside_the_middle_does_not_jump(page):
    x, y = middle(page)
    page.mouse.move(x + 6, y + 4)
    page.mouse.down()
    page.mouse.move(x + 7, y + 4)
    page.mouse.up()
    assert middle(page) == pytest.approx((x + 1, y), abs=0.5)


def test_the_keyboard_does_all_that_the_mouse_does(page):
    page.locator(".handle").focus()
    before = page.evaluate("state.next")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowUp")
    assert page.evaluate("state.next") == pytest.approx([before[0] - 0.02, before[1] + 0.1])
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert len(page.evaluate("state.vectors")) == 2 and page.evaluate("saved") == 4
    value = page.locator(".handle").get_attribute("aria-valuetext")
    expected = follow_arrivals(np.array(3 * [page.evaluate("state.next")]), 0.1).surprises[-1]
    assert value.endswith(f"surprises by {expected:.2f}")
    page.get_by_role("button", name="Take the last back").click()
    page.keyboard.press("ArrowLeft")  # the button gives the focus back to the vector
    assert page.evaluate("state.next")[0] == pytest.approx(before[0] - 0.04)
    assert len(page.evaluate("state.vectors")) == 1
    page.get_by_role("button", name="Start again").click()
    assert page.evaluate("state.vectors") == [] and page.get_by_role("button", name="Take the last back").is_disabled()
