"""The web site: its pages, what moves on them, that each link leads somewhere, and how Chromium shows them."""

import json
import re
import threading
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

import lowlogit_edu as ll
from lowlogit_edu.widgets.spanner_game import SpannerGame
from lowlogit_edu.widgets.vector_game import VectorGame
from website import pages, pictures
from website.pages import PACKAGE, ROOT
from website.sources import source_link, write_sources

SHIM = (ROOT / "website" / "static" / "alive.js").read_text(encoding="utf-8")
TEACHES = ["--horizon", "16", "--rank", "12", "--readout", "shared", "--sequences", "200", "--epochs", "1"]


def model_of(widget):
    """A widget as the notebook's record of widgets has it."""
    return {"model_name": "AnyModel", "state": widget.get_state()}


def data_in(html):
    """What a picture brings along into its page."""
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)[1])


# Pages and links


def test_every_document_and_notebook_stands_in_the_table_of_contents():
    text = (ROOT / pages.COURSE).read_text(encoding="utf-8")
    entries = [line for block in re.findall(r"```{toctree}\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    listed = {path for entry in entries if entry and entry[0] != ":" for path in ROOT.glob(f"{entry}.*")}
    assert {*pages.documents(), *pages.notebooks()} <= listed


def test_the_first_page_has_the_readmes_table_of_notebooks():
    assert "[09b](notebooks/09b_why_it_works.ipynb)" in pages.course_page()


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("[a](GLOSSARY.md#terms)", "[a](GLOSSARY.md#terms)"),
        ("[a](https://arxiv.org/abs/2512.09892)", "[a](https://arxiv.org/abs/2512.09892)"),
        ("[a](#terms)", "[a](#terms)"),
        ('[a](../lowlogit_edu/models/base.py "b")', "[a](project:#lowlogit_edu.models.base)"),
        ("[`sample`](../lowlogit_edu/oracles/base.py)", "[`sample`](project:#lowlogit_edu.oracles.base.sample)"),
        ("[`of`](../lowlogit_edu/oracles/base.py)", "[`of`](project:#lowlogit_edu.oracles.base)"),
        ("[widgets](../lowlogit_edu/widgets)", "[widgets](project:#lowlogit_edu.widgets)"),
        ("[data](../data)", "data"),
    ],
)
def test_links_lead_to_pages_of_the_site(link, expected, monkeypatch):
    monkeypatch.setattr(pages, "address", lambda: "")
    fence = f"\n```\n{link}\n```\n"  # code stays as it is
    found = pages.site_markdown(f"one {link} two{fence}", ROOT / "docs" / "PAPER.md")
    assert found == f"one {expected} two{fence}"


def test_a_place_in_html_is_one_that_sphinx_knows():
    found = pages.site_markdown('| <a id="term-cut"></a>cut | words |', ROOT / "docs" / "GLOSSARY.md")
    assert found == "| []{#term-cut}cut | words |"


def test_with_a_public_address_folders_have_links_too(monkeypatch):
    monkeypatch.setattr(pages, "address", lambda: "https://github.com/someone/something")
    found = pages.site_markdown("[data](data)", ROOT / "README.md")
    assert found == "[data](https://github.com/someone/something/tree/HEAD/data)"


def test_source_leads_to_the_line_of_the_definition(tmp_path):
    link = source_link("lowlogit_edu.models.isan", "random_isan")
    page, _, place = link.removeprefix("../").partition("#")
    write_sources(tmp_path)
    html = (tmp_path / page).read_text(encoding="utf-8")
    line = re.search(rf'<span id="{place}">(.*)', html)[1]
    assert "def random_isan" in re.sub("<[^>]*>", "", line)
    assert source_link("lowlogit_edu.models.isan", "nothing") is None
    assert source_link("lowlogit_edu.models.isan", "np.mean") is None


# Pictures


def test_a_picture_takes_its_script_and_its_state_along():
    game = SpannerGame([(1.0, 0.0), (0.0, 1.0), (3.0, 1.0)], bound=1.0)
    found = data_in(pictures.alive(model_of(game), repr(game)))
    assert found["script"] == game._esm
    assert found["state"]["rows"] == [[1, 0], [0, 1], [3, 1]]
    assert found["state"]["bound"] == 1.0
    assert not {"layout", "tooltip", "_esm"} & set(found["state"])
    game.close()


def test_no_text_of_a_picture_ends_its_script():
    model = {"state": {"_esm": "export default {}; // </script>", "text": "</script><p>"}}
    html = pictures.alive(model, "<b>")
    assert html.count("</script>") == 1
    assert data_in(html)["state"] == {"text": "</script><p>"}
    assert "&lt;b&gt;" in html


def test_a_picture_with_binary_parts_is_refused():
    with pytest.raises(ValueError, match=r"must have a state of plain JSON, but 'Words' has binary parts\."):
        pictures.alive({"state": {"_esm": ""}, "buffers": [{}]}, "Words")


def test_a_dashboard_stands_still_with_its_picture_its_words_and_the_names_of_its_controls():
    models = {
        "box": {"model_name": "VBoxModel", "state": {"children": ["IPY_MODEL_a", "IPY_MODEL_b", "IPY_MODEL_c"]}},
        "a": {"model_name": "IntSliderModel", "state": {"description": "Rank"}},
        "b": {"model_name": "ButtonModel", "state": {"description": "Reset"}},
        "c": {"model_name": "VBoxModel", "state": {"children": ["IPY_MODEL_d", "IPY_MODEL_e", "IPY_MODEL_f"]}},
        "d": {"model_name": "HTMLModel", "state": {"value": '<img src="x">'}},
        "e": {"model_name": "HTMLModel", "state": {"value": "<div>Words.</div>"}},
        "f": {"model_name": "HTMLModel", "state": {"value": '<div role="status"></div>'}},
    }
    html = pictures.still("box", models, "Box()")
    assert '<img src="x">\n<div>Words.</div><figcaption>' in html
    assert "controls: Rank." in html
    assert "Reset" not in html and "status" not in html
    assert "<p>Box()</p>" in pictures.still("a", models, "Box()")


def test_pictures_take_the_places_of_their_widgets_and_others_lose_theirs():
    def shows(words):
        return nbformat.v4.new_output("display_data", {pages.VIEW: {"model_id": "x"}, "text/plain": words})

    cells = [nbformat.v4.new_code_cell("a", outputs=[shows("one"), shows("two")]), nbformat.v4.new_code_cell("b")]
    cells[1].outputs = [shows("three")]
    made = pages.with_pictures(nbformat.v4.new_notebook(cells=cells), {0: ["<i>1</i>", "<i>2</i>"]})
    data = [dict(output.data) for cell in made.cells for output in cell.outputs]
    assert data == [{"text/html": "<i>1</i>"}, {"text/html": "<i>2</i>"}, {"text/plain": "three"}]


def test_answers_are_folded_on_the_page_and_what_moves_is_not():
    answer = nbformat.v4.new_output("stream", text="3")
    empty = nbformat.v4.new_output("display_data", {})
    view = nbformat.v4.new_output("display_data", {pages.VIEW: {"model_id": "x"}})
    cells = [nbformat.v4.new_code_cell("a", outputs=[empty, each]) for each in (answer, view, answer)]
    for cell in cells[:2]:
        cell.metadata["jupyter"] = {"outputs_hidden": True}
    pages.fold_answers(nbformat.v4.new_notebook(cells=cells))
    assert [cell.metadata.get("tags", []) for cell in cells] == [["hide-output"], [], []]
    assert [len(cell.outputs) for cell in cells] == [1, 1, 2]


def test_the_words_of_a_place_for_a_guess_give_way_to_the_place():
    place = nbformat.v4.new_code_cell("a", metadata={"tags": [pages.GUESS]})
    place.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "Your guess"})]
    made = pages.with_pictures(nbformat.v4.new_notebook(cells=[place]), {0: ["<i>1</i>"]})
    assert dict(made.cells[0].outputs[0].data) == {"text/html": "<i>1</i>"}


def test_the_key_of_pictures_follows_the_code_and_not_the_words(tmp_path):
    def key_of(words, code):
        path = tmp_path / "a.ipynb"
        cells = [nbformat.v4.new_markdown_cell(words), nbformat.v4.new_code_cell(code)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        return pictures.key(path)

    assert key_of("a", "1") == key_of("b", "1") != key_of("b", "2")


def test_the_stand_in_for_a_notebook_has_all_that_pictures_call():
    called = {
        name
        for script in (PACKAGE / "widgets").glob("*.js")
        for name in re.findall(r"\bmodel\.(\w+)\(", script.read_text(encoding="utf-8"))
    }
    assert called == {name for name in ("get", "set", "on", "off", "save_changes") if f"{name}: (" in SHIM}


def test_a_notebook_that_runs_gives_the_picture_that_it_shows(tmp_path):
    code = "from lowlogit_edu.widgets.vector_game import VectorGame\ngame = VectorGame([(1, 0)])\ngame"
    shown = nbformat.v4.new_output("execute_result", {pages.VIEW: {"model_id": "gone"}}, execution_count=1)
    later = nbformat.v4.new_code_cell("raise SystemExit")  # not run: nothing is shown from here on
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code, outputs=[shown]), later])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    (found,) = pictures.kept(tmp_path / "a.ipynb", tmp_path)
    game = VectorGame([(1, 0)])
    assert found.words == repr(game)
    assert data_in(found.html)["state"]["vectors"] == [[1, 0]]
    game.close()
    (file,) = tmp_path.glob("*.json")
    file.write_text(file.read_text(encoding="utf-8").replace(repr(game), "kept"), encoding="utf-8")
    assert pictures.kept(tmp_path / "a.ipynb", tmp_path)[0].words == "kept"


# The whole site


class Page(HTMLParser):
    """What a page leads to, and what can be led to on it."""

    def __init__(self, html):
        super().__init__()
        self.links = []
        self.anchors = set()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        self.links += [given[name] for name in ("href", "src") if given.get(name)]


def broken(site):
    """Links of the pages in a folder that lead nowhere."""
    found = {
        path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html") if "_static" not in path.parts
    }
    wrong = []
    for path, page in found.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            known = found[target].anchors if target in found else ()
            if not target.exists() or (anchor and target in found and anchor not in known and anchor != "top"):
                wrong.append(f"{path.relative_to(site)}: {link}")
    return sorted(set(wrong))


def test_a_broken_link_of_the_site_is_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<p id="x"><a href="#x"><a href="#y"><a href="b.html#z"><img src="c.png">', "utf-8"
    )
    (tmp_path / "b.html").write_text('<a href="a.html#x"><a href="https://x.org/#y"><a name="w">', "utf-8")
    assert broken(tmp_path) == ["a.html: #y", "a.html: b.html#z", "a.html: c.png"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of a site, with the pictures of notebook 06 and those that have been made before."""
    if find_spec("sphinx") is None:
        pytest.skip("Sphinx is not installed; pip install -e '.[site]' does it")
    from website.__main__ import main

    folder = tmp_path_factory.mktemp("site")
    assert ll.cli.main(["learn", "--out", str(folder / "run"), "--samples", "20", *TEACHES]) == 0
    assert main(["--out", str(folder / "site"), "--model", str(folder / "run"), "--run", "06"]) == 0
    return folder / "site"


@pytest.fixture(scope="module")
def address(site):
    """Where the site is served, on this machine alone."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(chromium, address):
    """Opens a page of the site; what goes wrong on it, and what it asks another machine for, fails the test."""
    wrong = []
    contexts = []

    def complain(message):
        # The first page is a single file without an icon; browsers ask for one nevertheless.
        if message.type in ("error", "warning") and not message.location["url"].endswith("/favicon.ico"):
            wrong.append(message.text)

    def open_page(name, width=1200, **options):
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", complain)
        page.on(
            "request", lambda request: request.url.startswith((address, "blob:", "data:")) or wrong.append(request.url)
        )
        page.goto(f"{address}/{name}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.mark.slow
def test_every_link_of_the_site_leads_somewhere(site):
    assert len(list(site.rglob("*.html"))) > 100
    assert broken(site) == []


@pytest.mark.browser
def test_the_first_page_tells_a_story_and_leads_to_the_course(visit):
    page = visit("index.html", reduced_motion="reduce")
    page.wait_for_function("document.getElementById('story').textContent.length > 20", polling=100)
    page.get_by_role("link", name="Why it works").first.click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("Why it works")


@pytest.mark.browser
def test_a_search_finds_the_spanner(visit):
    page = visit("search.html?q=spanner")
    page.wait_for_selector("#search-results li a")
    found = page.locator("#search-results li a").all_inner_texts()
    assert any(title.startswith("07 · Spanners") for title in found[:5])  # before the names of the reference


@pytest.mark.browser
@pytest.mark.parametrize("width", [1200, 420])
def test_a_picture_moves_under_the_mouse(visit, width):
    page = visit("notebooks/06_elliptical_potential.html", width=width)
    handle = page.locator("figure.alive .handle").first
    handle.scroll_into_view_if_needed()
    before = handle.get_attribute("aria-valuetext")
    box = handle.locator(".ring").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 40, box["y"] + 30, steps=4)
    page.mouse.up()
    assert handle.get_attribute("aria-valuetext") != before
    page.keyboard.press("Enter")
    assert "1 of 60 vectors" in page.locator("figure.alive [role=status]").first.inner_text()


@pytest.mark.browser
def test_a_formula_is_drawn(visit):
    page = visit("notebooks/06_elliptical_potential.html")
    page.wait_for_selector("mjx-container svg", state="attached")


@pytest.mark.browser
@pytest.mark.parametrize("name", ["course.html", "docs/PAPER.html", "notebooks/06_elliptical_potential.html"])
def test_pages_are_dark_where_the_reader_wants_it_and_fit_a_phone(visit, name):
    page = visit(name, width=420, color_scheme="dark")
    red, green, blue = map(
        int, re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))[:3]
    )
    assert max(red, green, blue) < 60
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
