"""The three places that name versions agree: pyproject.toml, constraints.txt and environment.yml."""

import subprocess
import sys
import tomllib
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}


def requirements(lines):
    """Name -> allowed versions, for lines such as `numpy>=2,<3`."""
    parsed = [Requirement(line) for line in lines]
    return {requirement.name: requirement.specifier for requirement in parsed}


def pins(constraints):
    """Name -> exact version, for the text of constraints.txt."""
    lines = [line for line in constraints.splitlines() if line and not line.startswith("#")]
    return dict(line.split("==") for line in lines)


def disagreements(project, constraints, environment):
    """What does not fit together, one sentence each; nothing if all is well."""
    extras = project["optional-dependencies"]
    direct = requirements(project["dependencies"] + extras["hf"] + extras["lab"])
    everything = direct | requirements(extras["test"] + extras["site"] + extras["lite"])
    exact = pins(constraints)
    conda_lines = [line for line in yaml.safe_load(environment)["dependencies"] if isinstance(line, str)]
    conda = requirements(line.replace("python=", "python==") for line in conda_lines)
    found = [f"{name} has no line in constraints.txt" for name in everything if name not in exact]
    found += [
        f"constraints.txt has {name}=={exact[name]}, pyproject.toml wants {allowed}"
        for name, allowed in everything.items()
        if name in exact and not allowed.contains(exact[name])
    ]
    expected = {CONDA_NAMES.get(name, name): allowed for name, allowed in direct.items()}
    found += [
        f"environment.yml has {conda.get(n, 'no')} {n}, expected {a}" for n, a in expected.items() if conda.get(n) != a
    ]
    found += [
        f"environment.yml has {n}, pyproject.toml does not" for n in set(conda) - set(expected) - {"python", "pip"}
    ]
    (python,) = conda["python"]
    if not Requirement(f"python{project['requires-python']}").specifier.contains(python.version):
        found.append(f"environment.yml has Python {python.version}, pyproject.toml wants {project['requires-python']}")
    return found


@pytest.fixture
def files():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("constraints.txt", "environment.yml")]
    return project, *texts


def test_the_three_files_agree(files):
    assert disagreements(*files) == []


@pytest.mark.parametrize(
    ("which", "old", "new", "complaint"),
    [
        (1, "numpy==2", "numpy==1", "constraints.txt has numpy==1"),
        (1, "\ntorch==", "\nflashlight==", "torch has no line in constraints.txt"),
        (1, "\npytest==", "\nnose==", "pytest has no line in constraints.txt"),
        (2, "scipy>=", "scipy>", "environment.yml has "),
        (2, "pytorch-cpu>=", "pytorch>=", "environment.yml has no pytorch-cpu"),
        (2, "- pip\n", "- pip\n  - pandas>=2\n", "environment.yml has pandas"),
        (2, "python=3.12", "python=3.10", "environment.yml has Python 3.10"),
    ],
)
def test_a_disagreement_is_found(files, which, old, new, complaint):
    changed = list(files)
    assert old in changed[which]
    changed[which] = changed[which].replace(old, new)
    assert any(sentence.startswith(complaint) for sentence in disagreements(*changed))


def test_the_version_is_the_same_everywhere(files):
    import lowlogit_edu

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert files[0]["version"] == lowlogit_edu.__version__ == citation["version"] == version("lowlogit_edu")


@pytest.mark.reliability("R21")
def test_importing_opens_no_socket():
    """Nor do the parser of the command line and the oracle of the embedded teacher, which comes with the package."""
    code = (
        "import socket, sys\n"
        "def no_network(event, arguments):\n"
        "    if event.startswith('socket.') or event == 'urllib.Request':\n"
        "        raise SystemExit(f'{event} {arguments}')\n"
        "sys.addaudithook(no_network)\n"
        "import lowlogit_edu as ll, lowlogit_edu.show, lowlogit_edu.widgets, lowlogit_edu.cli\n"
        "lowlogit_edu.cli.parser()\n"
        "ll.oracles.TransformerOracle.from_pretrained('embedded').logits([[]])\n"
        "print('none')\n"
        "socket.socket()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "none\n" and "socket.__new__" in done.stderr  # which the hook does see


def test_the_pins_are_what_is_installed(files):
    exact = pins(files[1])
    extras = files[0]["optional-dependencies"]
    names = requirements(files[0]["dependencies"] + extras["hf"] + extras["lab"] + extras["test"])
    assert {n: version(n).partition("+")[0] for n in names} == {n: exact[n] for n in names}


def test_every_extra_that_an_error_names_installs_what_is_missing(files):
    from lowlogit_edu.core.errors import EXTRAS

    extras = {name: requirements(lines) for name, lines in files[0]["optional-dependencies"].items()}
    comes_with_jupyterlab = {"nbformat", "nbclient"}
    for package, extra in EXTRAS.items():
        assert package in extras[extra] or (package in comes_with_jupyterlab and "jupyterlab" in extras[extra]), package
    optional = set().union(*(extras[name] for name in ("completion", "dask", "hf", "lab", "server")))
    assert not optional & set(requirements(files[0]["dependencies"]))


def test_the_notebooks_extra_can_be_had_in_a_browser_tab(files):
    lab = [Requirement(line) for line in files[0]["optional-dependencies"]["lab"]]
    there = {r.name for r in lab if r.marker is None or r.marker.evaluate({"sys_platform": "emscripten"})}
    assert there == {"anywidget", "ipywidgets"}


def test_the_pins_can_be_had_on_every_python_that_is_allowed(files):
    refused = []
    for name, pin in pins(files[1]).items():
        with suppress(PackageNotFoundError):
            needs = distribution(name).metadata.get("Requires-Python") or ""
            if version(name) == pin and not Requirement(f"python{needs}").specifier.contains("3.11.0"):
                refused.append(f"{name}=={pin} needs Python {needs}")
    assert refused == []
