"""Imports go downwards only, heavy libraries stay out of the core, modules stay short and quiet, tests have a home."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "lowlogit_edu"
# Rooms, and the files at the front door, from the ground up: each imports only from itself and from those before it.
ROOMS = [
    "core",
    "config",
    "models",
    "hugging_face",
    "server",
    "oracles",
    "matrices",
    "learned",
    "events",
    "evaluation",
    "measure",
    "algorithm",
    "loading",
    "practical",
    "learner",
    "boolean",
    "baselines",
    "lemmas",
    "experiments",
    "show",
    "widgets",
    "exercises",
    "grading",
    "cli",
    "__main__",
]
FLOOR = {room: floor for floor, room in enumerate(ROOMS)}
LIGHT = ROOMS[: ROOMS.index("show")]  # these import heavy libraries inside functions only
ON_TORCH = {"hugging_face"}
HEAVY = {"torch", "transformers", "matplotlib", "plotly", "cvxpy", "ipywidgets", "anywidget", "httpx2"}
LINES = 250  # of a module, as CONTRIBUTING.md says
TESTS = Path(__file__).parent
# Files of tests that are about more than one module of their room; all others are named after one.
ABOUT_SEVERAL = {
    "algorithm/test_falsifiability.py": "a promise of the whole algorithm: on a model of high rank it says so",
    "baselines/test_baselines.py": "the small baselines side by side, on teachers made for one of them each",
    "cli/test_cli.py": "the commands one after the other, as a user types them",
    "cli/test_web_browser.py": "the page of lowlogit web as people meet it: pressed, typed into, looked at in Chromium",
    "experiments/test_public_names.py": "the front door of the room",
    "lemmas/test_lemmas.py": "one table of cases for all checkers: where a lemma holds, and where it says no",
    "models/test_known_models.py": "Fourier-sparse, copying and hidden Markov models, held to the same properties",
    "oracles/test_real_server.py": "the server oracle, asked and learned from against llama.cpp itself",
    "oracles/test_families.py": "every family of teachers, loaded, asked and learned from",
    "oracles/test_wrappers.py": "the small wrappers, each around the same oracle",
    "algorithm/test_honest.py": "what verified means, on oracles that are weak in all the ways there are",
    "practical/test_ablation.py": "every stage of the learner, taken out by the benchmark that measures what it buys",
    "widgets/test_coefficient_game_browser.py": "the game as people meet it: dragged, moved by keys, in Chromium",
    "widgets/test_guess_browser.py": "the place for a guess as people meet it: typed into, opened again, in Chromium",
    "widgets/test_logit_atlas_browser.py": "the atlas as people meet it: moved by keys, clicked, opened, in Chromium",
    "widgets/test_player_browser.py": "the buttons of explorers as people meet them: named, pressed, in Chromium",
    "widgets/test_spanner_game_browser.py": "the game as people meet it: dragged, swapped, moved by keys, in Chromium",
    "widgets/test_vector_game_browser.py": "the game as people meet it: dragged, moved by keys, counted, in Chromium",
}


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


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


def broken_rules(room, source):
    """What a module of `room` may not import, one sentence each."""
    if room not in FLOOR:
        return [f"{room} is no room yet: add it to ROOMS in {Path(__file__).name}, behind all that it imports."]
    found = []
    for line, target in imported(ast.parse(source)):
        package, _, rest = target.partition(".")
        other = rest.partition(".")[0]
        if target.startswith("."):
            found.append(f"{room}, line {line}: write 'from lowlogit_edu...' instead of a relative import.")
        elif package == "lowlogit_edu" and FLOOR.get(other, len(ROOMS)) > FLOOR[room]:
            found.append(
                f"{room}, line {line}: imports {target}, but {other or 'the front door'} stands above {room}; "
                f"a room imports from those before it in ROOMS of {Path(__file__).name}."
            )
    if room in LIGHT and room not in ON_TORCH:
        found += [
            f"{room}, line {line}: imports {target} at the top; rooms below show import it inside a function."
            for line, target in imported(ast.parse(source), when_loaded=True)
            if target.partition(".")[0] in HEAVY
        ]
    return found


def modules():
    files = sorted(PACKAGE.rglob("*.py"))
    return [pytest.param(path, id=str(path.relative_to(PACKAGE))) for path in files if path != PACKAGE / "__init__.py"]


def test_every_room_is_there():
    assert {room_of(path) for path in PACKAGE.rglob("*.py")} == {*ROOMS, "__init__"}


def test_every_room_says_what_is_inside():
    rooms = [path.parent for path in PACKAGE.glob("*/__init__.py")]
    assert {room.name for room in rooms} == set(ROOMS) - {path.stem for path in PACKAGE.glob("*.py")}
    silent = [room.name for room in rooms if not ast.get_docstring(ast.parse((room / "__init__.py").read_text()))]
    assert silent == []


@pytest.mark.parametrize("path", sorted(TESTS.glob("*/test_*.py")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_of_tests_is_named_after_a_module(path):
    name = f"{path.parent.name}/{path.name}"
    module = PACKAGE / path.parent.name / path.name.removeprefix("test_")
    named_after_one = module.is_file() or module.with_suffix("").is_dir()
    assert named_after_one != (name in ABOUT_SEVERAL), (
        "name it after its module, or say in ABOUT_SEVERAL what it is for"
    )


def test_what_is_about_several_modules_is_there():
    assert [name for name in ABOUT_SEVERAL if not (TESTS / name).is_file()] == []


@pytest.mark.parametrize("path", modules())
def test_imports_go_downwards(path):
    assert broken_rules(room_of(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("room", "source", "complaint"),
    [
        ("models", "from lowlogit_edu.oracles.base import ask", "models, line 1: imports lowlogit_edu.oracles"),
        (
            "core",
            "def f():\n    from lowlogit_edu import cli",
            "line 2: imports lowlogit_edu.cli, but cli stands",
        ),
        ("learner", "from lowlogit_edu import learn", "learn stands above learner"),
        ("cli", "import lowlogit_edu", "the front door stands above cli"),
        ("cli", "from .show import html", "instead of a relative import"),
        ("oracles", "try:\n    import torch.nn\nexcept ImportError:\n    pass", "line 2: imports torch.nn at the top"),
        ("novelty", "", "novelty is no room yet"),
    ],
)
def test_a_broken_rule_is_named(room, source, complaint):
    (sentence,) = broken_rules(room, source)
    assert complaint in sentence


def test_allowed_imports_pass():
    assert (
        broken_rules("learner", "from lowlogit_edu.core.rng import stream\nfrom lowlogit_edu.algorithm import x") == []
    )
    assert broken_rules("oracles", "def f():\n    import torch") == []
    assert broken_rules("oracles", "if TYPE_CHECKING:\n    import torch") == []
    assert broken_rules("show", "import plotly.graph_objects as go") == []


@pytest.mark.reliability("R21")
def test_import_loads_nothing_heavy():
    code = "import sys, lowlogit_edu; print(*(set(sys.modules) & set(sys.argv[1:])))"
    done = subprocess.run([sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.reliability("R21")
def test_import_takes_less_than_half_a_second():
    code = "import time; start = time.process_time(); import lowlogit_edu; print(time.process_time() - start)"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3)]
    assert min(float(run.stdout) for run in runs) < 0.5


@pytest.mark.parametrize("path", modules())
def test_modules_are_short_and_quiet(path):
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= LINES, "split the module"
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    prints = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
    assert path.parent.name == "cli" or prints == [], (
        "only the command line prints; use an event, an error or a return value"
    )
