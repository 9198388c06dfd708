"""llama.cpp's own llama-server, started here with the embedded teacher, is an oracle and can be learned from.

docs/SCALING.md says how to build it; it is looked for on the PATH, or under the name in the variable LLAMA_SERVER.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from lowlogit_edu.cli import main
from lowlogit_edu.core.errors import OracleError
from lowlogit_edu.core.rng import stream
from lowlogit_edu.loading import load
from lowlogit_edu.oracles import Restricted, ServerOracle, broken_promises
from lowlogit_edu.oracles.base import sample
from lowlogit_edu.oracles.pretrained import embedded_folder
from lowlogit_edu.server.retry import Client, Patience
from lowlogit_edu.server.transport import HttpTransport

pytestmark = pytest.mark.slow
CONVERT = Path(__file__).parents[2] / "data" / "teacher_to_gguf.py"
# Single precision throughout: with the half precision of the default cache, logits differ by 0.007.
EXACT = [
    "-c",
    "2048",
    "-np",
    "4",
    "-t",
    "1",
    "-ctk",
    "f32",
    "-ctv",
    "f32",
    "-fa",
    "off",
    "--no-warmup",
    "--host",
    "127.0.0.1",
]
SECONDS = 60  # for the server to come up


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    program = os.environ.get("LLAMA_SERVER") or shutil.which("llama-server")
    if program is None:
        pytest.skip("there is no llama-server on the PATH, and no variable LLAMA_SERVER")
    if find_spec("gguf") is None:
        pytest.skip("gguf is not installed, which writes models for llama-server")
    folder = tmp_path_factory.mktemp("server")
    subprocess.run([sys.executable, CONVERT, embedded_folder(), folder / "teacher.gguf"], check=True)
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with (folder / "log").open("w") as log:
        command = [program, "-m", folder / "teacher.gguf", "--port", str(port), *EXACT]
        server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}", server, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(SECONDS)


def _wait_for(address, server, log):
    """Return when the server answers; fail with the end of its log where it does not."""
    client = Client(HttpTransport(address), Patience(attempts=1))
    for _ in range(10 * SECONDS):
        assert server.poll() is None, log.read_text()[-2000:]
        try:
            client.ask("GET", "/v1/models", None, dict)
            return
        except OracleError:  # not there yet, or still loading
            time.sleep(0.1)
    raise AssertionError(log.read_text()[-2000:])


@pytest.fixture(scope="module")
def oracle(address):
    return ServerOracle(address, "full", beginning_token=0)


def test_the_probe_finds_what_its_documentation_says(oracle):
    report = oracle.report
    assert (report.mode, report.temperature, report.full, report.listed) == ("raw", False, True, False)
    assert (report.layout, report.vocabulary_size, report.top) == ("content", 512, 512)
    assert report.strategies() == ["full", "forced"]
    assert report.epsilon < 1e-3
    assert report.system.startswith("b")


def test_its_logits_are_those_of_transformers(oracle, embedded):
    texts = sample(embedded, 10, 24, rng=stream(0, "texts")).tolist()
    prefixes = [text[:length] for text in texts for length in (0, 1, 5, 23)]
    assert np.abs(oracle.logits(prefixes) - embedded.logits(prefixes)).max() < 1e-3


def test_every_strategy_that_it_allows_agrees(address, embedded):
    alphabet = [0, 80, 243, 300]  # end-of-text too
    inside = Restricted(embedded, alphabet).logits([(), (1, 2)])
    for strategy in ("full", "forced"):
        oracle = ServerOracle(address, alphabet, beginning_token=0, strategy=strategy)
        assert np.abs(oracle.logits([(), (1, 2)]) - inside).max() < 1e-3


def test_it_keeps_the_promises_of_an_oracle(oracle):
    assert broken_promises(oracle) == {}


def test_lowlogit_learns_from_it_what_it_learns_at_hand(address, tmp_path):
    small = [
        "--horizon",
        "8",
        "--rank",
        "8",
        "--sequences",
        "90",
        "--epochs",
        "1",
        "--witnesses",
        "20",
        "--passes",
        "0",
        "--samples",
        "20",
    ]
    there = ["--teacher", address, "--alphabet", "0-511", "--beginning-token", "0", "--tokenizer", "embedded"]
    assert main(["learn", "--out", str(tmp_path / "here"), *small]) == 0
    assert main(["learn", "--out", str(tmp_path / "there"), *there, *small]) == 0
    here = load(tmp_path / "here").logits_along(np.zeros((1, 8), dtype=np.int64))
    assert np.abs(load(tmp_path / "there").logits_along(np.zeros((1, 8), dtype=np.int64)) - here).max() < 0.1
