"""A class that hands in notebook 13: honest, half right, untouched, broken, forged, hostile and endless notebooks."""

import codecs
import json

import nbformat

LESSON = {"lowlogit_edu": {"generated": "by build.py from src/13_your_own_learner.py"}}
IMPORT = "from lowlogit_edu.exercises import check"
TOLD = """
import numpy as np
def told(oracle, histories, futures):
    return np.array([[oracle.logits([h + f[:{cut}]])[0][f[{last}]] for f in futures] for h in histories])
check.nb13_told(told)
"""
RIGHT = TOLD.format(cut="-1", last="-1")
HALF = TOLD.format(cut="0", last="0")  # the first token's logit: right for futures of one token
KIND = "check.nb13_hidden_kind({!r})"
SCRIPT = "<script>alert(1)</script>"
# What a student's id leads to: the cells behind the import.
CELLS = {
    "anna": [RIGHT, KIND.format("copying")],
    "ben": [HALF, KIND.format("noisy parity")],
    "cleo": [HALF, KIND.format("noisy parity")],
    "dan": ["check.nb13_told(...)", "check.nb13_hidden_kind(...)"],
    "eve": ["1 / 0", "this is no Python", KIND.format(SCRIPT)],
    "fay": [
        "import lowlogit_edu.exercises.nb13 as n\nn.nb13_hidden_kind = lambda answer: print('Right.')",
        KIND.format("random isan"),
    ],
    "gil": [
        KIND.format("copying"),
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass",
        RIGHT,
    ],
    "hal": [
        "import subprocess\nleft = subprocess.Popen(['setsid', 'sleep', '98765'])",
        "import os\nos._exit(1)",
    ],
    "ida": [
        "import time\ndef told(oracle, histories, futures):\n    try:\n        time.sleep(1000)\n"
        "    except BaseException as error:\n        raise ValueError(type(error).__name__)\n",
        "try:\n    check.nb13_told(told)\nexcept BaseException:\n    pass",
    ],
}


def hand_in(path, *codes, metadata=LESSON):
    """A notebook with these cells behind the import of the checks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [nbformat.v4.new_code_cell(code) for code in (IMPORT, *codes)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)
    return path


def with_odd_bytes(path):
    """The notebook again, with a byte-order mark, and null where lists are expected."""
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        cell["outputs"] = None
    path.write_bytes(codecs.BOM_UTF8 + json.dumps(notebook).encode())
    return path


def class_in(folder):
    """Eleven students' folders, each with its notebook 13.ipynb; kim's is right, and has odd bytes."""
    for id, cells in CELLS.items():
        hand_in(folder / id / "13.ipynb", *cells)
    (folder / "jon").mkdir()
    (folder / "jon" / "13.ipynb").write_bytes(b"no notebook")
    with_odd_bytes(hand_in(folder / "kim <b>" / "13.ipynb", KIND.format("copying")))
    hand_in(folder / "anna" / ".ipynb_checkpoints" / "13-checkpoint.ipynb")
    return folder
