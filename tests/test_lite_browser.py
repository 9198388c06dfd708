"""The JupyterLite site in Chromium, as far as it goes without network: Python itself comes from a CDN there."""

import functools
import http.server
import json
import threading
from importlib.util import find_spec

import pytest

pytestmark = pytest.mark.browser
SECONDS = 120_000  # ms: other work may go on beside


@pytest.fixture(scope="module")
def lite(tmp_path_factory):
    """The folder of a JupyterLite site."""
    if find_spec("jupyterlite_core") is None:
        pytest.skip("JupyterLite is not installed; pip install -e '.[hf,lab,lite]' does it")
    from website.lite import main

    out = tmp_path_factory.mktemp("lite") / "site"
    assert main(["--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def address(lite):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(lite)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_wheels_that_pyodide_lacks_come_along(lite):
    from website.lite import PURE

    index = json.loads((lite / "pypi" / "all.json").read_text())
    assert sorted(index) == sorted(("lowlogit-edu", *PURE))


@pytest.mark.parametrize("lesson", ["03_isans", "08_linear_program"])
def test_a_lesson_opens_with_a_kernel_of_the_browser_and_installs_first(address, chromium, lesson):
    from playwright.sync_api import expect

    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/lab/index.html?path=notebooks/{lesson}.ipynb", timeout=SECONDS)
    first = page.locator(".jp-Notebook .jp-CodeCell").first
    expect(first).to_contain_text("lowlogit_edu[lab]", timeout=SECONDS)
    expect(page.locator(".jp-KernelName")).to_contain_text("Pyodide", timeout=SECONDS)
    page.close()
