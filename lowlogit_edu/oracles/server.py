"""The oracle of a model on a completion server: llama.cpp's llama-server, vLLM, or one that answers as they do."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
from jaxtyping import Float

from lowlogit_edu.core.checks import Prefixes, array_fingerprint, check_count, check_prefixes
from lowlogit_edu.core.errors import ArgumentError, OracleError
from lowlogit_edu.core.numerics import mean_center
from lowlogit_edu.server.alphabet import check_alphabet
from lowlogit_edu.server.answers import Prompt, Told, question, read_answer
from lowlogit_edu.server.probe import COMPLETIONS, models_of, probe
from lowlogit_edu.server.report import Plan, Report
from lowlogit_edu.server.retry import Client, Stopped
from lowlogit_edu.server.transport import HttpTransport

ROW_BYTES = 100  # that one token takes in an answer, about
ANSWER_BYTES = 2**22  # that an answer may take, about

ALPHABET = "alphabet.json"  # the server's token ids, in the order of ours


class ServerOracle:
    """Logits of a model on a completion server, restricted to an alphabet.

    Its tokens 0 to k - 1 stand for the server's `alphabet[0]` to `alphabet[k - 1]`. The logits are the
    log-probabilities of those tokens, mean-centred: the model conditioned, token by token, never to leave the
    alphabet, as of `Restricted`. Whoever samples from the server for comparison must restrict it in the same way
    (vLLM: `allowed_token_ids`), at temperature 1.

    Only token ids are sent. The beginning token is put before every prefix and is not part of it; servers refuse an
    empty prompt. Making the oracle asks the server about ten times (`report`). Each request is tried again where its
    failure may pass, and waits no longer than `client.patience`. The key, if the server wants one, is in the
    environment variable LOWLOGIT_SERVER_KEY.

    Parameters
    ----------
    address : str
        Such as "http://127.0.0.1:8080"; https unless it is this machine.
    alphabet : "full" or sequence of int
        Token ids of the server; `range(512)`, say.
    beginning_token : int
        A token id of the server.
    model : str, optional
        As the server calls it; needed where it has several.
    strategy : str
        "auto" takes the cheapest that works, of full, listed, topk_bias and forced.
    tokenizer : transformers tokenizer, optional
        Of the server's model, for `encode` and `decode`; without one, texts are token ids.
    vocabulary_size : int, optional
        How many tokens the model has, where the server does not say and the alphabet is not all of them.
    workers : int
        Requests at a time.
    batch_size : int
        Prefixes in a request, at most.
    client : Client, optional
        With other patience, or another transport.

    Raises
    ------
    OracleError
        If the server cannot be reached, or does something that is not understood.
    """

    def __init__(
        self,
        address: str,
        alphabet: str | Sequence[int],
        *,
        beginning_token: int,
        model: str | None = None,
        strategy: str = "auto",
        tokenizer: Any = None,
        vocabulary_size: int | None = None,
        workers: int = 4,
        batch_size: int = 16,
        client: Client | None = None,
    ) -> None:
        self.client = client or Client(HttpTransport(address))
        self.workers = check_count("workers", workers)
        self.tokenizer = tokenizer
        self._model, told_size, self.longest = models_of(self.client, model)
        size = told_size or vocabulary_size
        self.tokens = check_alphabet(alphabet, size)
        self.beginning_token = check_count("beginning_token", beginning_token, 0, size and size - 1)
        self._size = size
        self.report = self.probe()
        self.strategy = self.report.strategy(strategy, tuple(self.tokens.tolist()))
        fitting = ANSWER_BYTES // (ROW_BYTES * max(self.report.top, 1))
        self.batch_size = min(check_count("batch_size", batch_size), max(1, fitting)) if self.strategy.together else 1
        self.alphabet_size = len(self.tokens)
        self._new = {token: new for new, token in enumerate(self.tokens.tolist())}  # the server's number -> ours
        self.fingerprint = (
            f"server(model={self.report.model}, system={self.report.system or 'untold'}, "
            f"{array_fingerprint('alphabet', self.tokens)}, beginning={self.beginning_token}, "
            f"strategy={self.strategy.name}, mode={self.report.mode})"
        )

    @property
    def name(self) -> str:
        """Shown in messages."""
        return f"{self.report.model} on {self.client.transport.address}"

    @property
    def requests(self) -> int:
        """All that its client sent: the list of models, probes, tries, and what ended in an error."""
        return self.client.sent

    def __repr__(self) -> str:
        return f"ServerOracle({self.name!r}, alphabet_size={self.alphabet_size}, strategy={self.strategy.name!r})"

    def probe(self) -> Report:
        """Ask the server anew what it does."""
        alphabet = self.tokens.tolist()
        return probe(
            self.client,
            self._model,
            alphabet,
            self.beginning_token,
            vocabulary_size=self._size,
            longest=self.longest,
        )

    def plan(self, n_prefixes: int, length: int = 8) -> Plan:
        """The cost of so many prefixes of so many tokens, on average, if no request has to be tried again."""
        n = check_count("n_prefixes", n_prefixes, least=0)
        requests = -(-n // self.batch_size) * self.strategy.requests
        questions = n * self.strategy.requests
        return Plan(n, requests, questions * (length + 1), round(questions * self.report.seconds / 60, 2))

    def logits(self, prefixes: Prefixes) -> Float[np.ndarray, "prefix token"]:
        """Mean-centred logits (nats, float32) of the next token after each prefix; equal prefixes are asked about once.

        Raises
        ------
        OracleError
            If the server gives up, answers what cannot be a log-probability, or is another by now.
        """
        rows = check_prefixes(prefixes, self.alphabet_size)
        self._check_length(max(map(len, rows), default=0))
        distinct = list(dict.fromkeys(rows))
        prompts = [(self.beginning_token, *self.tokens[list(row)].tolist()) for row in distinct]
        found = dict(zip(distinct, self._rows(prompts), strict=True))
        answer = np.array([found[row] for row in rows]).reshape(len(rows), self.alphabet_size)
        return mean_center(answer).astype(np.float32)  # servers compute no finer

    def _rows(self, prompts: list[Prompt]) -> list[Float[np.ndarray, "token"]]:
        """The log-probabilities after each prompt, in order; several requests at a time."""
        parts = [prompts[start : start + self.batch_size] for start in range(0, len(prompts), self.batch_size)]
        stopped = Event()
        pool = ThreadPoolExecutor(self.workers)
        try:
            asked = [pool.submit(self._part, stopped, part) for part in parts]
            return [row for future in asked for row in future.result()]
        except Stopped:  # after an error in another thread, which is the one to tell
            errors = [future.exception() for future in asked]
            raise next(error for error in errors if not isinstance(error, Stopped | None)) from None
        finally:
            # After an error or Ctrl-C no further request is sent, and none waits for another try.
            stopped.set()
            pool.shutdown(cancel_futures=True)

    def _part(self, stopped: Event, prompts: Sequence[Prompt]) -> Float[np.ndarray, "prompt token"]:
        try:
            return self.strategy.rows(partial(self._ask, stopped), prompts)
        except Exception:
            stopped.set()
            raise

    def _ask(self, stopped: Event, prompts: Sequence[Prompt], fields: Mapping[str, Any]) -> Sequence[Told]:
        """One request, tried until it is answered by the server that was probed."""
        body = question(self._model, prompts, fields)
        answer = self.client.ask("POST", COMPLETIONS, body, lambda told: read_answer(told, len(prompts)), stopped)
        if (answer.model or self.report.model, answer.system) != (self.report.model, self.report.system):
            raise OracleError(
                f"the server is another by now: it was {self.report.model} {self.report.system or '(untold)'}, and is "
                f"{answer.model} {answer.system or '(untold)'}. Answers of two models must not be mixed: start anew, "
                "or go on from the last checkpoint with the server as it was."
            )
        return answer.told

    def _check_length(self, length: int) -> None:
        if self.longest is not None and length + 2 > self.longest:  # the beginning token, and the one that is sampled
            raise ArgumentError(
                f"{self.name} reads at most {self.longest} tokens, beginning token and answer included; a prefix of "
                f"{length} is too long. Lower the horizon."
            )

    def encode(self, text: str) -> list[int]:
        """The tokens of `text`; without a tokenizer, `text` is the server's token ids, such as "5 17".

        Raises
        ------
        ArgumentError
            If one is not in the alphabet, or a word is no token id.
        """
        try:
            theirs = self.tokenizer.encode(text, add_special_tokens=False) if self.tokenizer else map(int, text.split())
            return [self._new[token] for token in theirs]
        except KeyError as error:
            raise ArgumentError(
                f"{text!r} has token {error}, which is not in the alphabet; use other words."
            ) from error
        except ValueError as error:
            raise ArgumentError(f"{text!r} is not made of token ids, and there is no tokenizer; give one.") from error

    def decode(self, tokens: Sequence[int] | np.ndarray) -> str:
        """The text of `tokens` up to the first end-of-text; without a tokenizer, the server's token ids."""
        theirs = self.tokens[np.asarray(tokens, dtype=np.int64)].tolist()
        if self.tokenizer is None:
            return " ".join(map(str, theirs))
        end = self.tokenizer.eos_token_id
        return str(self.tokenizer.decode(theirs[: theirs.index(end)] if end in theirs else theirs))

    def save_tokenizer(self, folder: str | Path) -> None:
        """Write the tokenizer's files to `folder`, or alphabet.json where our tokens have other ids on the server."""
        if not np.array_equal(self.tokens, np.arange(self.alphabet_size)):
            (Path(folder) / ALPHABET).write_text(json.dumps(self.tokens.tolist()), encoding="utf-8")
        elif self.tokenizer is not None:
            self.tokenizer.save_pretrained(folder)
