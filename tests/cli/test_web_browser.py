"""The page of `lowlogit web` in Chromium: the numbers are Python's; keyboard, phone, dark, calm; nothing is loaded."""

import os
import shutil
import sys

import numpy as np
import pytest
from small_isans import mulberry32
from transformers import AutoTokenizer

import lowlogit_edu as ll
from lowlogit_edu.cli import main
from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.show.half_precision import half_precision
from lowlogit_edu.show.story_page import PAGE

pytestmark = pytest.mark.browser

LEARN = ["--horizon", "16", "--sequences", "200", "--epochs", "1", "--passes", "1", "--samples", "20"]
CONTROLS = ["another", "pause", "step", "back", "beginning", "temperature", "length", "link"]
READ = "(prefixes) => prefixes.map((p) => Array.from(model.logits(p.reduce((s, t) => model.after(s, t), model.initial_state))))"
# The contrast of an element's text with what is behind it, as the web's accessibility guidelines count it.
CONTRAST = """(selector) => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => numbers(colour).slice(0, 3).map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  return Array.from(document.querySelectorAll(selector), (element) => {
    let behind = element;
    while (behind.parentElement && numbers(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
    const [a, b] = [element, behind].map((e, i) => light(getComputedStyle(e)[i ? "backgroundColor" : "color"]));
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  });
}"""


@pytest.fixture(scope="module")
def chromium():
    """A browser; the tests are skipped where Playwright or Chromium is not installed."""
    if not _has_playwright():
        pytest.skip("Playwright is not installed; make test-browser installs it")
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium on the PATH; install it, or name one by the variable CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def _has_playwright():
    from importlib.util import find_spec

    return find_spec("playwright") is not None


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs of each kind, and the page of each: strict rank, the paper's readout, not refined, without a tokenizer."""
    kinds = {"strict": ["--rank", "12", "--readout", "shared"], "paper": ["--rank", "12"], "plain": ["--rank", "6"]}
    found = {}
    for kind, options in kinds.items():
        folder = tmp_path_factory.mktemp("runs") / kind
        passes = ["--passes", "0"] if kind == "plain" else []
        assert main(["learn", "--out", str(folder / "run"), *LEARN, *options, *passes]) == 0
        found[kind] = folder
    numbers = tmp_path_factory.mktemp("runs") / "numbers"
    shutil.copytree(found["strict"] / "run", numbers / "run")
    (numbers / "run" / "tokenizer.json").unlink()
    for folder in (*found.values(), numbers):
        assert main(["web", str(folder / "run"), "--out", str(folder / "page"), "-n", "2"]) == 0
    return found | {"numbers": numbers}


@pytest.fixture
def visit(chromium, runs):
    """Opens the page of a run; whatever goes wrong on it, and whatever it asks a network for, fails the test."""
    wrong = []
    contexts = []

    def open_page(kind="strict", address="#seed=3", width=1000, **options):
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, **{"reduced_motion": "reduce", **options}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("request", lambda request: request.url.startswith("file:") or wrong.append(request.url))
        page.goto((runs[kind] / "page" / PAGE).as_uri() + address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def test_logits_in_the_browser_are_those_of_python(visit, runs):
    rng = np.random.default_rng(0)
    for kind in ("strict", "paper", "plain"):
        model = half_precision(ll.load(runs[kind] / "run"))
        prefixes = [[], [0], *(rng.integers(512, size=length).tolist() for length in (1, 2, 5, 15, 15, 15))]
        prefixes += model.sample(4, seed=1)[:, :15].tolist()
        found = np.array(visit(kind).evaluate(READ, prefixes))
        difference = np.abs(found - model.logits(prefixes)).max()
        sys.stdout.write(f"{kind}: the largest difference of a logit is {difference:.1e} nats\n")
        assert difference < 1e-3


def test_a_seed_tells_the_same_story_as_in_python(visit, runs):
    page = visit(address="#seed=7&temperature=0.8&length=32&begin=One day")
    tokens = page.evaluate("story.tokens")
    assert tokens == visit(address="#seed=7&temperature=0.8&length=32&begin=One day").evaluate("story.tokens")
    model = half_precision(ll.load(runs["strict"] / "run")).with_horizon(64)
    expected = AutoTokenizer.from_pretrained(runs["strict"] / "run").encode("One day")
    numbers = mulberry32(7)
    while len(expected) < len(tokens):
        shares = softmax(model.logits([expected]).astype(float) / 0.8)[0]
        expected.append(int(np.searchsorted(np.cumsum(shares), next(numbers), side="right")))
    assert tokens == expected
    assert page.evaluate("story.tokens.length === 32 || story.tokens.at(-1) === 0")


def test_a_typed_beginning_is_cut_as_by_the_tokenizer(visit, runs):
    tokenizer = AutoTokenizer.from_pretrained(runs["strict"] / "run")
    texts = ["One day, a dog", "It's  Lily's\n\nbig\tball", "naïve 🙂 <|endoftext|> 12 ½", ""]
    page = visit()
    for text in texts:
        assert page.evaluate("(text) => typing.encode(text)", text) == tokenizer.encode(text, add_special_tokens=False)
    page.get_by_label("Begin with").fill("Tom had a red")
    page.get_by_role("button", name="Tell me another").click()
    assert page.inner_text("#story").startswith("Tom had a red")
    assert page.inner_text("#story .given:first-child") == "Tom"


def test_everything_can_be_done_with_the_keyboard(visit):
    page = visit()
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        outline = "getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).outlineWidth"
        reached.append(page.evaluate("document.activeElement.id"))
        assert page.evaluate(outline) == "solid3px", reached
    assert reached[:8] == CONTROLS and "others-tales" in reached and "code" not in reached
    before = page.inner_text("#story")
    page.focus("#beginning")
    page.keyboard.type(" Lily")
    page.keyboard.press("Enter")
    assert page.inner_text("#story").startswith("Once upon a time Lily") and before != page.inner_text("#story")
    page.focus("#temperature")
    page.keyboard.press("Home")
    assert page.inner_text("#warmth") == "0.0, always the likeliest"
    page.focus("#back")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.focus("#next li:nth-child(3) button")
    name = page.inner_text("#next li:nth-child(3) .token").replace("␣", " ")
    count = page.evaluate("story.tokens.length")
    page.keyboard.press("Space")
    assert page.evaluate("textOf(story.tokens.slice(-1))") == name.replace("↵", "\n")
    assert page.evaluate("story.tokens.length") == count + 1
    assert page.evaluate("document.activeElement.closest('li') === document.querySelector('#next li:nth-child(3)')")


def test_it_writes_a_token_at_a_time_until_it_is_stopped(visit):
    page = visit(reduced_motion="no-preference", address="#seed=3&length=64")
    page.wait_for_function("story.tokens.length > 8")
    page.get_by_role("button", name="Pause").click()
    count = page.evaluate("story.tokens.length")
    page.wait_for_timeout(400)
    assert page.evaluate("story.tokens.length") == count and count < 64
    page.get_by_role("button", name="One token").click()
    assert page.evaluate("story.tokens.length") == count + 1
    page.get_by_role("button", name="Write on").click()
    page.wait_for_function(f"story.tokens.length > {count + 3}")
    page.get_by_role("button", name="One back").click()
    assert "You had a hand in it." in page.inner_text("#where") and page.locator("#link").is_hidden()


def test_what_is_seen_is_also_said(visit):
    page = visit()
    assert page.inner_text("#said") == "The story: " + page.evaluate("textOf(story.tokens)")
    assert "Number " in page.get_by_role("img").get_attribute("aria-labelledby") or page.inner_text("#bars-words")
    first = page.inner_text("#bars-words")
    page.get_by_role("button", name="One back").click()
    page.get_by_role("button", name="One token").click()
    assert page.inner_text("#said") != "" and "moved most" in first
    page.get_by_text("The 12 numbers now").click()
    digits = [float(number.replace("−", "-")) for number in page.inner_text("#digits").split()]
    assert np.allclose(digits, page.evaluate("Array.from(state().slice(0, model.carried))"), atol=0.006)
    shares = [float(share.removesuffix(" %")) for share in page.locator("#next .percent").all_inner_texts()]
    assert shares == sorted(shares, reverse=True) and len(shares) == 10


def test_a_phone_shows_all_of_it_without_scrolling_sideways(visit):
    for width in (390, 320):
        page = visit(width=width)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        small = "Array.from(document.querySelectorAll('.buttons button')).filter((b) => b.offsetHeight < 44).length"
        assert page.evaluate(small) == 0


def test_words_can_be_read_in_light_and_in_dark(visit):
    for scheme in ("light", "dark"):
        page = visit(color_scheme=scheme)
        for selector in (
            "h1",
            ".story",
            ".story .given",
            ".small",
            "button.main",
            ".note a",
            "dd",
            ".percent",
            ".tale",
        ):
            contrasts = page.evaluate(CONTRAST, selector)
            assert contrasts and min(contrasts) >= 4.5, (scheme, selector, min(contrasts))


def test_stories_side_by_side_change_together(visit):
    page = visit()
    before = page.locator(".tale").all_inner_texts()
    assert len(before) == 3 and all(text.startswith("Once upon a time") for text in before)
    page.get_by_role("button", name="Other stories").click()
    assert all(a != b for a, b in zip(before, page.locator(".tale").all_inner_texts(), strict=True))


def test_a_model_without_a_tokenizer_shows_numbers(visit):
    page = visit("numbers")
    assert page.get_by_label("Begin with").is_hidden() and page.locator("#untyped").is_visible()
    tokens = page.evaluate("story.tokens")
    assert page.locator("#story .number").all_inner_texts() == [str(token) for token in tokens] and len(tokens) == 64
