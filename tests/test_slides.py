"""Slides hold what slides.toml asks for, from the saved notebooks, and need no network where asked not to."""

import importlib.util
import re
import tomllib
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
CHOSEN = tomllib.loads((FOLDER / "slides.toml").read_text(encoding="utf-8"))


def module():
    spec = importlib.util.spec_from_file_location("slides", FOLDER / "slides.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def tools():
    return module()


def notebook(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def titles(made):
    """Titles of the slides that stand beside each other."""
    beside = [cell for cell in made.cells if cell.metadata["slideshow"]["slide_type"] == "slide"]
    return [cell.source.splitlines()[0].lstrip("# ") for cell in beside]


@pytest.mark.parametrize("name", CHOSEN)
def test_the_slides_have_the_chosen_titles_in_order(tools, name):
    given = notebook(name)
    made = tools.slides(given, CHOSEN[name])
    first = given.cells[0].source.splitlines()[0].lstrip("# ")
    assert titles(made) == [first, *CHOSEN[name]]


@pytest.mark.parametrize("name", CHOSEN)
def test_chosen_sections_come_in_the_order_of_the_notebook(tools, name):
    there = list(tools.sections(notebook(name)))
    places = [there.index(title) for title in CHOSEN[name]]
    assert places == sorted(places)


@pytest.mark.parametrize("name", CHOSEN)
def test_all_text_of_a_chosen_section_is_on_its_slides(tools, name):
    given = notebook(name)
    shown = "\n\n".join(cell.source for cell in tools.slides(given, CHOSEN[name]).cells)
    for title in CHOSEN[name]:
        for cell in tools.sections(given)[title]:
            if cell.cell_type == "markdown":
                assert all(block in shown for block in tools.blocks(cell.source))


@pytest.mark.parametrize("name", CHOSEN)
def test_pictures_are_shown_where_they_are_chosen_and_widgets_never(tools, name):
    kinds = [
        kind
        for cell in tools.slides(notebook(name), CHOSEN[name]).cells
        for output in cell.get("outputs", [])
        for kind in output.get("data", {})
    ]
    assert "image/png" in kinds
    assert not any("widget" in kind for kind in kinds)


def test_parts_that_are_not_chosen_are_left_out(tools):
    given = notebook("06_elliptical_potential")
    made = tools.slides(given, {"1 · A game": ["code"]})
    assert [cell.cell_type for cell in made.cells[2:]] == ["code"]
    assert made.cells[2].source and made.cells[2].outputs == []


def test_an_unknown_section_or_part_is_named(tools):
    given = notebook("06_elliptical_potential")
    with pytest.raises(SystemExit, match="there is no section 'A game'; there are 1 · A game, 2 · Predict"):
        tools.slides(given, {"A game": ["text"]})
    with pytest.raises(SystemExit, match="'1 · A game' may show text, code, printed, pictures, but not films"):
        tools.slides(given, {"1 · A game": ["films"]})


def test_formulas_tables_and_code_stay_whole(tools):
    markdown = "One.\n\n$$a\n\n= b$$\n\n```text\nc\n\nd\n```\n\n> e\n>\n> f\n\n| g |\n|---|\n| h |"
    assert tools.blocks(markdown) == [
        "One.",
        "$$a\n\n= b$$",
        "```text\nc\n\nd\n```",
        "> e\n>\n> f",
        "| g |\n|---|\n| h |",
    ]


def test_a_long_text_takes_several_slides_and_loses_nothing(tools):
    paragraphs = [f"{number} " + 80 * "word " for number in range(9)]
    pages = list(tools.divided("\n\n".join(paragraphs)))
    assert 1 < len(pages) < 9
    assert [block.strip() for page in pages for block in tools.blocks(page)] == [text.strip() for text in paragraphs]
    assert all(sum(map(tools.lines_of, tools.blocks(page))) <= tools.LINES for page in pages)


@pytest.mark.slow
def test_a_page_is_made_and_asks_the_network_only_where_it_may(tools, tmp_path):
    libraries = tmp_path / "npm"
    for name in ("reveal.js", "mathjax", "jquery", "requirejs"):
        (libraries / name).mkdir(parents=True)
    fetched = {}
    for local in ([], ["--local", str(libraries)]):
        assert tools.main(["06", "--out", str(tmp_path / "made"), *local]) == 0
        html = (tmp_path / "made" / "06_elliptical_potential.html").read_text(encoding="utf-8")
        fetched[bool(local)] = re.findall(
            r"""(?:<script[^>]* src|<link[^>]* href|from|\n +)\W+(https://[^"']+)""", html
        )
        for title in CHOSEN["06_elliptical_potential"]:
            assert re.search(rf"<h2[^>]*>{re.escape(title)}", html), title
        assert html.count('<img alt="') >= 2
    assert any("reveal.js" in address for address in fetched[False])
    assert not any(word in address for address in fetched[True] for word in ("reveal", "MathJax", "jquery", "mermaid"))
    assert "../npm/reveal.js/dist/reveal.js" in html


def test_a_folder_without_the_libraries_is_refused(tools, tmp_path, capsys):
    with pytest.raises(SystemExit):
        tools.main(["06", "--out", str(tmp_path), "--local", str(tmp_path)])
    assert "lacks reveal.js, mathjax, jquery, requirejs; see --help" in capsys.readouterr().err
