"""Saved files, with a right hash, and servers' answers as another hand may make them: what no package wrote.

`python hostile_files.py COUNT SEED FOLDER` reads so many, each within limits of time and memory.
"""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

from lowlogit_edu.core.errors import LowLogitError
from lowlogit_edu.core.storage import load_arrays, save_arrays
from lowlogit_edu.loading import load
from lowlogit_edu.practical.checkpoint import load_checkpoint
from lowlogit_edu.practical.journal import SPENT, read_spent
from lowlogit_edu.practical.record import read_record, saved_queries
from lowlogit_edu.server.answers import picked, read_answer
from lowlogit_edu.server.retry import Client, Patience
from lowlogit_edu.server.transport import Reply

SAVED = Path(__file__).with_name("saved")  # by the version before files were looked at
SECONDS = 1.0  # of processor time for a case
BYTES = 200_000_000  # of address space for a case, above what the process has before the first
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
    """Cut, flip or double some of a file's bytes."""
    content = bytearray(path.read_bytes())
    change_content(rng, content)
    path.write_bytes(content)


def change_content(rng, content):
    """Cut, flip or double some bytes, in place."""
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


def change(rng, path):
    """Make one hostile file of a right one."""
    if path.suffix == ".jsonl" and rng.random() < 0.7:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        place = rng.randrange(len(lines))
        lines[place] = changed_value(rng, lines[place])
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return
    if path.suffix.startswith(".json") or rng.random() < 0.3:
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


# Servers


TOP = {str(token): -1.0 - token for token in range(4)}
CONTENT = {"id": 0, "logprob": -1.0, "top_logprobs": [{"id": token, "logprob": -1.0 - token} for token in range(4)]}
NAMED = {
    "tokens": ["token_id:0"],
    "token_logprobs": [-1.0],
    "top_logprobs": [{f"token_id:{token}": value for token, value in TOP.items()}],
}
ANSWERS = [
    {"model": "toy", "choices": [{"index": index, "logprobs": logprobs} for index in (0, 1)]}
    for logprobs in ({"content": [CONTENT]}, NAMED)
]


class Answering:
    """A server that gives one reply."""

    address = "http://127.0.0.1:1"

    def __init__(self, reply):
        self.reply = reply

    def send(self, method, path, content=None, left=None):
        return self.reply


def hostile_reply(rng):
    """A reply to two prompts, with something about it that may be wrong."""
    answer = rng.choice(ANSWERS)
    for _ in range(rng.randrange(1, 4)):
        answer = changed_value(rng, answer)
    body = bytearray(json.dumps(answer).encode())
    if rng.random() < 0.3:
        change_content(rng, body)
    if rng.random() < 0.01:
        body = b"[" * 200_000
    status = 200 if rng.random() < 0.9 else rng.choice([204, 301, 400, 401, 404, 429, 500])
    return Reply(status, {"retry-after": rng.choice(["", "1", "-1", "inf", "nan", "x"])}, bytes(body))


def read_reply(rng):
    """As the server oracle does, with a single try."""
    client = Client(Answering(hostile_reply(rng)), Patience(attempts=1))
    answer = client.ask("POST", "/v1/completions", {}, lambda found: read_answer(found, 2))
    for told in answer.told:
        row = picked(told.likely, range(4), (0, 7))
        assert row.dtype == np.float64 and np.isfinite(row).all()


# Many of them


def samples():
    """Name -> (files of the folder, reader) of everything that is read."""
    found = {}
    for name, reader in READERS.items():
        folder = (SAVED / name).parent
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        found[name] = files, reader
    lines = [{"run": {"seed": 0}}, *({"purpose": "sample", "queries": 7, "epoch": 0, "stage": 1} for _ in range(3))]
    found[SPENT] = {SPENT: "".join(json.dumps(line) + "\n" for line in lines).encode()}, read_spent
    return found


class TooSlow(BaseException):
    """No error that any code catches."""


def too_slow(*_):
    raise TooSlow


def read_one(name, reader, folder, rng):
    """Whether one hostile file, or reply, was refused."""
    try:
        read_reply(rng) if reader is None else reader(folder)
    except LowLogitError as error:
        assert reader is None or str(folder) in str(error), str(error)[:300]
        assert len(str(error)) < 1000, str(error)[:300]
        return True
    except BaseException as error:
        raise AssertionError(f"{name}: {error!r}"[:300]) from error
    return False


def check_hostile_files(count, folder, seed=0):
    """Read so many; only errors of the package come. How many were refused."""
    rng = random.Random(seed)
    known = samples() | {"reply": ({}, None)}
    folder.mkdir(parents=True, exist_ok=True)
    refused = 0
    signal.signal(signal.SIGVTALRM, too_slow)
    for _ in range(count):
        name = rng.choice(sorted(known))
        files, reader = known[name]
        for path in folder.iterdir():
            path.unlink()
        for each, content in files.items():
            (folder / each).write_bytes(content)
        if reader is not None:
            change(rng, folder / Path(name).name)
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        refused += read_one(name, reader, folder, rng)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return refused


def refused_within_limits(count, folder, seed=0):
    """`check_hostile_files` in a process of its own, whose memory is limited."""
    command = [sys.executable, __file__, str(count), str(seed), str(folder)]
    around = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}
    done = subprocess.run(command, capture_output=True, text=True, env=around)
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout)


def main(count, seed, folder):
    check_hostile_files(20, folder, seed)  # what is imported late is there
    if sys.platform == "linux":  # elsewhere there is no such limit, or no number to begin from
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    print(check_hostile_files(count, folder, seed))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
