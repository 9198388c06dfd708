"""Imports go downwards only, heavy libraries stay out of the core, modules stay short and quiet."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "lowlogit_edu"
LAYERS = [
    "errors numerics rng storage threads types",
    "models hugging_face",
    "oracles",
    "bounded config logit_matrix futures potential spanner program parameters probability_rank equivalence",
    "answers events learned_model program_model isan_model loading faithful regression roll_out refine verification "
    "practical checkpoint learner",
    "export evaluation comparison text_quality runs baselines boolean boolean_functions lemmas measure trace",
    "plots report pages",
    "widgets exercises cli __main__",
]
LAYER = {name: layer for layer, names in enumerate(LAYERS) for name in names.split()}
TOP_OF_CORE = LAYER["evaluation"]
ON_TORCH = {"hugging_face"}  # the core imports it inside functions only
HEAVY = {"torch", "transformers", "matplotlib", "plotly", "cvxpy", "ipywidgets"}


def imported(tree, *, when_loaded=False):
    """(line, dotted module name) of every import, or of those `when_loaded`; `from a import b` counts as a.b."""
    if isinstance(tree, ast.Import):
        return [(tree.lineno, alias.name) for alias in tree.names]
    if isinstance(tree, ast.ImportFrom):
        base = "." * tree.level + (tree.module or "")
        return [(tree.lineno, f"{base}.{alias.name}") for alias in tree.names]
    for_types = isinstance(tree, ast.If) and ast.unparse(tree.test) == "TYPE_CHECKING"
    if when_loaded and (for_types or isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)):
        return []
    return [found for child in ast.iter_child_nodes(tree) for found in imported(child, when_loaded=when_loaded)]


def broken_rules(name, source):
    """What the module `name` (a file or folder of the package) may not import, one sentence each."""
    if name not in LAYER:
        return [f"{name} is in no layer: add it to LAYERS in {Path(__file__).name}, above all that it imports."]
    layer, tree, found = LAYER[name], ast.parse(source), []
    for line, target in imported(tree):
        package, _, rest = target.partition(".")
        other = rest.partition(".")[0]
        if target.startswith("."):
            found.append(f"{name}, line {line}: write 'from lowlogit_edu...' instead of a relative import.")
        elif package == "lowlogit_edu" and LAYER.get(other, len(LAYERS)) > layer:
            found.append(
                f"{name} (layer {layer}), line {line}: imports {target} (layer {LAYER.get(other, 'unknown')}); "
                "imports go to the same or a lower layer."
            )
    if layer <= TOP_OF_CORE and name not in ON_TORCH:
        found += [
            f"{name}, line {line}: imports {target} at the top; layers 0 to {TOP_OF_CORE} import it inside a function."
            for line, target in imported(tree, when_loaded=True)
            if target.partition(".")[0] in HEAVY
        ]
    return found


def modules():
    files = sorted(PACKAGE.rglob("*.py"))
    return [pytest.param(path, id=str(path.relative_to(PACKAGE))) for path in files if path != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", modules())
def test_imports_go_downwards(path):
    name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert broken_rules(name, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("name", "source", "complaint"),
    [
        (
            "models",
            "from lowlogit_edu.oracles.base import ask",
            r"models (layer 1), line 1: imports lowlogit_edu.oracles",
        ),
        (
            "rng",
            "def f():\n    from lowlogit_edu import cli",
            "rng (layer 0), line 2: imports lowlogit_edu.cli (layer 7)",
        ),
        ("learner", "from lowlogit_edu import learn", "imports lowlogit_edu.learn (layer unknown)"),
        ("cli", "import lowlogit_edu", "imports lowlogit_edu (layer unknown)"),
        ("cli", "from .plots import curve", "instead of a relative import"),
        (
            "oracles",
            "try:\n    import torch.nn\nexcept ImportError:\n    pass",
            "oracles, line 2: imports torch.nn at the top",
        ),
        ("novelty", "", "novelty is in no layer"),
    ],
)
def test_a_broken_rule_is_named(name, source, complaint):
    (sentence,) = broken_rules(name, source)
    assert complaint in sentence


def test_allowed_imports_pass():
    assert broken_rules("learner", "from lowlogit_edu.rng import stream\nfrom lowlogit_edu.faithful import x") == []
    assert broken_rules("oracles", "def f():\n    import torch") == []
    assert broken_rules("oracles", "if TYPE_CHECKING:\n    import torch") == []
    assert broken_rules("plots", "import plotly.graph_objects as go") == []


def test_import_loads_nothing_heavy():
    code = "import sys, lowlogit_edu; print(*(set(sys.modules) & set(sys.argv[1:])))"
    done = subprocess.run([sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_import_takes_less_than_half_a_second():
    code = "import time; start = time.process_time(); import lowlogit_edu; print(time.process_time() - start)"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3)]
    assert min(float(run.stdout) for run in runs) < 0.5


@pytest.mark.parametrize("path", modules())
def test_modules_are_short_and_quiet(path):
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 300, "split the module"
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    prints = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
    assert path.parent.name == "cli" or prints == [], (
        "only the command line prints; use an event, an error or a return value"
    )
