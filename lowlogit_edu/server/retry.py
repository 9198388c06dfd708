"""The one layer of retries: what may pass is tried again, with patience that ends; what will not is told at once."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from random import Random
from threading import Event, Lock
from typing import Any, TypeVar

from lowlogit_edu.core.errors import OracleError
from lowlogit_edu.server.transport import KEY, Reply, Transport, TryAgain

MAY_PASS = (408, 409, 429)  # and 500 or more; any other refusal is the same tomorrow
USED_UP = ("insufficient_quota", "billing_hard_limit_reached")  # reasons of a 429 that waiting does not cure
SAID = 300  # characters of a server's own words in a message

_counting = Lock()  # of what is sent; a client with a lock of its own could not be sent to processes

Read = TypeVar("Read")


class Refused(OracleError):
    """The server refused a request for good; `status` is its HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message, status)
        self.status = status

    def __str__(self) -> str:
        return str(self.args[0])


class Stopped(Exception):
    """Another request failed, or Ctrl-C was pressed: this one is not sent."""


@dataclass(frozen=True)
class Patience:
    """How long a request is tried.

    Attributes
    ----------
    attempts : int
        Tries in all.
    seconds : float
        Of one request, its tries and waits together; a try that was begun before may wait for its first bytes as long
        as the transport's timeout.
    first_wait, longest_wait : float
        Seconds; the wait before try i + 1 is drawn between 0 and `first_wait` * 2**(i - 1), at most `longest_wait`.
    """

    attempts: int = 6
    seconds: float = 300.0
    first_wait: float = 0.5
    longest_wait: float = 30.0


def pause(seconds: float, stopped: Event) -> None:
    """Wait, but no longer than until `stopped` is set."""
    stopped.wait(seconds)


@dataclass
class Client:
    """Sends requests until one is answered; time, waiting and chance can be another's, in tests.

    `sent` counts all tries, those that failed included.
    """

    transport: Transport
    patience: Patience = Patience()
    now: Callable[[], float] = time.monotonic
    pause: Callable[[float, Event], None] = pause
    random: Random = field(default_factory=Random)  # of no result: only of waits, which should differ between clients
    sent: int = field(default=0, init=False)

    def ask(self, method: str, path: str, body: Any, read: Callable[[Any], Read], stopped: Event | None = None) -> Read:
        """What `read` makes of the JSON that answers.

        Raises
        ------
        Refused
            If the server says that the request is wrong, or is not allowed.
        OracleError
            If patience ended.
        Stopped
            If `stopped` was set before a try.
        """
        stopped = stopped or Event()
        content = None if body is None else json.dumps(body).encode()
        start = self.now()

        def left() -> float:
            return start + self.patience.seconds - self.now()

        for attempt in range(1, self.patience.attempts + 1):
            if stopped.is_set():
                raise Stopped
            try:
                return read(self._once(method, path, content, left))
            except TryAgain as error:
                trouble = error
            wait = max(trouble.at_least, self._draw(attempt))
            if attempt == self.patience.attempts or wait > left():
                break
            self.pause(wait, stopped)
        times = "once" if attempt == 1 else f"{attempt} times"
        raise OracleError(
            f"{self.transport.address} gave no answer that could be used, tried {times} in "
            f"{self.now() - start:.0f} s: {trouble}. See whether the server runs and is not overloaded; what was "
            "learned by the last checkpoint is kept (--resume)."
        )

    def _draw(self, attempt: int) -> float:
        """Seconds to wait after a try: full jitter, so that many clients do not come back together."""
        most = min(self.patience.longest_wait, self.patience.first_wait * 2 ** (attempt - 1))
        return self.random.uniform(0.0, most)

    def _once(self, method: str, path: str, content: bytes | None, left: Callable[[], float]) -> Any:
        with _counting:
            self.sent += 1
        reply = self.transport.send(method, path, content, left)
        if reply.status in MAY_PASS or reply.status >= 500:
            words = said(reply)
            if reply.status != 429 or not any(reason in words for reason in USED_UP):
                raise TryAgain(f"status {reply.status}, {words}", _retry_after(reply))
        if reply.status != 200:
            raise Refused(f"{self.transport.address}{path} {_refusal(reply)}", reply.status)
        try:
            return json.loads(reply.body)
        except (ValueError, RecursionError) as error:
            raise TryAgain(f"an answer of {len(reply.body)} bytes that is no JSON, or a part of it") from error


def said(reply: Reply) -> str:
    """The server's own words about an error, cut short, the key taken out."""
    text = reply.body.decode("utf-8", errors="replace")
    try:
        answer = json.loads(text)
        found = answer.get("error", answer)
        words = " ".join(str(found[name]) for name in ("code", "message", "detail") if found.get(name))
        text = words or text
    except (ValueError, AttributeError, RecursionError):  # not JSON, or not an object
        pass
    key = os.environ.get(KEY)
    if key:
        text = text.replace(key, f"[{KEY}]")  # servers quote what they refuse
    text = " ".join(text.split())
    return repr(text if len(text) <= SAID else text[:SAID] + "...")


def _refusal(reply: Reply) -> str:
    """What a status means for who asks, with the server's words."""
    if 300 <= reply.status < 400:
        return f"redirects to {reply.headers.get('location', 'somewhere')!r}; give that address, if you trust it."
    if reply.status in (401, 403):
        known = f"the key in {KEY} was not accepted" if os.environ.get(KEY) else f"put its key into {KEY}"
        return f"does not let us in (status {reply.status}): {known}. It says {said(reply)}."
    if reply.status == 404:
        return f"is not there (status 404): expected an OpenAI-compatible server and a model that it has. {said(reply)}"
    return f"refused the request (status {reply.status}): {said(reply)}"


def _retry_after(reply: Reply) -> float:
    """The seconds that a Retry-After header asks for, given as seconds or as a date; 0 where there is none."""
    value = reply.headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:  # by the server's own clock, not ours
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(reply.headers["date"])
        return max(0.0, wait.total_seconds())
    except (KeyError, ValueError, TypeError, OverflowError):
        return 0.0
