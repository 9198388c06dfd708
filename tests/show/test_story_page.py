"""The page is one file that asks nobody for anything; its words are escaped, and it says what is left out."""

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from small_isans import random_model

from lowlogit_edu.core.errors import ArgumentError
from lowlogit_edu.show.half_precision import packed
from lowlogit_edu.show.story_page import PARTS, StoryPage, Tale, check_page_folder, save_story_page

HOSTILE = '</script><img src=x onerror="alert(1)">{{weights}}'
PAGE = StoryPage(
    words=None,
    begin="",
    beginning=[3],
    length=12,
    lengths=[12, 24],
    tales=[Tale("Its teacher", "Large.", [[1, 2, 3]]), Tale("This page", "Small.")],
    beside="From nothing.",
    facts={"Memory": "4 numbers"},
)


def part(html, name):
    return re.search(rf'<script [^>]*id="{name}">(.*?)</script>', html, re.DOTALL)[1]


@pytest.fixture(scope="module")
def model():
    return random_model("mixed")


@pytest.fixture(scope="module")
def html(model):
    return PAGE.html(model)


def test_equal_pages_have_equal_bytes_and_nothing_is_loaded(model, html):
    assert html == PAGE.html(model)
    assert re.findall(r'(?:src|@import|url\()[="(]*(\S+)', html.split("<script")[0]) == []
    assert set(re.findall(r'href="([^"]*)"', html)) == {"#", "#why", "https://arxiv.org/abs/2512.09892"}
    assert "Content-Security-Policy\" content=\"default-src 'none'" in html


def test_the_page_holds_the_model_and_its_stories(model, html):
    layout, data = packed(model)
    told = json.loads(part(html, "data"))
    assert told["layout"] == layout and base64.b64decode(part(html, "weights")) == data
    assert [tale["texts"] for tale in told["tales"]] == [[[1, 2, 3]], None]
    assert told["beginning"] == [3] and told["lengths"] == [12, 24] and told["reach"] > 0 and told["still"] == []
    assert "{{" not in html.split("<script")[0]


def test_a_number_that_never_moves_is_found():
    model = random_model()
    model.transitions[:, 2] = np.eye(4)[2]
    page = PAGE.html(model)
    assert json.loads(part(page, "data"))["still"] == [2] and "The grey one is always 1" in page


def test_no_text_becomes_code(model, html):
    words = {"bytes": [HOSTILE] * 7, "end": 0, "typing": None}
    tales = [Tale(HOSTILE, HOSTILE)]
    hostile = replace(PAGE, words=words, begin=HOSTILE, tales=tales, beside=HOSTILE, facts={HOSTILE: HOSTILE})
    page = replace(hostile, built_on=[HOSTILE], course=HOSTILE).html(model)
    assert "<img" not in page and page.count("</script>") == html.count("</script>")
    assert json.loads(part(page, "data"))["words"] == words


def test_the_course_is_a_link_where_there_is_one_and_three_sentences_always(model, html):
    course = replace(PAGE, course="https://example.org/course").html(model)
    assert course.count('href="https://example.org/course"') == 2 and 'href="#why"' not in course
    for page in (html, course):
        (why,) = re.findall(r'<h2 id="why-title">Why it works</h2>\n<p>(.*?)</p>', page, re.DOTALL)
        assert len(re.findall(r"\.(\s|$)", why)) == 3


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (None, "This model has no tokenizer: tokens are shown by their numbers"),
        ({"bytes": ["a"] * 7, "end": None, "typing": None}, "cannot cut typed text into the tokens"),
    ],
)
def test_it_is_said_why_no_beginning_can_be_typed(model, words, sentence):
    assert sentence in json.loads(part(replace(PAGE, words=words).html(model), "data"))["untyped"]


def test_what_can_be_pressed_or_set_has_a_name(html):
    class Controls(HTMLParser):
        inside, found, unnamed = [], 0, []

        def handle_starttag(self, tag, attributes):
            self.inside.append(tag)
            if tag in ("input", "select"):
                self.found += 1
                if "label" not in self.inside:
                    self.unnamed.append(attributes)
            if tag in ("input", "meta"):
                self.inside.pop()

        def handle_endtag(self, tag):
            assert self.inside.pop() == tag  # every element is closed where it should be

    controls = Controls()
    controls.feed(html)
    assert controls.found == 3 and controls.unnamed == [] and controls.inside == []
    assert 'role="status"' in html and 'role="img" aria-labelledby="bars-words"' in html


def test_colours_stand_at_the_top_of_the_style_alone():
    style = (PARTS / "page.css").read_text(encoding="utf-8")
    top, rest = style.split("* { box-sizing", 1)
    assert "#" not in rest and "prefers-color-scheme: dark" in top


def test_a_page_is_written_once_and_never_over_something(tmp_path, html):
    path = save_story_page(html, tmp_path / "new" / "page")
    assert path.read_text(encoding="utf-8") == html and path.name == "index.html"
    with pytest.raises(ArgumentError, match="page is not empty; choose another --out. Nothing was changed"):
        save_story_page("other", path.parent)
    assert path.read_text(encoding="utf-8") == html
    with pytest.raises(ArgumentError, match="index.html is no folder that can be written to"):
        check_page_folder(path / "below")
    with pytest.raises(ArgumentError, match=r"cannot be written \(.*\); choose another --out"):
        save_story_page(html, Path("/proc/nowhere"))
