"""The page of `lowlogit web` in Chromium: the numbers are Python's; keyboard, phone, dark, calm; nothing is loaded."""

import shutil
import sys

import numpy as np
import pytest
from small_isans import FORMS, mulberry32, random_model
from transformers import AutoTokenizer

import lowlogit_edu as ll
from lowlogit_edu.cli import main
from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.show.half_precision import half_precision
from lowlogit_edu.show.story_page import PAGE

pytestmark = pytest.mark.browser

LEARN = [
    "--horizon",
    "16",
    "--rank",
    "12",
    "--readout",
    "shared",
    "--sequences",
    "200",
    "--epochs",
    "1",
    "--passes",
    "1",
]
CONTROLS = ["another", "pause", "step", "back", "beginning", "temperature", "length", "link"]
READ = """(prefixes) => prefixes.map((prefix) =>
  Array.from(model.logits(prefix.reduce((state, token) => model.after(state, token), model.initial_state))))"""
OUTLINE = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle + style.outlineWidth;
}"""
# The contrast of an element's text with what is behind it, as the web's accessibility guidelines count it.
CONTRAST = """(selector) => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => numbers(colour).slice(0, 3).map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  return Array.from(document.querySelectorAll(selector), (element) => {
    let behind = element;
    const clear = () => numbers(getComputedStyle(behind).backgroundColor)[3] === 0;
    while (behind.parentElement && clear()) behind = behind.parentElement;
    const [a, b] = [element, behind].map((e, i) => light(getComputedStyle(e)[i ? "backgroundColor" : "color"]));
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  });
}"""


@pytest.fixture(scope="module")
def runs(chromium, tmp_path_factory):  # the browser first: where there is none, nothing is learned
    """By kind a folder with a run and its page: a learned one, one without a tokenizer, random ones of each form."""
    folder = tmp_path_factory.mktemp("pages")
    learned = folder / "learned" / "run"
    assert main(["learn", "--out", str(learned), "--samples", "20", *LEARN]) == 0
    for kind in ("numbers", *FORMS):
        shutil.copytree(learned, folder / kind / "run")
    (folder / "numbers" / "run" / "tokenizer.json").unlink()
    for form in FORMS:
        random_model(form, alphabet_size=512).save(folder / form / "run", overwrite=True)
    for kind in ("learned", "numbers", *FORMS):
        alone = [] if kind == "learned" else ["--alone"]
        assert main(["web", str(folder / kind / "run"), "--out", str(folder / kind / "page"), *alone]) == 0
    return folder


@pytest.fixture
def visit(chromium, runs):
    """Opens the page of a run; whatever goes wrong on it, and whatever it asks a network for, fails the test."""
    wrong = []
    contexts = []

    def open_page(kind="learned", address="#seed=3", width=1000, **options):
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, **{"reduced_motion": "reduce", **options}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("request", lambda request: request.url.startswith("file:") or wrong.append(request.url))
        page.goto((runs / kind / "page" / PAGE).as_uri() + address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def wait_for(page, condition):
    """Until it holds; Playwright's own way is forbidden by the page, which runs no code but its own."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{condition} never held")


def test_logits_in_the_browser_are_those_of_python(visit, runs):
    rng = np.random.default_rng(0)
    for kind in ("learned", *FORMS):
        model = half_precision(ll.load(runs / kind / "run"))
        prefixes = [[], [0], *(rng.integers(512, size=length).tolist() for length in (1, 2, 5, 10, 10, 10))]
        prefixes += model.sample(4, seed=1)[:, :-1].tolist()
        found = np.array(visit(kind).evaluate(READ, prefixes))
        difference = np.abs(found - model.logits(prefixes)).max()
        sys.stdout.write(f"{kind}: the largest difference of a logit is {difference:.1e} nats\n")
        assert difference < 1e-3


def test_a_seed_tells_the_same_story_as_in_python(visit, runs):
    page = visit(address="#seed=7&temperature=0.8&length=32&begin=One day")
    tokens = page.evaluate("story.tokens")
    assert tokens == visit(address="#seed=7&temperature=0.8&length=32&begin=One day").evaluate("story.tokens")
    model = half_precision(ll.load(runs / "learned" / "run")).with_horizon(64)
    expected = AutoTokenizer.from_pretrained(runs / "learned" / "run").encode("One day")
    numbers = mulberry32(7)
    while len(expected) < len(tokens):
        shares = softmax(model.logits([expected]).astype(float) / 0.8)[0]
        expected.append(int(np.searchsorted(np.cumsum(shares), next(numbers), side="right")))
    assert tokens == expected
    assert page.evaluate("story.tokens.length === 32 || story.tokens.at(-1) === 0")


def test_a_typed_beginning_is_cut_as_by_the_tokenizer(visit, runs):
    tokenizer = AutoTokenizer.from_pretrained(runs / "learned" / "run")
    texts = ["One day, a dog", "It's  Lily's\n\nbig\tball", "naïve 🙂 <|endoftext|> 12 ½", ""]
    page = visit()
    for text in texts:
        assert page.evaluate("(text) => typing.encode(text)", text) == tokenizer.encode(text, add_special_tokens=False)
    page.get_by_label("Begin with").fill("Tom had a red")
    page.get_by_role("button", name="Tell me another").click()
    assert page.inner_text("#story").startswith("Tom had a red")
    assert "".join(page.locator("#story .given").all_inner_texts()) == "Tom had a red"


def test_everything_can_be_done_with_the_keyboard(visit):
    page = visit()
    page.evaluate("() => { let seed = 1; do tell(seed++); while (finished(story.tokens)); }")
    reached = []
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement !== document.body"):
        reached.append(page.evaluate("document.activeElement.id"))
        assert page.evaluate(OUTLINE) == "solid3px", reached
        page.keyboard.press("Tab")
    assert reached[:8] == CONTROLS and "others-tales" in reached and "code" not in reached
    before = page.inner_text("#story")
    page.focus("#beginning")
    page.keyboard.press("End")
    page.keyboard.type(" Lily")
    page.keyboard.press("Enter")
    assert page.inner_text("#story").startswith("Once upon a time Lily") and before != page.inner_text("#story")
    page.focus("#temperature")
    page.keyboard.press("Home")
    assert page.inner_text("#warmth") == "0.0, the likeliest"
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
    page = visit(reduced_motion="no-preference", address="#seed=3&length=64&temperature=0")
    wait_for(page, "story.tokens.length > 8")
    page.get_by_role("button", name="Pause").click()
    count = page.evaluate("story.tokens.length")
    page.wait_for_timeout(400)
    assert page.evaluate("story.tokens.length") == count and count < 64
    page.get_by_role("button", name="One token").click()
    assert page.evaluate("story.tokens.length") == count + 1
    page.get_by_role("button", name="Write on").click()
    wait_for(page, f"story.tokens.length > {count + 3}")
    page.get_by_role("button", name="One back").click()
    assert "You had a hand in it." in page.inner_text("#where") and page.locator("#link").is_hidden()


def test_what_is_seen_is_also_said(visit):
    page = visit()
    assert page.inner_text("#said") == "The story: " + page.evaluate("textOf(story.tokens)")
    assert page.get_by_role("img").get_attribute("aria-labelledby") == "bars-words"
    first = page.inner_text("#bars-words")
    page.get_by_role("button", name="One back").click()
    page.get_by_role("button", name="One token").click()
    assert page.inner_text("#said") != "" and "moved most" in first
    page.get_by_text("The 12 numbers now").click()
    wait_for(page, "document.querySelector('#digits').innerText.trim() !== ''")
    digits = [float(number.replace("\N{MINUS SIGN}", "-")) for number in page.inner_text("#digits").split()]
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
