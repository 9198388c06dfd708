"""Links that `build.py` puts into the notebooks: to the notebooks before and after, the paper's page, the glossary.

The order is that of the sources' names. Nothing of this stands in the sources: a notebook that is added, renamed or
taken away changes its neighbours' links when they are built.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
from public import address, install_cell, launch_links

# Words that the course uses in their plain sense too, so that the first use is often not the glossary's.
PLAIN_WORDS = {"budget", "copying", "explorer", "refinement", "status", "teacher", "trace", "width"}
OTHER_SENSE = {"02_logit_matrices": {"residual"}}  # there, of a regression
# What prose is not: fences, details (HTML goes on to the next empty line), headings, rows of tables, references,
# code, formulas, links, tags.
NOT_PROSE = re.compile(
    r"^```.*?^```$|^<details>.*?(?=\n\n|\Z)|^#.*?$|^\|.*?$|^\*\*References\*\*.*?(?=\n\n|\Z)"
    r"|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\[[^\]]*\]\([^)]*\)|<[^>]*>",
    re.MULTILINE | re.DOTALL,
)
ANCHOR = re.compile(r'<a id="[^"]*"></a>')  # a place to lead to; `anchor` names it
ROW = re.compile(r"^\| ([^|]+) \| ((?:[^|]|\\\|)+) \|", re.MULTILINE)


def title(source: Path) -> str:
    """The heading of a notebook, without its mark."""
    found = re.search(r"^# # (.*)$", source.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else source.stem


def in_order(folder: Path, *, solved: bool) -> list[Path]:
    """The sources as the course goes through them; of solutions, those that have exercises."""
    sources = sorted(folder.glob("*.py"))
    return [each for each in sources if not solved or "# BEGIN SOLUTION" in each.read_text(encoding="utf-8")]


def neighbours(source: Path, *, solved: bool) -> tuple[Path | None, Path | None]:
    """The sources before and after one."""
    order = in_order(source.parent, solved=solved)
    place = order.index(source)
    before = order[place - 1] if place else None
    after = order[place + 1] if place + 1 < len(order) else None
    return before, after


def taught(source: Path) -> dict[str, str]:
    """The statements that a notebook teaches, by the paper's arXiv number."""
    table = source.parents[1] / "teaches.toml"
    if not table.exists():
        return {}
    papers = tomllib.loads(table.read_text(encoding="utf-8"))
    return {paper: notebooks[source.stem] for paper, notebooks in papers.items() if source.stem in notebooks}


def top(source: Path, *, solved: bool) -> str:
    """The lines under a notebook's heading; empty where there is nothing to lead to."""
    before, after = neighbours(source, solved=solved)
    way = []
    if before:
        way.append(f"← {_link(before)}")
    if solved:
        way.append(f"[the lesson](../{source.stem}.ipynb)")
    if after:
        way.append(f"{_link(after)} →")
    lines = [" · ".join(way)] if before or after else []
    if not solved:
        lines += [f"Of arXiv:{paper}: [{what}](../docs/PAPER.md)" for paper, what in taught(source).items()]
        lines += filter(None, [launch_links(address(), f"notebooks/{source.stem}.ipynb")])
    return "\\\n".join(lines)  # a backslash at the end of a line keeps the break


def bottom(source: Path, *, solved: bool) -> str:
    """The last words of a notebook; empty where it stands alone."""
    before, after = neighbours(source, solved=solved)
    if after:
        return f"**Next**: {_link(after)}"
    if before:
        return f"This is the last one. **Back to the first**: {_link(in_order(source.parent, solved=solved)[0])}"
    return ""


def _link(source: Path) -> str:
    return f"[{title(source)}]({source.stem}.ipynb)"


def glossary(source: Path) -> dict[str, str]:
    """The terms of docs/GLOSSARY.md that prose can be linked by, with their meaning."""
    page = source.parents[2] / "docs" / "GLOSSARY.md"
    if not page.exists():
        return {}
    _, _, terms = page.read_text(encoding="utf-8").partition("\n## Terms\n")
    left_out = {"term"} | PLAIN_WORDS | OTHER_SENSE.get(source.stem, set())
    found = {}
    for names, meaning in ROW.findall(terms):
        for name in ANCHOR.sub("", names).split(", "):
            if name not in left_out:
                found[name] = re.sub(r"[*`\\]", "", meaning).replace('"', "'")
    return found


def anchor(term: str) -> str:
    """The name of a term's place in the glossary.

    >>> anchor("hidden Markov model")
    'term-hidden-markov-model'
    """
    return "term-" + re.sub(r"[^a-z0-9]+", "-", term.lower()).strip("-")


def link_terms(prose: str, terms: Mapping[str, str], page: str) -> tuple[str, list[str]]:
    """Markdown with the first use of each term linked to the glossary, and the terms that were found."""
    found: list[str] = []
    text = prose
    for term, meaning in terms.items():
        use = _first_use(text, term)
        if use:
            text = f'{text[: use.start()]}[{use[0]}]({page}#{anchor(term)} "{meaning}"){text[use.end() :]}'
            found.append(term)
    return text, found


def _first_use(text: str, term: str) -> re.Match[str] | None:
    """Where a term stands in prose first, in the singular or plural, at the beginning of a sentence or within."""
    first = f"[{term[0].lower()}{term[0].upper()}]" if term[0].islower() else re.escape(term[0])
    word = re.compile(rf"(?<![\w-]){first}{re.escape(term[1:])}(?:s|es)?(?![\w-])")
    for begin, end in _prose(text):
        use = word.search(text, begin, end)
        if use:
            return use
    return None


def _prose(text: str) -> Iterator[tuple[int, int]]:
    """Beginnings and ends of what is neither code, formula, heading, table, link nor HTML."""
    begin = 0
    for other in NOT_PROSE.finditer(text):
        yield begin, other.start()
        begin = other.end()
    yield begin, len(text)


def with_links(cells: list[nbformat.NotebookNode], source: Path, *, solved: bool) -> list[nbformat.NotebookNode]:
    """The cells with their way on at the top and the end; in a lesson, with words that lead to the glossary.

    Where the repository has a public address, a cell behind the heading installs the package on Colab.
    """
    if not solved:
        terms = glossary(source)
        for cell in cells:
            if cell.cell_type == "markdown":
                cell.source, found = link_terms(cell.source, terms, "../docs/GLOSSARY.md")
                terms = {term: meaning for term, meaning in terms.items() if term not in found}
    above = top(source, solved=solved)
    if above:
        heading, _, rest = cells[0].source.partition("\n")
        cells[0].source = f"{heading}\n\n{above}\n{rest}".rstrip("\n")
    installing = install_cell(address())
    if installing:
        cells = [cells[0], nbformat.v4.new_code_cell(installing, metadata={"tags": ["setup"]}), *cells[1:]]
    below = bottom(source, solved=solved)
    return [*cells, nbformat.v4.new_markdown_cell(below)] if below else cells
