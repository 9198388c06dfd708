"""Saved files as another hand may make them: with a right hash, and contents that no package wrote."""

import json
import random
import shutil
import time
from pathlib import Path

import numpy as np

from lowlogit_edu.core.errors import LowLogitError
from lowlogit_edu.core.storage import load_arrays, save_arrays
from lowlogit_edu.loading import load
from lowlogit_edu.practical.checkpoint import load_checkpoint
from lowlogit_edu.practical.record import read_record, saved_queries

SAVED = Path(__file__).with_name("saved")  # by the version before files were looked at
READERS = {
    "finished/model.safetensors": load,
    "program/model.safetensors": load,
    "stopped/checkpoint.safetensors": load_checkpoint,
    "finished/queries.safetensors": saved_queries,
    "finished/run.json": read_record,
}
ODD = [
    None,
    True,
    -1,
    0,
    1,
    3,
    2**70,
    10**400,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "x" * 300,
    "\ud800",
    [],
    {},
    [[]],
    [-1],
    {"a": 1},
]


def contents(path):
    """(kind, header, arrays) of a file of any kind."""
    size = int.from_bytes(path.read_bytes()[:8], "little")
    kind = json.loads(path.read_bytes()[8 : 8 + size])["__metadata__"]["kind"]
    return load_arrays(path, kind)


def changed_array(rng, array):
    """The array with something about it that may be wrong."""
    match rng.randrange(7):
        case 0:
            return array.astype(rng.choice(["f4", "f8", "f2", "i8", "i1", "?"]))
        case 1:
            return array.reshape(-1)
        case 2:
            return array[..., :0]
        case 3:
            return array[None]
        case 4:
            return array[:-1]
        case 5:
            return np.concatenate([array, array])
    array = array.copy()
    value = rng.choice([-1, 10**6, 0, 1]) if array.dtype.kind in "ib" else rng.choice([np.nan, np.inf, 1e30, -1.0])
    with np.errstate(all="ignore"):
        array.reshape(-1)[: 1 + rng.randrange(2)] = np.array(value).astype(array.dtype)
    return array


def changed_value(rng, value):
    """A JSON value with something in it replaced, dropped or added."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        name = rng.choice(sorted(value))
        match rng.randrange(5):
            case 0:
                return {key: each for key, each in value.items() if key != name}
            case 1:
                return value | {rng.choice(["more", "mixture", ""]): rng.choice(ODD)}
        return value | {name: changed_value(rng, value[name])}
    if isinstance(value, list) and value and rng.random() < 0.7:
        place = rng.randrange(len(value))
        return [*value[:place], changed_value(rng, value[place]), *value[place + 1 :]]
    return rng.choice(ODD)


def change_bytes(rng, path):
    """Cut, flip or double some of the bytes."""
    content = bytearray(path.read_bytes())
    place = rng.randrange(len(content))
    match rng.randrange(4):
        case 0:
            content[place] ^= 1 << rng.randrange(8)
        case 1:
            del content[place:]
        case 2:
            del content[place : place + rng.randrange(1, 9)]
        case 3:
            content[place:place] = content[: rng.randrange(1, 99)]
    path.write_bytes(content)


def change(rng, path):
    """Make one hostile file of a right one."""
    if path.suffix == ".json" or rng.random() < 0.3:
        if path.suffix == ".json" and rng.random() < 0.7:
            record = json.loads(path.read_text(encoding="utf-8"))
            path.write_text(json.dumps(changed_value(rng, record)), encoding="utf-8")
            return
        change_bytes(rng, path)
        return
    kind, header, arrays = contents(path)
    if rng.random() < 0.5:
        changed = changed_value(rng, header)
        header = changed if isinstance(changed, dict) else {}
    else:
        name = rng.choice(sorted(arrays))
        match rng.randrange(8):
            case 0:
                del arrays[name]
            case 1:
                arrays["more"] = arrays[name]
            case 2:
                other = rng.choice(sorted(arrays))
                swapped = {name: arrays[other], other: arrays[name]}
                arrays |= swapped
            case _:
                arrays[name] = changed_array(rng, arrays[name])
    save_arrays(path, kind, header, arrays, durable=False)


def check_hostile_files(count, folder, seed=0):
    """Read so many; only errors of the package come, each within a second. How many were refused."""
    rng = random.Random(seed)
    refused = 0
    for _ in range(count):
        name = rng.choice(sorted(READERS))
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree((SAVED / name).parent, folder)
        path = folder / Path(name).name
        change(rng, path)
        start = time.process_time()
        try:
            READERS[name](folder)
        except LowLogitError as error:
            assert str(folder) in str(error) and len(str(error)) < 1000, str(error)[:300]
            refused += 1
        except Exception as error:
            raise AssertionError(f"{name}: {error!r}"[:300]) from error
        assert time.process_time() - start < 1.0, name
    return refused
