"""One action per line: unrelated values are not packed into one assignment, functions fit on a screen."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READ = ("lowlogit_edu", "notebooks/src", "benchmarks", "tests")  # by students and by those who change something
PACKINGS = 5  # per 1,000 statements; two codebases that read well have 0 and 2
LINES = 60  # of a function, docstring included


def packings(tree):
    """The lines that assign several values at once, `a, b = x, y`."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple)
    ]


def long_functions(tree):
    """Functions of more than LINES lines, with their length."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {node.name: node.end_lineno - node.lineno + 1 for node in functions}
    return {name: length for name, length in lengths.items() if length > LINES}


def trees(folder):
    """Every module below a folder, parsed, by its path."""
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py"))}


@pytest.mark.parametrize("folder", READ)
def test_few_values_are_packed_together(folder):
    modules = trees(ROOT / folder)
    found = {path.relative_to(ROOT).as_posix(): packings(tree) for path, tree in modules.items()}
    statements = sum(isinstance(node, ast.stmt) for tree in modules.values() for node in ast.walk(tree))
    count = sum(map(len, found.values()))
    assert 1000 * count / statements < PACKINGS, {path: lines for path, lines in found.items() if lines}


@pytest.mark.parametrize("folder", READ)
def test_functions_fit_on_a_screen(folder):
    found = {path.relative_to(ROOT).as_posix(): long_functions(tree) for path, tree in trees(ROOT / folder).items()}
    assert {path: functions for path, functions in found.items() if functions} == {}


def test_what_is_counted_is_found():
    assert packings(ast.parse("a, b = 1, 2\nc, d = pair\ne = 1, 2\nf, g = f(x), 3")) == [1, 4]
    assert long_functions(ast.parse("def f():\n" + "    x = 1\n" * LINES)) == {"f": LINES + 1}
