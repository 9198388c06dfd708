"""Play, stop and repeat in Chromium: named, pressed by mouse and keys, and moved as Python asks."""

import json
from pathlib import Path

import pytest

from lowlogit_edu.widgets import explorer

pytestmark = pytest.mark.browser

SCRIPT = Path(explorer.__file__).with_name("player.js")
STATE = {"value": 1, "min": 0, "max": 3, "step": 1, "interval": 30, "moves": "Exponent n"}
# In place of a notebook: a model with the functions that a widget's script may call.
PAGE = """<!doctype html><meta charset="utf-8"><div id="here"></div><script type="module">
%s
globalThis.state = %s;
globalThis.listeners = {};
const model = {
  get: (name) => state[name], set: (name, value) => { state[name] = value; if (name === "value") seen.push(value); },
  save_changes: () => {}, on: (name, heard) => { listeners[name] = heard; }, off: () => {},
};
globalThis.seen = [];
render({ model, el: document.getElementById("here") });
</script>"""


@pytest.fixture
def page(chromium):
    """A page with a player; whatever goes wrong on it fails the test."""
    opened = chromium.new_page()
    wrong = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    script = SCRIPT.read_text(encoding="utf-8").replace("export default", "void")
    opened.set_content(PAGE % (script, json.dumps(STATE)))
    yield opened
    opened.close()
    assert wrong == []


def button(page, name):
    return page.get_by_role("button", name=f"{name}: Exponent n", exact=True)


def test_each_button_has_a_name_and_a_tooltip(page):
    names = [f"{name}: Exponent n" for name in ("Play", "Stop and go back", "Repeat")]
    found = page.get_by_role("button").all()
    assert [one.get_attribute("aria-label") for one in found] == names
    assert [one.get_attribute("title") for one in found] == names
    assert button(page, "Repeat").get_attribute("aria-pressed") == "false"


def test_play_goes_to_the_end_and_is_called_pause_meanwhile(page):
    button(page, "Play").click()
    button(page, "Pause").wait_for()
    button(page, "Play").wait_for()  # it ended
    assert page.evaluate("seen") == [2, 3]


def test_played_again_from_the_end_it_begins_anew_and_stop_goes_back(page):
    page.evaluate("state.value = 3")
    button(page, "Play").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("seen.length >= 2")
    button(page, "Stop and go back").click()
    seen = page.evaluate("seen")
    assert seen[:2] == [0, 1] and seen[-1] == 0
    page.wait_for_timeout(150)
    assert page.evaluate("seen") == seen


def test_repeat_goes_on_from_the_least(page):
    button(page, "Repeat").click()
    assert button(page, "Repeat").get_attribute("aria-pressed") == "true"
    button(page, "Play").click()
    page.wait_for_function("seen.length >= 4")
    button(page, "Pause").click()
    assert page.evaluate("seen.slice(0, 4)") == [2, 3, 0, 1]


def test_python_halts_it_and_is_told_when_all_numbers_are_through(page):
    button(page, "Repeat").click()
    button(page, "Play").click()
    page.wait_for_function("seen.length >= 2")
    page.evaluate("state.halted = [1, 0]; listeners['change:halted']()")
    seen = page.evaluate("seen")
    assert page.evaluate("state.stopped") == 1
    page.wait_for_timeout(150)
    assert page.evaluate("seen") == seen and button(page, "Play").is_visible()
