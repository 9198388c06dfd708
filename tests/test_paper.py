"""docs/PAPER.md leads from a statement of the papers to code, test and notebook; `make readme` writes it anew."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "PAPER.md"
SOURCES = ROOT / "notebooks" / "src"
TEACHES = ROOT / "notebooks" / "teaches.toml"
PAPER = "2512.09892"
COMPANION = "2510.24966"

# What the table covers, in the paper's order; of the companion, whose numbers are not known here, by name.
STATEMENTS = {
    PAPER: {
        "Definition 1.1": "language model over sequences of T tokens",
        "Definition 1.2": "mean-centred logits",
        "Definition 1.3": "logit matrix: histories by futures",
        "Definition 1.4": "exact logit rank",
        "Definition 1.5": "time-varying ISAN",
        "Fact 1.1": "low logit rank is the same as a small ISAN",
        "Definition 1.6": "approximate logit rank, on average",
        "Definition 1.7": "logit oracle",
        "Theorem 1.2": "main theorem, informally",
        "Equation 2": "average error of a rank-r approximation",
        "Figure 1": "that error against the rank",
        "Equation 3": "a spanner row with one more token in the next spanner",
        "Equation 4": "a history's row in the spanner",
        "Equation 5": "greedy update of the coefficients",
        "Equation 6": "how that update's errors multiply",
        "Equation 7": "representative futures see every linear relation",
        "Equation 8": "coefficients held to the representative futures",
        "Equation 9": "linear program, in the overview",
        "Equation 10": "linear program, in Algorithm 1",
        "Equation 11": "centring of the oracle's answer",
        "Equation 12": "elliptical potential",
        "Equation 13": "a witness has a large surprise",
        "Equation 14": "linear program, in Algorithm 2 and the proofs",
        "Definition 3.1": "low-rank language model (of probabilities)",
        "Definition 4.1": "approximate logit oracle",
        "Definition 4.2": "alpha-bounded of rank d",
        "Definition 4.3": "approximate bounded logit rank",
        "Definition 4.4": "oracle trace that is nearly of bounded low rank",
        "Algorithm 1": "learner",
        "Algorithm 2": "sampler",
        "Algorithm 3": "DistSpanner",
        "Lemma 5.1": "few witnesses per cut",
        "Lemma 5.2": "samples that a distributional spanner needs",
        "Lemma 5.3": "softmax is Lipschitz",
        "Lemma 5.4": "all spanners are good",
        "Lemma 5.5": "the programs are feasible",
        "Lemma 5.6": "the learner ends",
        "Lemma 5.7": "what passes the test is right on average",
        "Lemma 5.8": "errors telescope into residuals",
        "Lemma 5.9": "total variation position by position",
        "Lemma 5.10": "number of queries",
        "Theorem 5.11": "learning from an approximate oracle",
        "Lemma 5.12": "form of the queries",
        "Theorem 5.14": "learning a model that is only nearly of low rank",
        "Section 5.2": "parameters",
        "Remark 5.7": "the oracle may be approximate",
        "Remark 5.8": "logits from conditional samples",
        "Remark 5.9": "the same at high temperature",
        "Corollary 5.15": "learning Boolean functions with queries",
        "Problem 6.1": "open: no polynomial in the rank? Experiment: what the proof asks for",
        "Problem 6.2": "open: from conditional samples alone? Experiment: what they cost",
    },
    COMPANION: {
        "ISAN equivalence": "low logit rank is the same as a small ISAN",
        "LINGEN": "continuing a text by a combination of unrelated ones",
        "Power law of singular values": "singular values fall as a power of their number",
        "Power law of KL": "KL of a rank-r approximation falls as a power of r",
        "Principal angles": "nonsense futures span nearly the same space",
        "Logit rank against probability rank": "neither is bounded by the other",
    },
}
# Statements without code so far, and those that no notebook teaches; these lists may only become shorter.
MISSING: set[str] = set()
UNTAUGHT = {
    "Equation 11",
    "Definition 4.3",
    "Definition 4.4",
    "Lemma 5.4",
    "Section 5.2",
    "Power law of singular values",
    "Power law of KL",
    "Principal angles",
}
KINDS = "Definition|Equation|Eq|Figure|Fact|Algorithm|Lemma|Theorem|Section|Remark|Corollary|Problem"
NUMBERS = re.compile(rf"\b({KINDS})s?\.? (\d+(?:\.\d+)?(?:(?:, | and | to )\d+(?:\.\d+)?)*)")


def references(statement):
    """The statements that a text names: `Equations 3 to 5 and 7` gives Equation 3, 4, 5 and 7."""
    last = 0
    for kind, numbers in NUMBERS.findall(statement):
        kind = {"Eq": "Equation"}.get(kind, kind)
        parts = re.split(r"(, | and | to )", numbers)
        for before, number in zip(["", *parts[1::2]], parts[::2], strict=True):
            chapter, dot, count = number.rpartition(".")
            first = int(count) if before != " to " else last + 1
            yield from (f"{kind} {chapter}{dot}{n}" for n in range(first, int(count) + 1))
            last = int(count)


def names_in(node):
    """Every name that a piece of code uses."""
    found = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    found |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    return found | {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}


def homes(source):
    """(arXiv number, statement, name) of every `Paper:` line in the docstrings of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            text = ast.get_docstring(node) or ""
            for found, paper in re.findall(r"^Paper: (.*), arXiv:(\d+\.\d+)", text, re.MULTILINE):
                yield paper, found, node.name


@cache
def cases_of(path):
    """Of a test file: the tests in their order, each with all names that it uses, helpers and constants included."""
    used = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
        if isinstance(node, ast.Assign):
            targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
        used |= {target: names_in(node) for target in targets}
    for _ in used:
        grown = {name: found.union(*(used[other] for other in found & used.keys())) for name, found in used.items()}
        if grown == used:
            break
        used = grown
    return {name: found for name, found in used.items() if name.startswith("test_")}


@cache
def users(path):
    """Of a module: for each name, the functions and classes at its top that use it."""
    found = {}
    for top in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(top, ast.FunctionDef | ast.ClassDef):
            for name in names_in(top):
                found.setdefault(name, []).append(top.name)
    return found


def case_for(name, module):
    """`room/file::test` of the first test that uses `name`, or what uses it in its module; `-` if none.

    The module's own test file goes first, then those of its room.
    """
    room = ROOT / "tests" / module.relative_to(ROOT / "lowlogit_edu").parent
    own = room / f"test_{module.stem}.py"
    files = sorted((ROOT / "tests").rglob("test_*.py"), key=lambda path: (path != own, path.parent != room, path))
    names = [name]
    for one in names:  # grows on the way
        for path in files:
            for test, used in cases_of(path).items():
                if one in used:
                    return f"{path.relative_to(ROOT / 'tests').as_posix()}::{test}"
        names += [user for user in users(module).get(one, []) if user not in names]
    return "-"


def taught():
    """What the notebooks declare to teach: {(arXiv number, statement): [names of notebooks]}."""
    found = {}
    for paper, notebooks in tomllib.loads(TEACHES.read_text(encoding="utf-8")).items():
        for name, text in notebooks.items():
            for statement in references(text) if paper == PAPER else text.split("; "):
                found.setdefault((paper, statement), []).append(name)
    return found


def named_in(source):
    """The statements that a notebook names before its references, and the papers that it names anywhere."""
    text = re.sub(r"\n# ?", " ", source)  # a statement may go on in the next line
    prose, _, _ = text.partition("**References**")
    return {*references(prose), *re.findall(r"\b\d{4}\.\d{5}\b", text)}


def entries():
    """Where each statement has its homes: {(arXiv number, statement): [(name, module), ...]}."""
    found = {(paper, statement): [] for paper, statements in STATEMENTS.items() for statement in statements}
    for path in sorted((ROOT / "lowlogit_edu").rglob("*.py")):
        for paper, text, name in homes(path.read_text(encoding="utf-8")):
            titles = {title for title in STATEMENTS[COMPANION] if title.lower() in text.lower()}
            for statement in titles.union(references(text)):
                places = found.get((paper, statement), [])  # nothing is collected where the table lacks the statement
                if (name, path) not in places:
                    places.append((name, path))
    return found


def page():
    """The text of docs/PAPER.md."""
    lines = [
        "# From the papers to the code",
        "",
        "Made by `make readme` from the docstrings and from notebooks/teaches.toml; a test compares it. A dash: none.",
    ]
    found = entries()
    lessons = taught()
    for paper, statements in STATEMENTS.items():
        lines += ["", f"## [arXiv:{paper}](https://arxiv.org/abs/{paper})", ""]
        lines += ["| statement | meaning | code | test | notebook |", "|---|---|---|---|---|"]
        for statement, meaning in statements.items():
            names = lessons.get((paper, statement), [])
            links = ", ".join(f"[{name.partition('_')[0]}](../notebooks/{name}.ipynb)" for name in names) or "-"
            cells = [cells_of(name, path) for name, path in found[paper, statement]] or ["- | -"]
            lines += [f"| {statement} | {meaning} | {rest} | {links} |" for rest in cells]
    return "\n".join(lines) + "\n"


def cells_of(name, path):
    """Code and test of one home, as cells of a table."""
    code = f"[`{name}`](../{path.relative_to(ROOT).as_posix()})"
    test = case_for(name, path)
    quoted = "-" if test == "-" else f"`{test}`"
    return f"{code} | {quoted}"


def write():
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(page(), encoding="utf-8")


def test_the_page_is_that_of_the_docstrings():
    assert TABLE.read_text(encoding="utf-8") == page(), "make readme"


def test_every_statement_has_code_but_those_listed():
    assert {statement for (_, statement), places in entries().items() if not places} == MISSING


def test_every_home_has_a_test():
    untested = {name for places in entries().values() for name, path in places if case_for(name, path) == "-"}
    assert untested == set()


def test_every_statement_is_taught_but_those_listed():
    known = {(paper, statement) for paper, statements in STATEMENTS.items() for statement in statements}
    assert taught().keys() - known == set()
    assert {statement for _, statement in known - taught().keys()} == UNTAUGHT


def test_a_notebook_names_what_it_is_said_to_teach():
    names = {name for notebooks in taught().values() for name in notebooks}
    named = {name: named_in((SOURCES / f"{name}.py").read_text(encoding="utf-8")) for name in names}
    for (paper, statement), notebooks in taught().items():
        for name in notebooks:
            assert (statement if paper == PAPER else paper) in named[name], (statement, name)


def test_a_name_over_two_lines_is_found_and_one_in_the_references_is_not():
    source = "# By Lemma\n# 5.3 and Equations 3,\n# 5 and 6.\n# **References**: Lemma 5.4; arXiv:2510.24966."
    assert named_in(source) == {"Lemma 5.3", "Equation 3", "Equation 5", "Equation 6", "2510.24966"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lemma 5.1 (few witnesses; with Equations 12 and 13)", ["Lemma 5.1", "Equation 12", "Equation 13"]),
        ("Equations 3 to 6", ["Equation 3", "Equation 4", "Equation 5", "Equation 6"]),
        ("Remarks 5.7 to 5.9", ["Remark 5.7", "Remark 5.8", "Remark 5.9"]),
        ("Definition 1.2 (words); the projection of Eq. 11", ["Definition 1.2", "Equation 11"]),
        ("Algorithm 1, lines 13 and 14", ["Algorithm 1"]),
        ("LINGEN", []),
    ],
)
def test_the_statements_that_a_text_names(text, expected):
    assert list(references(text)) == expected


def test_a_home_is_found_with_its_paper():
    source = 'class A:\n    """Words.\n\n    Paper: LINGEN, arXiv:2510.24966.\n    """'
    assert list(homes(source)) == [("2510.24966", "LINGEN", "A")]


def test_a_test_that_uses_a_name_through_a_helper_is_found(tmp_path):
    path = tmp_path / "test_x.py"
    path.write_text("def helper():\n    return spam()\n\ndef test_a():\n    eggs()\n\ndef test_b():\n    helper()\n")
    assert cases_of(path) == {"test_a": {"eggs"}, "test_b": {"helper", "spam"}}


if __name__ == "__main__":
    write()
