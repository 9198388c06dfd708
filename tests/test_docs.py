"""The documents beside the code: links lead somewhere, code runs, names exist, quoted replies are given."""

import ast
import re
import runpy
import shlex
from pathlib import Path

import nbformat
import pytest
from test_layers import PACKAGE, ROOMS

import lowlogit_edu as ll
from lowlogit_edu.cli import parser
from lowlogit_edu.exercises import check

ROOT = Path(__file__).parents[1]
INSTRUCTORS = ROOT / "docs" / "INSTRUCTORS.md"
GLOSSARY = ROOT / "docs" / "GLOSSARY.md"
CHEATSHEET = ROOT / "docs" / "CHEATSHEET.md"
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
FOR_INSTRUCTORS = sorted((ROOT / "docs" / "instructors").glob("*.md"))
MISTAKES, EXAM, RUBRIC, LAB, QUESTIONS, KEY = (
    ROOT / "docs" / "instructors" / f"{name}.md"
    for name in ("MISTAKES", "EXAM", "RUBRIC", "LAB", "CONCEPT_TEST", "CONCEPT_TEST_KEY")
)
DOCUMENTS = [INSTRUCTORS, *FOR_INSTRUCTORS, GLOSSARY, CHEATSHEET, README, CONTRIBUTING]
SOURCES = sorted((ROOT / "notebooks" / "src").glob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))


def text(path):
    """A document's text, or all Markdown of a notebook."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def blocks(path, language):
    """The fenced blocks of a document in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text(path), re.MULTILINE | re.DOTALL)


def anchors(markdown):
    """The fragments that the headings and places of a Markdown text can be linked by."""
    prose = re.sub(r"^```.*?^```$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    places = set(re.findall(r'<a id="([^"]*)"></a>', prose))
    return places | {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(path, markdown):
    """Targets in a Markdown text at `path` that are not there."""
    found = []
    for target in re.findall(r"\]\(([^)\s]+)(?: \"[^\"]*\")?\)", markdown):
        name, _, anchor = target.partition("#")
        file = path.parent / name if name else path
        if "://" in target or target.startswith("mailto:"):
            continue
        there = markdown if file == path else text(file) if anchor and file.is_file() else ""
        if not file.exists() or (anchor and anchor not in anchors(there)):
            found.append(target)
    return found


def run(path):
    """All Python blocks of a document, in order, in one namespace."""
    names = {"__name__": path.stem}
    for block in blocks(path, "python"):
        exec(block, names)
    return names


def rows(path):
    """The cells of every table row of a document; a pipe after a backslash is text."""
    lines = [line for line in text(path).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def number_of(name):
    """09b of 09b_why_it_works."""
    return name.partition("_")[0]


def about(path, folder):
    """{notebook name: the other cells} of the table whose first cell links to the notebooks in `folder`."""
    link = re.compile(rf"\[.*\]\({re.escape(folder)}(\w+)\.ipynb\)$")
    return {match[1]: cells[1:] for cells in rows(path) if (match := link.match(cells[0]))}


@pytest.mark.parametrize("path", DOCUMENTS + NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_somewhere(path):
    assert broken_links(path, text(path)) == []


def test_a_broken_link_is_found():
    markdown = "# A b\n[1](nothing.md) [2](README.md#install) [3](README.md#no) [4](#a-b) [5](#c) [6](https://x.org/#y)"
    markdown += ' [7](nowhere.md "with words")'
    assert broken_links(ROOT / "CHANGELOG.md", markdown) == ["nothing.md", "README.md#no", "#c", "nowhere.md"]


@pytest.mark.parametrize("path", [EXAM, RUBRIC, KEY, CHEATSHEET, CONTRIBUTING], ids=lambda path: path.name)
def test_python_blocks_run(path):
    assert len(blocks(path, "python")) >= 1
    run(path)


def test_each_of_the_five_changes_has_its_files_and_its_example():
    _, changes = text(CONTRIBUTING).split("## Five typical changes\n")
    _, *sections = changes.split("\n### ")
    assert [section.splitlines()[0] for section in sections] == [
        "A new teacher",
        "A new oracle",
        "A new lemma",
        "A new exercise",
        "A new picture",
    ]
    for section in sections:
        steps, example = section.split("```python\n")
        assert "assert " in example
        for name in re.findall(r"`((?:lowlogit_edu|tests|notebooks|docs)/[^`]*)`", steps):
            folder, _, file = name.rpartition("/")
            assert (ROOT / folder).is_dir(), name
            assert "NAME" in file or "NN" in file or (ROOT / name).is_file(), name


def test_the_picture_of_the_rooms_has_each_in_its_place():
    (picture,) = blocks(CONTRIBUTING, "mermaid")
    drawn = re.findall(r'^ +(\w+)\["(\w+)(\.py)?<br/>[^"]+"\]$', picture, re.MULTILINE)
    assert [name for name, _, _ in drawn] == [label for _, label, _ in drawn] == ROOMS
    assert all((PACKAGE / (label + suffix)).exists() for _, label, suffix in drawn)
    floors = re.findall(r"^ +subgraph (\w+) \[", picture, re.MULTILINE)
    assert picture.splitlines()[-1].split() == " --> ".join(floors).split()


@pytest.mark.parametrize(("path", "folder"), [(INSTRUCTORS, "../notebooks/"), (README, "notebooks/")])
def test_the_table_of_notebooks_names_each_one_with_its_minutes(path, folder):
    table = about(path, folder)
    assert list(table) == [source.stem for source in SOURCES]
    for source in SOURCES:
        (minutes,) = re.findall(r"\*\*Time\*\*: (\d+) minutes", source.read_text("utf-8").replace("\n# ", " "))
        assert minutes in table[source.stem], source.stem


def test_the_guide_counts_the_checks_of_each_notebook():
    for name, cells in about(INSTRUCTORS, "../notebooks/").items():
        assert int(cells[-1]) == sum(known.startswith(f"nb{number_of(name)}_") for known in dir(check)), name


@pytest.mark.parametrize("path", [INSTRUCTORS, *FOR_INSTRUCTORS, GLOSSARY, CHEATSHEET], ids=lambda path: path.name)
def test_every_check_that_is_named_exists(path):
    assert set(re.findall(r"\bnb\d\d[a-z]?_\w+", text(path))) <= set(dir(check))


def quoted():
    """(check, words of its reply) of the guide's table of mistakes."""
    return [(cells[0].strip("`"), cells[2].strip('"')) for cells in rows(MISTAKES) if cells[0].startswith("`nb")]


@pytest.mark.parametrize(("name", "words"), quoted())
def test_the_reply_that_the_guide_quotes_is_given_to_a_wrong_answer(name, words):
    path = ROOT / "tests" / "exercises" / "answers" / f"nb{number_of(name[2:])}.py"
    answers = runpy.run_path(str(path))["WRONG"][name].values()
    assert any(words in getattr(check, name)(answer).message for answer in answers)


def test_the_guide_has_mistakes_of_every_notebook_and_fifteen_questions():
    assert {number_of(name[2:]) for name, _ in quoted()} == {number_of(source.stem) for source in SOURCES}
    assert re.findall(r"^\*\*(\d+)\*\* \(notebook", text(EXAM), re.MULTILINE) == [str(n) for n in range(1, 16)]


def test_every_page_for_instructors_is_on_their_first_page():
    assert {path.name for path in FOR_INSTRUCTORS} == set(re.findall(r"\(instructors/(\w+\.md)\)", text(INSTRUCTORS)))


def test_the_points_of_the_exam_add_up():
    questions = re.split(r"^(?=\*\*\d+\*\* \(notebook)", text(EXAM), flags=re.MULTILINE)
    points = [int(found) for question in questions[1:] for found in re.findall(r"^\*(\d+) points\.\*", question, re.M)]
    assert len(points) == 15
    assert f"Fifteen questions, {sum(points)} points" in questions[0]


def test_the_rubric_holds_every_exercise_without_a_check():
    open_ones = []
    for source in SOURCES:
        exercises = re.split(r"^# \*\*Exercise (?=\d)", source.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
        for exercise in exercises:
            number = re.match(r"\d+", exercise)[0]
            if "check.nb" not in exercise:
                open_ones.append(f"{number_of(source.stem)}, exercise {number}")
    found = re.findall(r"^## (\d\d[a-z]?, exercise \d+):", text(RUBRIC), re.MULTILINE)
    assert found == open_ones and len(found) == 16
    assert text(RUBRIC).count("*Points.*") == 16


def test_the_concept_test_has_a_key_with_a_mistake_behind_every_wrong_answer():
    questions = re.split(r"^\*\*(\d+)\.\*\*", text(QUESTIONS), flags=re.MULTILINE)[1:]
    letters = {
        number: re.findall(r"^- ([A-Z])\. ", body, re.M) for number, body in zip(*[iter(questions)] * 2, strict=True)
    }
    key = {cells[0]: cells for cells in rows(KEY) if cells[0].isdigit() and len(cells) == 4}
    assert list(letters) == list(key) == [str(number) for number in range(1, 11)]
    for number, (_, right, wrong, place) in key.items():
        assert letters[number] == list("ABCD")
        assert sorted(right + "".join(re.findall(r"\b([A-D]): ", wrong))) == list("ABCD")
        notebook, *sections = re.findall(r"\d+b?", place)
        (source,) = [source for source in SOURCES if number_of(source.stem) == notebook]
        for section in sections:
            assert f"# ## {section} · " in source.read_text(encoding="utf-8"), place
    assert all(list(cells[1] for cells in key.values()).count(letter) >= 2 for letter in "ABCD")


def test_the_questions_do_not_lead_to_the_key():
    assert "KEY" not in text(QUESTIONS) and "](" not in text(QUESTIONS)


def test_the_table_of_gains_is_the_formula():
    gains = {int(cells[0]): cells[1:] for cells in rows(KEY) if cells[0].isdigit() and len(cells) == 9}
    assert list(gains) == list(range(2, 9))
    for before, shown in gains.items():
        for after, gain in zip(range(3, 11), shown, strict=True):
            assert float(gain) == pytest.approx((after - before) / (10 - before), abs=0.00501)


def test_names_of_the_package_in_the_cheat_sheet_exist():
    names = re.findall(r"`ll\.([\w.]+)`", text(CHEATSHEET))
    assert len(names) > 30
    for name in names:
        found = ll
        for part in name.split("."):
            found = getattr(found, part)


@pytest.mark.parametrize("line", [line for block in blocks(CHEATSHEET, "sh") for line in block.splitlines()])
def test_lines_of_the_cheat_sheet_are_understood(line):
    command, *arguments = shlex.split(line)
    assert command == "lowlogit"
    parser().parse_args(arguments)


def names_in(path):
    """Every name that a Python file defines: functions, classes, attributes, arguments."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def test_names_of_the_glossary_are_in_the_files_that_it_links():
    links = re.findall(r"\[`(\w+)`\]\(([^)]+)\)", text(GLOSSARY))
    assert len(links) > 80
    for name, target in links:
        assert name in names_in(GLOSSARY.parent / target), (name, target)


def test_the_glossary_explains_each_symbol_and_term_once():
    entries = [cells[0] for cells in rows(GLOSSARY) if len(cells) in (4, 5) and cells[0] not in {"symbol", "term"}]
    doubled = {entry for entry in entries if entries.count(entry) > 1}
    assert doubled == {"λ"}  # it has two meanings, as the page says at its top
    assert all(cells[-1] and cells[-2] for cells in rows(GLOSSARY))
