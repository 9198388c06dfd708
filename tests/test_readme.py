"""The examples of the README print what it says; its links lead somewhere.

`make readme` writes the printed output anew, and docs/PAPER.md too.
"""

import base64
import contextlib
import io
import re
from pathlib import Path

from public import address, readme_line
from test_paper import write as write_page

import lowlogit_edu as ll
from lowlogit_edu.widgets.logit_atlas import LogitAtlas

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
LAUNCH = re.compile(r"(?<=<!-- launch: begin -->\n).*?(?=\n<!-- launch: end -->)", re.DOTALL)
EXAMPLE = re.compile(r"(?<=```python\n)(?P<code>.*?)```\n\n```text\n(?P<printed>.*?)(?=```)", re.DOTALL)


def run(code, names):
    """What `code` prints; `names` are those of the examples before it, and it adds its own."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, names)
    return printed.getvalue()


def written(text):
    """The README with its output, and its links to run the course elsewhere, as they should be."""
    names = {"__name__": "readme"}
    text = LAUNCH.sub(lambda _: readme_line(address()), text)
    return EXAMPLE.sub(lambda example: f"{example['code']}```\n\n```text\n{run(example['code'], names)}", text)


def write_picture():
    """docs/atlas.png: a run of the learner at its first witness."""
    teacher = ll.models.random_isan(alphabet_size=2, dimension=3, horizon=6, seed=0)
    config = ll.LearnerConfig(spanner_samples=40, validation_samples=20)
    atlas = LogitAtlas.of_run(ll.oracles.ExactOracle(teacher), 6, config, seed=0)
    found = [number for number, frame in enumerate(atlas.atlas.frames) if frame.witnesses]
    picture = LogitAtlas(atlas.atlas, found[0]).picture()._repr_mimebundle_()[0]["image/png"]
    (ROOT / "docs" / "atlas.png").write_bytes(base64.b64decode(picture))


def broken_links(text):
    """Relative link targets of a Markdown text in the root folder that do not exist."""
    targets = re.findall(r"\]\(([^)#]+)\)", text)
    return [target for target in targets if "://" not in target and not (ROOT / target).exists()]


def test_the_examples_print_what_the_readme_says():
    text = README.read_text(encoding="utf-8")
    assert len(EXAMPLE.findall(text)) == 2 and len(LAUNCH.findall(text)) == 1
    assert written(text) == text, "make readme"


def test_the_examples_are_short():
    for example in EXAMPLE.finditer(README.read_text(encoding="utf-8")):
        assert len([line for line in example["code"].splitlines() if line.strip()]) <= 14


def test_links_lead_somewhere():
    assert broken_links(README.read_text(encoding="utf-8")) == []


def test_a_broken_link_is_found():
    text = "[a](README.md) [b](no/such.md) [c](https://example.org) [d](#install)"
    assert broken_links(text) == ["no/such.md"]


if __name__ == "__main__":
    write_page()
    write_picture()
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
