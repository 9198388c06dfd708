"""A completion server to test with: the answers of llama.cpp or vLLM, from a teacher at hand, with faults on demand."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from lowlogit_edu.core.numerics import log_softmax
from lowlogit_edu.server.retry import Client, Patience
from lowlogit_edu.server.transport import Reply, TryAgain, unlimited

BEGINNING = 0


class Completions:
    """What a server answers to GET /v1/models and POST /v1/completions.

    `most` log-probabilities are given, all by default; who asks for more is refused (vLLM), or given `most` (`caps`).
    """

    def __init__(
        self,
        teacher,
        *,
        layout="content",
        most=None,
        caps=False,
        mode="raw",
        biases=True,
        lists=False,
        tells_size=True,
        floors=(),
        system="b1",
        alter=None,
    ):
        self.teacher = teacher
        self.layout = layout
        self.most = most or teacher.alphabet_size
        self.caps = caps
        self.mode = mode
        self.biases = biases
        self.lists = lists
        self.tells_size = tells_size
        self.floors = list(floors)
        self.system = system
        self.alter = alter  # (row of log-probabilities, body of the request) -> row
        self.bodies = []

    def answer(self, method, path, content):
        """Status, JSON."""
        if (method, path) == ("GET", "/v1/models"):
            meta = {"n_vocab": self.teacher.alphabet_size, "n_ctx_train": 512} if self.tells_size else {}
            return 200, {"data": [{"id": "toy", "meta": meta}]}
        if (method, path) != ("POST", "/v1/completions"):
            return 404, {"error": {"message": "Not Found"}}
        body = json.loads(content)
        self.bodies.append(body)
        if body["logprobs"] > self.most and not self.caps:
            return 400, {"error": {"message": f"{body['logprobs']} is greater than max allowed: {self.most}"}}
        prompts = body["prompt"]
        if not all(prompt and prompt[0] == BEGINNING for prompt in prompts):
            return 400, {"error": {"message": "input cannot be empty"}}
        logits = self.teacher.logits([prompt[1:] for prompt in prompts])
        choices = [self.choice(index, row, body) for index, row in enumerate(logits)]
        return 200, {"model": "toy", "system_fingerprint": self.system, "choices": choices}

    def choice(self, index, logits, body):
        seen = np.array(logits, dtype=np.float64)
        for token, bias in (body.get("logit_bias") or {}).items() if self.biases else ():
            seen[int(token)] += bias
        sampled_from = log_softmax(seen / body["temperature"])
        shown = sampled_from if self.mode == "processed" else log_softmax(np.array(logits, dtype=np.float64))
        if self.alter is not None:
            shown = self.alter(shown, body)
        chosen = int(np.random.default_rng(index).choice(len(shown), p=np.exp(sampled_from)))
        shown[self.floors] = -9999.0
        top = np.argsort(-shown, kind="stable")[: min(body["logprobs"], self.most)].tolist()
        if self.lists and body.get("logprob_token_ids"):
            top = body["logprob_token_ids"]
        return {"index": index, "logprobs": self.told(chosen, top, shown.tolist())}

    def told(self, chosen, top, shown):
        if self.layout == "content":
            entries = [{"id": t, "token": "a", "bytes": [97], "logprob": shown[t]} for t in top]
            return {"content": [{"id": chosen, "logprob": shown[chosen], "top_logprobs": entries}]}
        name = "token_id:{}".format if self.layout == "token_id" else "word{}".format
        named = {name(token): shown[token] for token in dict.fromkeys([*top, chosen])}
        return {"tokens": [name(chosen)], "token_logprobs": [shown[chosen]], "top_logprobs": [named]}


class Clock:
    """Time that passes by waiting alone."""

    def __init__(self):
        self.seconds = 0.0
        self.waits = []

    def now(self):
        return self.seconds

    def pause(self, seconds, stopped):
        self.waits.append(seconds)
        self.seconds += seconds


class Scripted:
    """A transport without a network; `fault(i)` names what goes wrong with request i, or is None."""

    address = "http://127.0.0.1:1"

    def __init__(self, completions, fault=lambda number: None):
        self.completions = completions
        self.fault = fault
        self.sent = 0
        self.faults = []
        self._lock = threading.Lock()

    def __deepcopy__(self, memo):
        return self

    def send(self, method, path, content=None, left=unlimited):
        with self._lock:
            self.sent += 1
            fault = self.fault(self.sent)
            self.faults.append(fault)
        if fault in ("timeout", "reset"):
            raise TryAgain(fault)
        if isinstance(fault, int):
            return Reply(fault, {}, b'{"error": {"message": "scripted"}}')
        if fault == "wait":
            return Reply(429, {"retry-after": "7"}, b"slow down")
        status, answer = self.completions.answer(method, path, content)
        if fault == "silent":
            answer = {**answer, "choices": [choice | {"logprobs": None} for choice in answer.get("choices", [])]}
        if fault == "reordered" and "choices" in answer:
            answer["choices"] = answer["choices"][::-1]
        text = json.dumps(answer).encode()
        return Reply(status, {}, text[: len(text) // 2] if fault == "truncated" else text)


def client_of(completions, fault=lambda number: None, **patience):
    """A client without network and without waiting; its clock is `client.pause.__self__`."""
    clock = Clock()
    return Client(Scripted(completions, fault), Patience(**patience), now=clock.now, pause=clock.pause)


@contextmanager
def served(completions):
    """The address of a real server on this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet: TCP waits 40 ms between two

        def do_GET(self):
            self.reply("GET", None)

        def do_POST(self):
            self.reply("POST", self.rfile.read(int(self.headers["Content-Length"])))

        def reply(self, method, content):
            status, answer = completions.answer(method, self.path, content)
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            for name, value in getattr(completions, "headers", {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
