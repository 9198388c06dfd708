"""The example of the README prints what it says, its links lead somewhere.

`make readme` writes the printed output anew, and docs/PAPER.md too.
"""

import contextlib
import io
import re
from pathlib import Path

from test_paper import write as write_page

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
EXAMPLE = re.compile(r"(?<=```python\n)(?P<code>.*?)```\n\n```text\n(?P<printed>.*?)(?=```)", re.DOTALL)


def run(code):
    """What `code` prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, {"__name__": "readme"})
    return printed.getvalue()


def written(text):
    """The README with its output as it should be."""
    example = EXAMPLE.search(text)
    return text[: example.start("printed")] + run(example["code"]) + text[example.end("printed") :]


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


def test_links_lead_somewhere():
    assert broken_links(README.read_text(encoding="utf-8")) == []


def test_a_broken_link_is_found():
    text = "[a](README.md) [b](no/such.md) [c](https://example.org) [d](#install)"
    assert broken_links(text) == ["no/such.md"]


if __name__ == "__main__":
    write_page()
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
