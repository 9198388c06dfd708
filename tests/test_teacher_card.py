"""The embedded teacher's folder is what its card says."""

import csv
import hashlib
import re
from pathlib import Path

from lowlogit_edu.oracles.pretrained import embedded_folder

FOLDER = Path(__file__).parents[1] / "data" / "teacher"


def test_the_card_has_the_files_hashes():
    rows = dict(re.findall(r"\| `([\w.]+)` \| `([0-9a-f]{64})` \|", (FOLDER / "README.md").read_text()))
    assert set(rows) == {"model.safetensors", "tokenizer.json", "config.json"}
    for name, digest in rows.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest


def test_the_folder_is_small_and_holds_no_pickle():
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert sum(sizes.values()) < 8_000_000
    assert not [name for name in sizes if name.endswith((".bin", ".pt", ".pkl"))]


def test_the_log_ends_below_the_aim():
    with (FOLDER / "training_log.csv").open() as file:
        last = list(csv.DictReader(file))[-1]
    assert float(last["validation_nats_per_character"]) < 0.68


def test_the_package_finds_it():
    assert (embedded_folder() / "model.safetensors").is_file()
