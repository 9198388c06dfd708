"""Every lesson in a real JupyterLab: opened, run, all widgets there, a control moved, nothing wrong on the page."""

import json
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

REPOSITORY = Path(__file__).parents[1]
LESSONS = sorted(path.stem for path in (REPOSITORY / "notebooks").glob("*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"
# All cells stay on the page, also those that are scrolled away; no news pops up over them.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
MINUTES = 60_000  # ms
# What JupyterLab itself says, whatever is open.
NOISE = ("favicon", "Failed to load resource", "WebSocket", "workspace", "Ignored", "deprecated")

OUTPUTS = """() => jupyterapp.shell.currentWidget.content.model.cells ? [...Array(
  jupyterapp.shell.currentWidget.content.model.cells.length).keys()].flatMap((i) => {
    const cell = jupyterapp.shell.currentWidget.content.model.cells.get(i);
    return cell.type === "code" ? cell.outputs.toJSON() : [];
  }) : []"""

SHOWN = """() => [...document.querySelectorAll(".jp-OutputArea-output.lm-Panel")].filter(
  (area) => area.firstElementChild && area.getBoundingClientRect().height > 20)"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory, chromium):
    """The address of a JupyterLab on a copy of the course, ended with the tests."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(REPOSITORY / "docs", folder / "docs")
    (folder / "notebooks").mkdir()
    for lesson in LESSONS:
        shutil.copy(REPOSITORY / "notebooks" / f"{lesson}.ipynb", folder / "notebooks")
    for name, values in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}",
         f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}",
         f"--LabApp.user_settings_dir={folder / 'settings'}", f"--LabApp.workspaces_dir={folder / 'workspaces'}",
         "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):  # five minutes
        try:
            urllib.request.urlopen(f"{address}/api/status?token={token}", timeout=1).close()
            break
        except OSError:
            time.sleep(0.5)
    yield f"{address}/lab/tree/notebooks/%s.ipynb?reset&token={token}"
    server.terminate()
    server.wait(30)


@contextmanager
def opening(lab, chromium, lesson):
    """A lesson before any of its cells has run, and what the console says."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.goto(lab % lesson)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=5 * MINUTES)
    page.wait_for_function(
        "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'", timeout=5 * MINUTES
    )
    page.set_default_timeout(5 * MINUTES)
    # JupyterLab keeps the theme of a test before.
    page.evaluate("jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Light' })")
    yield page, wrong
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    context.close()


def run_all(page):
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")


@pytest.fixture(scope="module")
def opened(lab, chromium, request, tmp_path_factory):
    """A lesson after all of its cells ran, and what the console said."""
    lesson = request.param
    with opening(lab, chromium, lesson) as (page, wrong):
        run_all(page)
        page.shots = Path(tmp_path_factory.getbasetemp()) / "screenshots" / lesson  # to be looked at
        page.shots.mkdir(parents=True)
        yield page, wrong


@pytest.mark.parametrize("opened", LESSONS, indirect=True)
def test_a_lesson_runs_and_shows_every_widget(opened):
    page, wrong = opened
    outputs = page.evaluate(OUTPUTS)
    assert [output["evalue"] for output in outputs if output["output_type"] == "error"] == []
    expected = sum(WIDGET in output.get("data", {}) for output in outputs)
    # The browser's part of a widget comes a moment after the cell's end.
    page.wait_for_function(f"({SHOWN})().length === {expected}", timeout=5 * MINUTES)
    page.locator(".jp-OutputArea-output.lm-Panel").first.scroll_into_view_if_needed()
    page.screenshot(path=page.shots / "page.png")
    assert page.get_by_text("Error displaying widget").count() == 0
    assert expected >= 1
    assert [said for said in wrong if not any(noise in said for noise in NOISE)] == []


@pytest.mark.parametrize("opened", ["06_elliptical_potential"], indirect=True)
def test_a_control_that_is_moved_by_keys_changes_the_picture_in_the_dark_too(opened):
    from playwright.sync_api import expect

    page, _ = opened
    page.evaluate("jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    explorer = page.locator(".jp-OutputArea-output.lm-Panel:has(img):has([role=slider])").first
    picture = explorer.locator("img").first
    before = picture.get_attribute("src")
    explorer.locator("[role=slider]").first.press("ArrowRight")
    expect(picture).not_to_have_attribute("src", before, timeout=5 * MINUTES)
    background = page.evaluate("getComputedStyle(document.body).getPropertyValue('--jp-layout-color1')")
    assert background.strip() not in ("white", "#fff", "#ffffff")


WIDER = """() => [...document.querySelectorAll(".jp-OutputArea-output.lm-Panel")].map(
  (area) => [area.scrollWidth - area.clientWidth, area.innerText.slice(0, 80)]).filter(([more]) => more > 1)"""


@pytest.mark.parametrize("opened", ["00_tour", "06_elliptical_potential", "08_linear_program"], indirect=True)
def test_dashboards_fit_a_phone_in_the_dark(opened):
    page, _ = opened
    page.evaluate("jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    page.evaluate("jupyterapp.shell.collapseLeft()")
    page.set_viewport_size({"width": 420, "height": 1600})
    areas = page.locator(".jp-OutputArea-output.lm-Panel")
    page.wait_for_timeout(3000)  # pictures take the new width
    for number in range(areas.count()):
        areas.nth(number).screenshot(path=page.shots / f"dark-{number}.png")
    assert page.evaluate(WIDER) == []


def test_an_answer_is_folded_until_its_cell_is_run(lab, chromium):
    notebook = json.loads((REPOSITORY / "notebooks" / "08_linear_program.ipynb").read_text(encoding="utf-8"))
    answers = [cell for cell in notebook["cells"] if cell["metadata"].get("jupyter", {}).get("outputs_hidden")]
    with opening(lab, chromium, "08_linear_program") as (page, _):
        folded = page.locator(".jp-OutputPlaceholder")
        assert folded.count() == len(answers) >= 5
        assert "".join(folded.all_inner_texts()).strip() == ""  # not even the first line
        assert page.get_by_text("Your guess (08, 1): nothing yet. Run this cell to type it.").count() == 1
        run_all(page)
        page.wait_for_selector("[aria-label='Your guess, 08, 5']")
        page.wait_for_function("document.querySelectorAll('.jp-OutputPlaceholder').length === 0", timeout=2 * MINUTES)
