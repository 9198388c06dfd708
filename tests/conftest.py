"""No network, no window, and no test that is skipped without saying so."""

import os
from pathlib import Path

import jaxtyping
import pytest

os.environ.update(HF_HUB_OFFLINE="1", MPLBACKEND="agg", TOKENIZERS_PARALLELISM="false")

QUARANTINES = Path(__file__).with_name("QUARANTINES.md")


@pytest.fixture(autouse=True)
def _bad_input_reaches_the_package(request):
    """Enforce no shapes in a test marked `bad_shapes`: it passes wrong ones on purpose."""
    jaxtyping.config.update("jaxtyping_disable", request.node.get_closest_marker("bad_shapes") is not None)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="session")
def embedded():
    """The oracle of the embedded TinyStories teacher."""
    from lowlogit_edu.oracles import TransformerOracle

    return TransformerOracle.from_pretrained("embedded")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Turn a skip or an expected failure that has no row in QUARANTINES.md into a failure."""
    report = yield
    if report.skipped and f"`{item.nodeid}`" not in QUARANTINES.read_text(encoding="utf-8"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped: give `{item.nodeid}` a row in {QUARANTINES.name}, or run it."
    return report
