"""No network, no window, and no test that is skipped without saying so."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import jaxtyping
import pytest

os.environ.update(HF_HUB_OFFLINE="1", MPLBACKEND="agg", TOKENIZERS_PARALLELISM="false")

QUARANTINES = Path(__file__).with_name("QUARANTINES.md")


def pytest_addoption(parser):
    parser.addoption("--reliability", type=Path, help="write the table of tests/reliability.py to this file")


def pytest_configure(config):
    if config.getoption("reliability") and not hasattr(config, "workerinput"):  # not in each worker of pytest-xdist
        from reliability import Table

        config.pluginmanager.register(Table(config.getoption("reliability")))


def pytest_collection_modifyitems(items):
    """Reports know no markers: the rows that a test holds travel in its properties."""
    for item in items:
        rows = [row for marker in item.iter_markers("reliability") for row in marker.args]
        item.user_properties += [("reliability", row) for row in rows]


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


@pytest.fixture(scope="session")
def chromium():
    """A browser; the tests are skipped where Playwright or Chromium is not installed."""
    if find_spec("playwright") is None:
        pytest.skip("Playwright is not installed; make test-browser installs it")
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium on the PATH; install it, or name one by the variable CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Turn a skip or an expected failure that has no row in QUARANTINES.md into a failure."""
    report = yield
    if report.skipped and f"`{item.nodeid}`" not in QUARANTINES.read_text(encoding="utf-8"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped: give `{item.nodeid}` a row in {QUARANTINES.name}, or run it."
    return report
