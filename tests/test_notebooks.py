"""Notebooks are made from their sources, and nearly all of their outputs are compared."""

import importlib.util
import re
from pathlib import Path

import navigation
import nbformat
import public
import pytest
from navigation import link_terms, neighbours

from lowlogit_edu.widgets.guess import words_of

FOLDER = Path(__file__).parents[1] / "notebooks"
SOURCES = sorted((FOLDER / "src").glob("*.py"))
MADE = sorted(FOLDER.glob("*.ipynb")) + sorted((FOLDER / "solutions").glob("*.ipynb"))


def build_module():
    spec = importlib.util.spec_from_file_location("build", FOLDER / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ignored(notebook):
    """(cells with outputs, those of them that nbval ignores, ignored ones that give no reason)."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    loose = [cell for cell in cells if "nbval-ignore-output" in cell.metadata.get("tags", [])]
    return len(cells), len(loose), sum("# Ignored by the tests:" not in cell.source for cell in loose)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
@pytest.mark.reliability("R19")
def test_the_notebook_is_its_source(source):
    assert build_module().differences(source) == []


@pytest.mark.parametrize("arguments", [["--help"], ["--chekc"], ["99"], ["--check", "--words"]])
def test_what_asks_for_no_notebook_makes_none(arguments, monkeypatch):
    module = build_module()
    monkeypatch.delattr(module, "build")  # so it cannot have been called
    with pytest.raises(SystemExit):
        module.main(arguments)


@pytest.mark.parametrize("path", MADE, ids=lambda path: str(path.relative_to(FOLDER)))
@pytest.mark.reliability("R19")
def test_at_most_a_fifth_of_the_outputs_is_ignored_each_with_a_reason(path):
    cells, loose, unexplained = ignored(nbformat.read(path, as_version=4))
    assert cells >= 3 and loose * 5 <= cells and unexplained == 0


def test_every_notebook_has_a_source():
    made = {path for source in SOURCES for path in build_module().targets(source)}
    assert set(MADE) == made


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_solution_is_in_the_lesson_and_every_solution_is_right(source):
    build = build_module()
    regions = [region for _, region in build.REGION.findall(source.read_text(encoding="utf-8"))]
    lesson = "".join(cell.source for cell in nbformat.read(FOLDER / f"{source.stem}.ipynb", as_version=4).cells)
    for region in regions:
        lines = [line.strip() for line in region.splitlines() if not line.strip().startswith("#:")]
        assert max(lines, key=len) not in lesson
    if regions:
        outputs = (FOLDER / "solutions" / f"{source.stem}.ipynb").read_text(encoding="utf-8")
        assert outputs.count('"verdict": "RIGHT"') >= 3
        assert '"verdict": "WRONG"' not in outputs and '"verdict": "UNANSWERED"' not in outputs


def test_a_student_sees_dots_or_what_is_said_instead():
    build = build_module()
    code = "def f(x):\n    # BEGIN SOLUTION\n    return x\n    # END SOLUTION\nf(1)"
    assert build.without_solution(code) == "def f(x):\n    ...  # your code here\nf(1)"
    assert build.with_solution(code) == "def f(x):\n    return x\nf(1)"
    code = "# BEGIN SOLUTION\n#: answer = ...  # a number\nanswer = 3\n# END SOLUTION"
    assert build.without_solution(code) == "answer = ...  # a number"
    assert build.with_solution(code) == "answer = 3"


def test_solutions_are_made_of_title_setup_and_exercises(tmp_path, monkeypatch):
    build = build_module()
    monkeypatch.setattr(build, "HERE", tmp_path)
    source = tmp_path / "x.py"
    cells = [
        "[markdown]\n# # Title\n#\n# More",
        'tags=["setup"]\nimport math',
        "\nmath.pi",
        "[markdown]\n# ## Exercises",
    ]
    solved = "\n# BEGIN SOLUTION\n#: a = ...\na = 1\n# END SOLUTION"
    source.write_text("".join(f"# %% {cell}\n\n" for cell in [*cells, solved]))
    assert list(build.targets(source).values()) == [False, True]
    assert [cell.source for cell in build.from_source(source, solved=True).cells] == [
        "# Title: solutions",
        "import math",
        "## Exercises",
        "a = 1",
    ]
    assert len(build.from_source(source).cells) == 5


def test_drift_and_ignored_outputs_are_found(tmp_path, monkeypatch):
    build = build_module()
    monkeypatch.setattr(build, "HERE", tmp_path)
    source = tmp_path / "x.py"
    source.write_text('# %% tags=["nbval-ignore-output"]\n1 + 1\n')
    assert build.differences(source) == ["x.ipynb is missing"]
    notebook = build.from_source(source)
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text="2")]
    nbformat.write(notebook, tmp_path / "x.ipynb")
    assert build.differences(source) == []
    assert ignored(notebook) == (1, 1, 1)
    source.write_text("# %%\n1 + 2\n")
    assert build.differences(source) == [
        "x.ipynb: the source of cell 1 is not that of the source",
        "x.ipynb: the metadata of cell 1 is not that of the source",
    ]


def links(cell):
    """The notebooks that a cell leads to."""
    return re.findall(r"\]\(([^)]+\.ipynb)\)", cell.source)


@pytest.mark.parametrize("solved", [False, True])
def test_the_links_at_the_end_go_through_all_notebooks_and_those_at_the_top_come_back(solved):
    folder = FOLDER / "solutions" if solved else FOLDER
    order = [path for path in MADE if path.parent == folder]
    cells = [nbformat.read(path, as_version=4).cells for path in order]
    after = [*order[1:], order[0]]  # the last one leads to the first
    assert [links(each[-1]) for each in cells] == [[path.name] for path in after]
    for path, before, here, behind in zip(order, [None, *order], cells, [*order[1:], None], strict=False):
        wanted = [before.name] if before else []
        wanted += [f"../{path.name}"] if solved else []
        wanted += [behind.name] if behind else []
        heading, empty, line, *_ = here[0].source.splitlines()
        assert heading.startswith("# ") and empty == ""
        assert links(nbformat.v4.new_markdown_cell(line)) == wanted


def test_the_top_says_what_is_taught_and_where_the_page_is():
    cells = nbformat.read(FOLDER / "07_spanners.ipynb", as_version=4).cells
    assert "Of arXiv:2512.09892: [Lemma 5.2; Algorithm 3](../docs/PAPER.md)" in cells[0].source.splitlines()


def test_no_source_holds_links_that_the_build_makes():
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        assert "docs/GLOSSARY.md#term" not in text and "**Next**:" not in text, source.name


@pytest.mark.parametrize(
    ("prose", "linked"),
    [
        ("No epoch is an epoch.", 'No [epoch](g.md#term-epoch "a round") is an epoch.'),
        ("Epochs end: **epoch**.", '[Epochs](g.md#term-epoch "a round") end: **epoch**.'),
        ("`epoch`, $epoch$, [an epoch](x.md), <b title='epoch'>epoch</b>",) * 2,
        ("# An epoch\n\n| epoch | 1 |\n\n```text\nepoch\n```\n\n**References** epoch\nepoch",) * 2,
        ("<details><summary>Hint</summary>epoch\nepoch</details>",) * 2,
        ("$$\nepoch\n$$ epochal, mid-epoch, epoch_2",) * 2,
    ],
)
def test_the_first_use_in_prose_is_linked_and_nothing_else(prose, linked):
    if "<b title" in prose:
        linked = linked.replace(">epoch<", '>[epoch](g.md#term-epoch "a round")<')
    assert link_terms(prose, {"epoch": "a round"}, "g.md") == (linked, ["epoch"] if linked != prose else [])


def test_every_term_of_the_glossary_has_a_place_that_links_lead_to():
    page = (FOLDER.parent / "docs" / "GLOSSARY.md").read_text(encoding="utf-8")
    terms = navigation.glossary(SOURCES[0])
    assert len(terms) > 30
    places = [f'<a id="{navigation.anchor(term)}"></a>' for term in terms]
    assert [page.count(place) for place in places] == [1] * len(terms)


def test_neighbours_are_those_of_the_list(tmp_path):
    for name in ("00_a", "01_b", "01b_c"):
        (tmp_path / f"{name}.py").write_text("# # A title\n" + "# BEGIN SOLUTION\n" * (name != "01_b"))
    middle = tmp_path / "01_b.py"
    assert [each.stem for each in neighbours(middle, solved=False)] == ["00_a", "01b_c"]
    assert [each and each.stem for each in neighbours(tmp_path / "00_a.py", solved=True)] == [None, "01b_c"]


def test_words_are_written_anew_only_where_the_code_is_the_same(tmp_path, monkeypatch):
    build = build_module()
    monkeypatch.setattr(build, "HERE", tmp_path)
    source = tmp_path / "x.py"
    source.write_text("# %% [markdown]\n# Old\n\n# %%\n1 + 1\n")
    notebook = build.from_source(source)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="2")]
    nbformat.write(notebook, tmp_path / "x.ipynb")
    source.write_text("# %% [markdown]\n# New\n\n# %% [markdown]\n# And more\n\n# %%\n1 + 1\n")
    assert build.reworded(source) == [] and build.differences(source) == []
    cells = nbformat.read(tmp_path / "x.ipynb", as_version=4).cells
    assert [cell.source for cell in cells] == ["New", "And more", "1 + 1"] and cells[2].outputs[0].text == "2"
    source.write_text("# %% [markdown]\n# New\n\n# %%\n1 + 2\n")
    assert build.reworded(source) == ["x.ipynb has other code than its source: build it."]
    assert len(nbformat.read(tmp_path / "x.ipynb", as_version=4).cells) == 3


ASKING = """# %% [markdown]
# > **Predict.** How much is it?

# %%
1 + 1

# %% [markdown]
# As a picture:

# %%
1 + 2

# %% [markdown]
# It is more than one: see below.

# %%
1 + 3
"""


def test_what_answers_a_question_is_folded_up_to_the_next_words(tmp_path, monkeypatch):
    build = build_module()
    monkeypatch.setattr(build, "HERE", tmp_path)
    source = tmp_path / "x.py"
    source.write_text(ASKING)
    code = [cell for cell in build.from_source(source).cells if cell.cell_type == "code"]
    assert [cell.source for cell in code] == ['ll.widgets.Guess("x, 1")', "1 + 1", "1 + 2", "1 + 3"]
    folded = [cell.metadata.get("jupyter", {}).get("outputs_hidden", False) for cell in code]
    assert folded == [False, True, True, False]


def test_a_saved_notebook_tells_no_answer_and_shows_no_dead_place_for_a_guess(tmp_path, monkeypatch):
    build = build_module()
    monkeypatch.setattr(build, "HERE", tmp_path)
    source = tmp_path / "x.py"
    source.write_text(ASKING)
    notebook = build.from_source(source)
    place, *others = [cell for cell in notebook.cells if cell.cell_type == "code"]
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}, "text/plain": "Your guess"}
    place.outputs = [nbformat.v4.new_output("execute_result", view)]
    for number, cell in enumerate(others, start=2):
        cell.outputs = [nbformat.v4.new_output("stream", text=str(number))]
    build.close_answers(notebook)
    assert [dict(each.data) for each in place.outputs] == [{"text/plain": words_of("x, 1")}]
    for _ in range(2):  # and once more, as `--words` does
        assert [[each.get("text", "") for each in cell.outputs] for cell in others] == [["", "2"], ["", "3"], ["4"]]
        build.close_answers(notebook)
    nbformat.validate(notebook)


HERE = "https://github.com/somebody/a-course"


def test_links_to_run_a_notebook_elsewhere_are_made_of_the_address():
    path = "notebooks/07_spanners.ipynb"
    links = public.launch_links(HERE, path)
    assert "(https://mybinder.org/v2/gh/somebody/a-course/HEAD?labpath=notebooks%2F07_spanners.ipynb)" in links
    assert f"(https://colab.research.google.com/github/somebody/a-course/blob/HEAD/{path})" in links
    assert public.launch_links(HERE + "/", path) == links
    assert "mybinder" in public.readme_line(HERE)
    assert public.launch_links("", path) == public.install_cell("") == ""
    assert "no public address" in public.readme_line("")


@pytest.mark.parametrize("wrong", ["somebody/a-course", "http://github.com/a/b", "https://gitub.com/a/b", HERE + "/c"])
def test_an_address_with_a_slip_is_told(wrong):
    with pytest.raises(ValueError, match="address in pyproject.toml must be like https://github.com/OWNER/NAME"):
        public.launch_links(wrong, "notebooks/00_tour.ipynb")


def test_a_notebook_of_a_public_repository_can_be_run_elsewhere(monkeypatch):
    source = FOLDER / "src" / "07_spanners.py"
    cells = [nbformat.v4.new_markdown_cell("# 07"), nbformat.v4.new_code_cell("1 + 1")]
    without = navigation.with_links([cell.copy() for cell in cells], source, solved=False)
    assert [cell.cell_type for cell in without] == ["markdown", "code", "markdown"]
    monkeypatch.setattr(navigation, "address", lambda: HERE)
    made = navigation.with_links([cell.copy() for cell in cells], source, solved=False)
    assert "Open in Binder" in made[0].source and "Open in Binder" not in without[0].source
    assert made[1].source.endswith(
        '    %pip install --quiet "lowlogit_edu[hf,lab] @ git+https://github.com/somebody/a-course"'
    )
