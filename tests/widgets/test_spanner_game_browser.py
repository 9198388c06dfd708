"""The game with a spanner in Chromium: dragged, swapped by keys, counted as Python counts."""

from statistics import median

import numpy as np
import pytest
from moving_page import DRAG, drag, middle_of, shown

from lowlogit_edu.widgets.spanner_game import SpannerGame

pytestmark = pytest.mark.browser

EXPORTED = ("judge", "largestPair", "byRule")
FRAME = 30  # ms from a moved pointer to the new picture; one frame alone takes 17


@pytest.fixture
def page(chromium, request):
    game = SpannerGame()
    with shown(chromium, game, EXPORTED, **getattr(request, "param", {})) as opened:
        yield opened
    game.close()


def row(page, number):
    return page.locator(".handle").nth(number - 1)


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def test_the_numbers_are_those_of_python(page):
    rng = np.random.default_rng(0)
    for bound in (1.0, 2.0):
        rows = rng.uniform(-3, 3, size=(12, 2)).round(2)
        game = SpannerGame(rows.tolist(), (3, 7), bound)
        found = page.evaluate("([rows, pair, bound]) => judge(rows, pair, bound)", [rows.tolist(), [3, 7], bound])
        np.testing.assert_allclose(found["coefficients"], game.coefficients, atol=1e-9)
        np.testing.assert_allclose(found["after"], game.board.after(), atol=1e-9)
        assert found["area"] == pytest.approx(game.area) and found["outside"] == game.outside.tolist()
        largest = page.evaluate("(rows) => largestPair(rows).pair", rows.tolist())
        assert tuple(largest) == game.board.largest_pair()
        game.close()


@pytest.mark.parametrize("page", [{}, {"width": 420, "dark": True}], indirect=True)
def test_a_row_is_dragged_and_swapped_in(page):
    drag(page, row(page, 9), 0, -60)
    x, y = page.evaluate("state.rows[8]")
    assert x == pytest.approx(-0.6) and 1.5 < y < 2.0 and page.evaluate("state.proposed") == 8
    area = abs(0.7 * y + 0.3 * x)
    words = page.locator(".four").inner_text()
    assert f"in place of row 4 the area is {area:.2f}, {area / 0.25:.2f} times as much: the rule allows it" in words
    press(page, "Put it in place of row 4")
    assert page.evaluate("state.pairs") == [[0, 3], [0, 8]]
    assert page.locator(".big").inner_text().startswith(f"The two span an area of {area:.2f}.")
    assert page.locator(".score").inner_text().startswith("1 swap, 1 by the rule.")
    drag(page, row(page, 2), 5, 5)
    assert page.evaluate("state.pairs") == [[0, 8]]  # other rows: the count begins anew
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_swapping_the_worst_ends_and_the_largest_area_is_told_when_asked(page):
    for _ in range(2):
        press(page, "Swap the worst")
    assert page.get_by_role("button", name="Swap the worst").is_disabled()
    # Keys would be lost on a disabled button: the focus goes to the row that came in.
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Row 5 at")
    score = page.locator(".score")
    assert score.inner_text() == "2 swaps, 2 by the rule. No swap is allowed any more: the loop has ended."
    assert "2.99" not in page.locator("body").inner_text()
    assert page.get_by_text("dotted: 2 times the last area, 5.34", exact=True).count() == 1
    press(page, "The largest area of all")
    assert "row 3 and row 6" in score.inner_text() and "2.99" in page.locator("body").inner_text()
    press(page, "C = 1")
    press(page, "Swap the worst")
    assert page.evaluate("state.pairs.at(-1)") == [4, 6]
    press(page, "Take the last swap back")
    press(page, "C = 1")
    press(page, "The largest area of all")
    press(page, "Start again")
    assert "largest area of all is" not in page.locator(".score").inner_text()
    assert page.get_by_role("button", name="C = 1").get_attribute("aria-pressed") == "true"
    press(page, "C = 2")
    assert page.evaluate("[state.pairs, state.bound]") == [[[0, 3]], 2]


def test_a_swap_that_the_rule_forbids_is_not_counted_as_one_of_its(page):
    row(page, 2).focus()
    assert "in place of row 1 the area is 0.37, 1.48 times as much: the rule does not allow it" in page.inner_text(
        ".four"
    )
    press(page, "Put it in place of row 1")
    assert page.locator(".score").inner_text().startswith("1 swap, 0 by the rule.")


def test_the_keyboard_does_all_that_the_mouse_does(page):
    row(page, 5).focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowUp")
    assert page.evaluate("state.rows[4]") == pytest.approx([-2.5, 1.2])
    for _ in range(9):
        page.keyboard.press("Shift+ArrowLeft")
    assert page.evaluate("state.rows[4]") == pytest.approx([-3, 1.2])  # no farther
    page.keyboard.press("Enter")
    assert page.evaluate("state.pairs") == [[0, 3], [4, 3]]  # where the area is larger: 1.02, not 0.06
    assert row(page, 5).get_attribute("aria-pressed") == "true"
    name = row(page, 5).get_attribute("aria-label")
    assert name == "Row 5 at (-3.00, 1.20), one of the two that span: arrow keys move it, Enter swaps it in"
    page.keyboard.press("Enter")  # it is in already
    assert len(page.evaluate("state.pairs")) == 2 and page.evaluate("saved") >= 3


def test_rows_on_one_line_are_told_in_words(page):
    press(page, "Put all on one line")
    assert page.locator(".big").inner_text().startswith("All rows are on one line: no two of them span an area")
    row(page, 6).focus()
    page.keyboard.press("ArrowUp")
    assert "span no area. 1 row off that line is no combination of them" in page.locator(".big").inner_text()
    press(page, "Swap the worst")
    assert "span an area of" in page.locator(".big").inner_text()
    assert page.locator(".score").inner_text().startswith("1 swap, 1 by the rule.")
    assert "NaN" not in page.content() and "Infinity" not in page.content()


def test_a_finger_moves_a_row_as_a_mouse_does(page):
    x, y = middle_of(row(page, 7))
    before = page.evaluate("state.rows[6]")
    finger = page.context.new_cdp_session(page)
    touch = {"touchPoints": [{"x": x, "y": y}]}
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", **touch})
    moved = {"touchPoints": [{"x": x - 30, "y": y + 20}]}
    finger.send("Input.dispatchTouchEvent", {"type": "touchMove", **moved})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    after = page.evaluate("state.rows[6]")
    assert after[0] < before[0] - 0.3 and after[1] < before[1] - 0.2


def test_the_picture_follows_within_a_frame(page):
    took = np.array(page.evaluate(DRAG, {"index": 6, "steps": 60}))
    assert median(took[:, 0]) < 10 and median(took[:, 1]) < FRAME, took.round(1)
