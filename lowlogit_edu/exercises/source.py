"""What the source of a student's function says: how long it is, and whether it is written yet."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any


def _tree_of(function: Any) -> ast.Module:
    """A function's source, parsed; empty where there is none to read."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return ast.Module([], [])


def code_lines(function: Any) -> int:
    """Lines of a function that hold code; its docstring, comments and empty lines are left out.

    >>> code_lines(code_lines)
    6
    """
    tree = _tree_of(function)
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    of_texts = {id(part) for text in texts for part in ast.walk(text)}
    nodes = [node for node in ast.walk(tree) if id(node) not in of_texts]
    return len({node.lineno for node in nodes if isinstance(node, ast.stmt | ast.expr | ast.arg)})


def has_dots(function: Any) -> bool:
    """Whether a function has a line that is `...`; False where there is no source to read."""
    lines = [node.value for node in ast.walk(_tree_of(function)) if isinstance(node, ast.Expr)]
    return any(_are_dots(line) for line in lines)


def is_begun(function: Any) -> bool:
    """Whether a function's source has neither dots in it nor an empty body; False where there is no source to read."""
    tree = _tree_of(function)
    if len(tree.body) != 1:
        return False
    # The dots of x[..., None] are an index, those of a line of their own are what is to be written.
    index = {id(part) for subscript in _subscripts(tree) for part in ast.walk(subscript.slice)}
    dots = any(_are_dots(node) for node in ast.walk(tree) if id(node) not in index)
    (definition,) = tree.body
    body = definition.body if isinstance(definition, ast.FunctionDef) else []
    return not dots and not all(isinstance(line, ast.Pass) or _is_text(line) for line in body)


def _is_text(line: ast.stmt) -> bool:
    """Whether a line is a docstring, or another constant that nothing is done with."""
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)


def _subscripts(tree: ast.Module) -> Iterator[ast.Subscript]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Subscript))


def _are_dots(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...
