"""The rules that conftest.py adds to every test can fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import jaxtyping
import numpy as np
import pytest

from lowlogit_edu.core.numerics import kl_divergence

SKIPPED = "import pytest\n\ndef test_later():\n    pytest.skip('not now')\n"


@pytest.mark.parametrize(
    ("row", "outcome"), [("", "1 failed"), ("| `test_it.py::test_later` | not now | wait |", "1 skipped")]
)
def test_a_skip_needs_a_row_in_quarantines(tmp_path, row, outcome):
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "QUARANTINES.md").write_text(row)
    (tmp_path / "test_it.py").write_text(SKIPPED)
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", ".", "-c", "none.ini"]
    (tmp_path / "none.ini").touch()
    bare = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    assert outcome in subprocess.run(command, cwd=tmp_path, env=bare, capture_output=True, text=True).stdout


def test_a_wrong_shape_is_refused_in_tests():
    try:
        kl_divergence(np.zeros((2, 3)), np.zeros((1, 3)))
    except jaxtyping.TypeCheckError:
        return
    pytest.fail("the shapes in signatures are not enforced; see addopts in pyproject.toml")


@pytest.mark.bad_shapes
def test_a_wrong_shape_reaches_the_package_where_a_test_is_marked():
    assert kl_divergence(np.zeros((2, 3)), np.zeros((1, 3))).tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="broadcast"):
        kl_divergence(np.zeros((2, 3)), np.zeros((2, 4)))
