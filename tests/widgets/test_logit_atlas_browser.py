"""The atlas in Chromium: moved by the keyboard, clicked, opened; what it says is what Python knows."""

import json
from pathlib import Path

import numpy as np
import pytest

from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.experiments import Answer, Frame, assemble
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles.exact import ExactOracle
from lowlogit_edu.widgets import logit_atlas
from lowlogit_edu.widgets.logit_atlas import LogitAtlas

pytestmark = pytest.mark.browser

SCRIPT = Path(logit_atlas.__file__).with_suffix(".js")
SYNCED = ("data", "colours", "frame", "text", "carried", "cell")
TEACHER = random_isan(alphabet_size=3, dimension=3, horizon=6, seed=0)
DARK = "background: #111; color: #eee; color-scheme: dark; --jp-layout-color1: #111"
# In place of a notebook: a model with the functions that a widget's script may call.
PAGE = """<!doctype html><meta charset="utf-8"><body style="%s"><div id="here"></div><script type="module">
%s
globalThis.state = %s;
globalThis.saved = 0;
const model = {
  get: (name) => state[name], set: (name, value) => { state[name] = value; },
  save_changes: () => { saved += 1; }, on: () => {}, off: () => {},
};
render({ model, el: document.getElementById("here") });
</script>"""


@pytest.fixture(scope="module")
def atlas():
    config = LearnerConfig(spanner_samples=60, validation_samples=30)
    made = LogitAtlas.of_run(ExactOracle(TEACHER), 6, config)
    yield made
    made.close()


@pytest.fixture(scope="module")
def wide():
    """Forty tokens: a block is one column."""
    logits = np.linspace(-1.5, 1.5, 40)
    since = np.zeros(40, dtype=int)
    answers = {(): Answer(logits, since, "by hand"), (7,): Answer(2 * logits, since, "by hand")}
    frames = [Frame("one", "One.", spanners=(((),), ((7,),)), paths=((np.ones(1), np.array([-0.5])),))]
    names = {token: f" t{token}" for token in range(40)}
    made = LogitAtlas(assemble(frames, answers, [[()], [(7,), (8,)]], [[(), (7,)], [()]], [(7, 1)], names))
    yield made
    made.close()


@pytest.fixture
def opened(chromium):
    """A function that opens a page with an atlas; whatever goes wrong on it fails the test."""
    contexts = []
    wrong = []

    def open_page(atlas, width=1000, look=""):
        state = {name: getattr(atlas, name) for name in SYNCED}
        script = SCRIPT.read_text(encoding="utf-8").replace("export default", "void").replace("export const", "const")
        context = chromium.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.set_content(PAGE % (look, script, json.dumps(state)))
        page.wait_for_selector(".cells rect")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def said(page, line):
    return page.locator(f".{line}").inner_text()


@pytest.mark.parametrize(("width", "look"), [(1000, ""), (420, DARK)], ids=["wide", "dark and narrow"])
def test_the_slider_moves_by_keyboard_and_the_words_are_pythons(opened, atlas, width, look):
    page = opened(atlas, width, look)
    slider = page.get_by_role("slider", name="Step of the run")
    slider.focus()
    for number in range(1, len(atlas.atlas.frames)):
        page.keyboard.press("ArrowRight")
        atlas.frame = number
        assert said(page, "now") == atlas.summary()
        assert slider.get_attribute("aria-valuetext") == f"step {number + 1}: {atlas.atlas.frames[number].title}"
        lit = page.locator(".lit").count()
        since = [np.array(cut["since"])[:, shown_columns(cut)] for cut in atlas.data["cuts"]]
        assert lit == sum(int((of_cut == number).sum()) for of_cut in since)
    atlas.frame = 0
    assert page.evaluate("state.frame") == len(atlas.atlas.frames) - 1 and page.evaluate("saved") > 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def shown_columns(cut):
    """Columns of a cut where carried ones are hidden."""
    return [3 * block + token for block, own in enumerate(cut["own"]) if own for token in range(3)]


def test_a_click_on_a_cell_says_its_history_its_future_and_its_value(opened, atlas):
    page = opened(atlas)
    last = len(atlas.atlas.frames) - 1
    page.evaluate("(frame) => { state.frame = frame; }", last)
    for s, row, token in ((0, 0, 1), (2, 1, 2), (4, 0, 0)):
        page.locator(f'[data-cell="{s},{row},{token}"]').click()
        panel = atlas.atlas.cuts[s]
        words = said(page, "chosen")
        history = " ".join(map(str, panel.histories[row]))
        assert words.startswith(f"Cut {s + 1}, " + (f"history {history}" if history else "the empty history"))
        assert f"no future, next token {token} (in F_{s + 1}): {panel.values[row, 0, token]:.3f} nats." in words
        assert f"Known since step {panel.since[row, 0, token] + 1} ({panel.purposes[row][0]})." in words
        assert ("(in the spanner)" in words) == (panel.histories[row] in atlas.atlas.frames[last].spanners[s])
        assert page.evaluate("state.cell") == [s, row, token]
    assert "The same answer stands at" in words  # a history of four tokens and no future: cut 1 to 4 may have it too


def test_what_is_not_known_says_so(opened, atlas):
    page = opened(atlas, 1000, "transform: translate(40px, 30px); width: 800px")  # as notebooks move their cells
    page.locator('[data-cell="1,0,0"]').hover()
    tip = page.locator(".tip").bounding_box()
    cell = page.locator('[data-cell="1,0,0"]').bounding_box()
    assert 0 < tip["x"] - cell["x"] < 40 and 0 < tip["y"] - cell["y"] < 60
    assert said(page, "tip") == "0 → 0: not known yet"
    page.locator('[data-cell="1,0,0"]').click()
    assert said(page, "chosen") == "Cut 2, history 0; no future, next token 0 (in F_2): not known yet."


def test_the_keyboard_does_all_that_the_mouse_does(opened, atlas):
    page = opened(atlas)
    page.evaluate("(frame) => { state.frame = frame; }", len(atlas.atlas.frames) - 1)
    page.locator("svg").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("state.cell") == [0, 0, 0]
    page.keyboard.press("ArrowDown")  # the only row
    assert page.evaluate("state.cell") == [0, 0, 0]
    columns = shown_columns(atlas.data["cuts"][0])
    for _ in columns:
        page.keyboard.press("ArrowRight")
    assert page.evaluate("state.cell") == [1, 0, 0]  # over the edge, into the next cut
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("state.cell") == [1, 1, 1]
    assert page.locator(".opened").is_hidden()
    page.keyboard.press("Enter")
    rows = page.locator(".opened tr")
    expected = atlas.atlas.cuts[1].values[1, 0]
    assert [row.inner_text().split() for row in rows.all()] == [[str(z), f"{x:.2f}"] for z, x in enumerate(expected)]
    page.keyboard.press("Escape")
    assert page.locator(".opened").is_hidden()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("state.cell") == [0, 0, columns[-1]]


def test_lines_are_the_coefficients_of_the_text_that_is_followed(opened, atlas):
    page = opened(atlas)
    page.evaluate("(frame) => { state.frame = frame; }", len(atlas.atlas.frames) - 1)
    for text in (0, 1):
        page.get_by_role("combobox", name="Text followed").select_option(str(text))
        path = atlas.atlas.frames[-1].paths[text]
        expected = []
        for s in range(len(path) - 1):
            for side in (s, s + 1):
                expected += [(s, round(float(c), 3)) for c in path[side] if round(float(c), 3)]
        lines = page.locator("[data-line]")
        told = [each.get_attribute("data-line").split(",") for each in lines.all()]
        assert sorted((int(s), float(c)) for s, _, c in told) == sorted(expected)
        largest = max(abs(c) for _, c in expected)
        for line, (_, _, c) in zip(lines.all(), told, strict=True):
            assert line.get_attribute("stroke") == atlas.colours["blue" if float(c) > 0 else "orange"]
            width = max(0.8, 7 * abs(float(c)) / max(1, largest))
            assert float(line.get_attribute("stroke-width")) == pytest.approx(width, abs=0.01)
        assert f"Text followed: {' '.join(map(str, atlas.atlas.texts[text]))}." in said(page, "path")
        assert f"{path[1].max():.2f} of" in said(page, "path")


def test_the_witness_is_framed_in_the_step_that_finds_it(opened, atlas):
    number = max(i for i, frame in enumerate(atlas.atlas.frames) if frame.witnesses)
    page = opened(atlas, 420)
    assert page.locator(".witness").count() == 0
    slider = page.get_by_role("slider", name="Step of the run")
    slider.focus()
    for _ in range(number):
        page.keyboard.press("ArrowRight")
    assert page.locator(".witness").count() == 1
    ((cut, word),) = atlas.atlas.frames[number].witnesses
    s = cut - 1
    column = 3 * atlas.atlas.cuts[s].blocks.index(word[:-1]) + word[-1]
    cell = page.locator(f'[data-cell="{s},0,{column}"]').bounding_box()
    frame = page.locator(".witness").bounding_box()
    assert frame["x"] < cell["x"] + cell["width"] / 2 < frame["x"] + frame["width"]
    view = page.locator(".scroll").bounding_box()
    assert view["x"] <= frame["x"] and frame["x"] + frame["width"] <= view["x"] + view["width"]  # scrolled to it
    page.locator(f'[data-cell="{s},0,{column}"]').click()
    assert f"(in F_{s + 1}, the witness)" in said(page, "chosen")


def test_carried_columns_are_shown_where_they_are_wanted(opened, atlas):
    page = opened(atlas)
    few = page.locator("[data-cell]").count()
    page.get_by_role("checkbox", name="Columns carried to the next cut, too").check()
    assert page.locator("[data-cell]").count() == atlas.atlas.cells > few and page.evaluate("state.carried") is True
    page.locator('[data-cell="0,0,3"]').click()
    assert "future 0, next token 0" in said(page, "chosen")


def test_play_goes_from_step_to_step_and_pauses(opened, atlas):
    page = opened(atlas)
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("state.frame === 1")
    page.get_by_role("button", name="Pause").click()
    assert page.evaluate("state.frame") == 1 and page.get_by_role("button", name="Play").count() == 1


def test_a_block_of_a_wide_alphabet_opens_its_largest_logits(opened, wide):
    page = opened(wide, 420)
    page.locator('[data-cell="0,0,1"]').click()
    size = float(np.sqrt((wide.atlas.cuts[0].values[0, 1] ** 2).mean()))
    assert f'future " t7": logits of {size:.2f} nats (root mean square)' in said(page, "chosen")
    assert 'After " t7", the 8 largest logits of 40' in said(page, "opened")
    first = page.locator(".opened tr").first.inner_text().split("\t")
    assert first[0] == '" t39"' and first[1].strip() == "3.00"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
