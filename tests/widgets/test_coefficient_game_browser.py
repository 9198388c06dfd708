"""The game with the linear program in Chromium: dragged, moved by keys, followed as Python follows."""

from statistics import median

import numpy as np
import pytest
from moving_page import DRAG, drag, middle_of, shown

from lowlogit_edu.widgets.coefficient_game import CoefficientGame

pytestmark = pytest.mark.browser

EXPORTED = ("follow", "greedy")
FRAME = 30  # ms from a moved pointer to the new picture; one frame alone takes 17


@pytest.fixture
def page(chromium, request):
    game = CoefficientGame()
    with shown(chromium, game, EXPORTED, **getattr(request, "param", {})) as opened:
        yield opened
    game.close()


def circle(page, cut):
    return page.locator(".handle").nth(cut - 6)


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def value(page, cut):
    return float(circle(page, cut).get_attribute("aria-valuenow"))


@pytest.mark.parametrize("bound", [1.0, 2.0, 3.0])
def test_paths_are_those_of_python(page, bound):
    game = CoefficientGame(bound=bound)
    rng = np.random.default_rng(0)
    for _ in range(20):
        chosen = [None if rng.random() < 0.3 else float(each) for each in rng.uniform(-bound, bound, size=8)]
        found = page.evaluate("([program, chosen]) => follow(program, chosen)", [game.program, chosen])
        wanted = game.by_hand.follow(chosen)
        cuts = np.array([[cut["value"], cut["other"], cut["other"]] for cut in found["cuts"]])
        np.testing.assert_allclose(cuts, wanted.coefficients, atol=1e-9)
        np.testing.assert_allclose([[cut["low"], cut["high"]] for cut in found["cuts"]], wanted.rooms, atol=1e-9)
        np.testing.assert_allclose(found["logits"], wanted.logits, atol=1e-9)
        assert found["cost"] == pytest.approx(wanted.cost, abs=1e-9)
        game.chosen = tuple(chosen)
        game.held = int(rng.integers(8))
        crosses = page.evaluate("(given) => greedy(...given)", [game.program, found["logits"], game.held])
        np.testing.assert_allclose(crosses, game.greedy, atol=1e-9)
    game.close()


@pytest.mark.parametrize("page", [{}, {"width": 420, "dark": True}], indirect=True)
def test_a_coefficient_is_dragged_within_its_room_and_the_error_travels(page):
    drag(page, circle(page, 7), 0, 20)
    assert page.evaluate("state.held") == 1
    chosen = page.evaluate("state.chosen[1]")
    assert 0.2 < chosen < 0.8 and value(page, 7) == pytest.approx(chosen, abs=1e-3)
    later = 2 - chosen
    assert page.locator(".words").inner_text() == (
        f"At cut 7 the coefficient of L is {chosen:.2f}; the program allows -0.06 to 2.00. The logit at this cut is "
        f"1.00, as its equation says; at cut 8 it is {later:.2f}, at the next token {later:.2f}. Greedy from here on "
        f"ends at {later * (4 / 3) ** 6:.2f}."
    )
    assert page.locator(".big").inner_text() == f"The next token's logit is {later:.2f}; 1 is right."
    drag(page, circle(page, 7), 0, 300)  # far below the room
    assert page.evaluate("state.chosen[1]") == pytest.approx(-0.0625)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_grip_beside_the_middle_does_not_jump(page):
    x, y = middle_of(circle(page, 8))
    page.mouse.move(x + 4, y + 4)
    page.mouse.down()
    page.mouse.move(x + 4, y + 5)
    page.mouse.up()
    assert middle_of(circle(page, 8)) == pytest.approx((x, y + 1), abs=0.5)


def test_the_keyboard_does_all_that_the_mouse_does(page):
    circle(page, 6).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowLeft")
    assert page.evaluate("state.chosen[0]") == pytest.approx(0.7) and page.evaluate("saved") >= 2
    page.keyboard.press("Home")
    assert page.evaluate("state.chosen[0]") == pytest.approx(-0.03125)
    page.keyboard.press("End")
    assert page.evaluate("state.chosen[0]") == pytest.approx(2)
    assert circle(page, 6).get_attribute("aria-valuetext") == "2.00, chosen; from -0.03 to 2.00"
    page.keyboard.press("Delete")
    assert page.evaluate("state.chosen[0]") is None and value(page, 6) == 1
    page.keyboard.press("ArrowUp")
    press(page, "Let this one go")  # disabled now, so it gives the focus back
    assert page.evaluate("state.chosen[0]") is None
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Coefficient of L at cut 7"


def test_the_least_sum_forgets_the_text(page):
    score = page.locator(".score")
    assert score.inner_text() == "The sum of all |c| is 8.00."
    press(page, "The least sum of |c|")
    assert score.inner_text() == "The sum of all |c| is 4.00."
    assert page.locator(".big").inner_text() == "The next token's logit is 0.00; 1 is right."
    press(page, "Let all go")
    assert page.evaluate("state.chosen") == [None] * 8


def test_what_any_solution_may_say_is_seen_once_it_is_asked_for(page):
    band = page.locator("polygon")
    assert not band.is_visible()
    press(page, "What any solution may say")
    assert band.is_visible() and page.evaluate("state.banded")
    press(page, "What any solution may say")
    assert not band.is_visible()


def test_longer_futures_leave_nothing_to_drag(page):
    circle(page, 6).focus()
    page.keyboard.press("End")
    press(page, "Futures of two tokens")
    assert page.locator(".big").inner_text() == "The next token's logit is 1.00; 1 is right."
    assert "three equations for three coefficients leave no other value" in page.inner_text(".words")
    drag(page, circle(page, 8), 0, 40)
    assert value(page, 8) == 1 and page.evaluate("state.chosen[2]") is None
    useless = ["Let this one go", "Let all go", "The least sum of |c|", "What any solution may say"]
    assert page.locator("button:disabled").all_inner_texts() == useless
    press(page, "Futures of two tokens")
    assert page.locator(".big").inner_text() == "The next token's logit is 0.00; 1 is right."
    assert page.locator("button:disabled").all_inner_texts() == useless[:1]  # cut 8 is held, and was not chosen


def test_the_picture_follows_within_a_frame(page):
    took = np.array(page.evaluate(DRAG, {"index": 2, "steps": 60}))
    assert median(took[:, 0]) < 10 and median(took[:, 1]) < FRAME, took.round(1)
