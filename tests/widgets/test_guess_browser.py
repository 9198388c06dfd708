"""The place for a guess in Chromium: typed, told to Python, there again when the page is opened again."""

import pytest
from moving_page import shown

from lowlogit_edu.widgets.guess import Guess

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium, request):
    guess = Guess("03, 1")
    with shown(chromium, guess, waited_for="textarea", **getattr(request, "param", {})) as opened:
        yield opened
    guess.close()


def field(page):
    return page.get_by_label("Your guess, 03, 1")


def test_what_is_typed_is_told_to_python_and_kept_by_the_browser(page):
    field(page).press_sequentially("3, and then 4")
    assert page.evaluate("state.guess") == "3, and then 4"
    assert page.inner_text(".note") == "Kept in this browser."
    page.reload()
    assert field(page).input_value() == "3, and then 4" == page.evaluate("state.guess")
    field(page).fill("")
    page.reload()
    assert field(page).input_value() == ""


def test_another_question_has_its_own_guess(page):
    field(page).fill("3")
    page.evaluate("state.which = '03, 2'; state.guess = ''; render({ model, el: document.getElementById('here') })")
    assert page.locator("textarea").input_value() == ""


def test_a_browser_that_keeps_nothing_says_so(page):
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused'); } })")
    page.reload()
    field(page).fill("3")
    assert page.inner_text(".note") == "Kept as long as this page is open."
    assert page.evaluate("state.guess") == "3"


@pytest.mark.parametrize("page", [{"width": 420}, {"dark": True}], indirect=True)
def test_it_fits_a_phone_and_the_dark_theme(page):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    colours = page.evaluate("getComputedStyle(document.querySelector('textarea')).color")
    assert colours == page.evaluate("getComputedStyle(document.querySelector('.lowlogit-moving')).color")


@pytest.mark.parametrize("key", ["Shift+Enter", "Escape"])
def test_the_keys_that_leave_a_cell_leave_it(page, key):
    field(page).fill("3")
    field(page).press("Enter")
    field(page).press(key)
    assert field(page).input_value() == "3\n"
    assert page.evaluate("document.activeElement === document.body")
