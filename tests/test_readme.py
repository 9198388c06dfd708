"""The example of the README prints what it says, its table of the paper is true, its links lead somewhere.

`make readme` writes the printed output and the table anew, and docs/PAPER.md too.
"""

import ast
import contextlib
import io
import re
from pathlib import Path

from test_paper import write as write_page

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
EXAMPLE = re.compile(r"(?<=```python\n)(?P<code>.*?)```\n\n```text\n(?P<printed>.*?)(?=```)", re.DOTALL)
TABLE = re.compile(r"(?<=<!-- paper: begin -->\n)(?P<table>.*?)(?=<!-- paper: end -->)", re.DOTALL)


def run(code):
    """What `code` prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, {"__name__": "readme"})
    return printed.getvalue()


def statements(source):
    """(statement, name) of every function and class whose docstring has a line `Paper: STATEMENT, arXiv:...`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for found in re.findall(r"^Paper: (.*), arXiv:2512\.09892", ast.get_docstring(node) or "", re.MULTILINE):
                yield found, node.name


def natural(text):
    """A sort key that puts `Algorithm 2` before `Algorithm 10`."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", text)]


def paper_table():
    """Where each statement of the paper has its home, as a Markdown table."""
    paths = sorted((ROOT / "lowlogit_edu").rglob("*.py"))
    homes = [
        (found, name, path.relative_to(ROOT).as_posix())
        for path in paths
        for found, name in statements(path.read_text(encoding="utf-8"))
    ]
    rows = [
        f"| {found} | `{name}` | [{path.removeprefix('lowlogit_edu/')}]({path}) |\n"
        for found, name, path in sorted(homes, key=lambda home: natural(home[0]))
    ]
    return "| statement | name | file |\n|---|---|---|\n" + "".join(rows)


def written(text):
    """The README with its output and its table as they should be."""
    example = EXAMPLE.search(text)
    text = text[: example.start("printed")] + run(example["code"]) + text[example.end("printed") :]
    return TABLE.sub(lambda _: paper_table(), text)


def broken_links(text):
    """Relative link targets of a Markdown text in the root folder that do not exist."""
    targets = re.findall(r"\]\(([^)#]+)\)", text)
    return [target for target in targets if "://" not in target and not (ROOT / target).exists()]


def test_the_example_prints_what_the_readme_says():
    example = EXAMPLE.search(README.read_text(encoding="utf-8"))
    assert run(example["code"]) == example["printed"], "make readme"


def test_the_example_is_short():
    example = EXAMPLE.search(README.read_text(encoding="utf-8"))
    assert len([line for line in example["code"].splitlines() if line.strip()]) <= 12


def test_the_table_of_the_paper_is_that_of_the_docstrings():
    assert TABLE.search(README.read_text(encoding="utf-8"))["table"] == paper_table(), "make readme"


def test_a_statement_is_found_in_a_docstring():
    source = 'def f():\n    """Words.\n\n    Paper: Lemma 5.1 (few witnesses), arXiv:2512.09892.\n    """'
    assert list(statements(source)) == [("Lemma 5.1 (few witnesses)", "f")]


def test_links_lead_somewhere():
    assert broken_links(README.read_text(encoding="utf-8")) == []


def test_a_broken_link_is_found():
    text = "[a](README.md) [b](no/such.md) [c](https://example.org) [d](#install)"
    assert broken_links(text) == ["no/such.md"]


if __name__ == "__main__":
    write_page()
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
