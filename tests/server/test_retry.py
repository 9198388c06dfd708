"""What may pass is tried again, with waits that are drawn and an end; what will not is tried once."""

from random import Random
from threading import Event

import pytest
from completion_server import Clock

from lowlogit_edu.core.errors import OracleError
from lowlogit_edu.server.retry import Client, Patience, Refused, Stopped, pause
from lowlogit_edu.server.transport import Reply, TryAgain, unlimited

GOOD = Reply(200, {}, b'{"answer": 42}')
DATE = {"date": "Sat, 28 Nov 2026 12:00:00 GMT", "retry-after": "Sat, 28 Nov 2026 12:00:11 GMT"}


class Sequence:
    """Replies, or errors to raise, one after the other; the last one for ever."""

    address = "http://127.0.0.1:1"

    def __init__(self, *replies):
        self.replies = list(replies)
        self.sent = 0

    def send(self, method, path, content=None, left=unlimited):
        self.sent += 1
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply


class Highest(Random):
    """Draws the longest wait that is allowed."""

    def uniform(self, a, b):
        return b


def asked(*replies, **patience):
    clock = Clock()
    sender = Sequence(*replies)
    client = Client(sender, Patience(**patience), now=clock.now, pause=clock.pause, random=Highest())
    return client, sender, clock


def read(answer):
    return answer["answer"]


@pytest.mark.parametrize(
    "trouble",
    [
        *(Reply(status, {}, b"") for status in (408, 409, 429, 500, 502, 503, 529)),
        TryAgain("no answer within 30 s"),
        Reply(200, {}, b'{"answer": 4'),
        Reply(200, {}, b""),
        Reply(200, {}, b"[" * 100_000),
    ],
)
@pytest.mark.reliability("R5")
def test_what_may_pass_is_tried_again(trouble):
    client, sender, clock = asked(trouble, trouble, GOOD)
    assert client.ask("POST", "/", {}, read) == 42
    assert (sender.sent, client.sent, clock.waits) == (3, 3, [0.5, 1.0])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 422, 301, 204])
@pytest.mark.reliability("R5")
def test_what_will_not_pass_is_tried_once(status):
    client, sender, clock = asked(Reply(status, {}, b'{"error": {"message": "unknown model"}}'))
    with pytest.raises(Refused, match="unknown model|redirects to 'somewhere'") as refused:
        client.ask("POST", "/v1/completions", {}, read)
    assert (client.sent, sender.sent, clock.waits, refused.value.status) == (1, 1, [], status)


def test_a_quota_that_is_used_up_is_not_waited_for():
    spent = Reply(429, {}, b'{"error": {"code": "insufficient_quota", "message": "You exceeded your quota"}}')
    client, sender, _ = asked(spent)
    with pytest.raises(Refused, match="status 429.*You exceeded your quota"):
        client.ask("POST", "/", {}, read)
    assert sender.sent == 1


def test_an_incomplete_answer_is_tried_again():
    incomplete = [TryAgain("an answer without log-probabilities"), None]

    def second(answer):
        trouble = incomplete.pop(0)
        if trouble:
            raise trouble
        return answer

    client, sender, _ = asked(GOOD)
    assert client.ask("POST", "/", {}, second) == {"answer": 42}
    assert sender.sent == 2


@pytest.mark.reliability("R5")
def test_attempts_end():
    client, sender, clock = asked(Reply(503, {}, b"loading model"), attempts=4, longest_wait=1.5)
    with pytest.raises(OracleError, match="tried 4 times in 3 s: status 503, 'loading model'"):
        client.ask("POST", "/", {}, read)
    assert (sender.sent, clock.waits) == (4, [0.5, 1.0, 1.5])


@pytest.mark.reliability("R5")
def test_time_ends_before_a_wait_that_would_pass_it():
    client, _, clock = asked(Reply(500, {}, b""), attempts=100, seconds=10, longest_wait=4.0)
    with pytest.raises(OracleError, match="tried 5 times in 8 s"):
        client.ask("POST", "/", {}, read)
    assert sum(clock.waits) <= 10


class Dripping:
    """An answer that does not end: a byte every fifth of a second."""

    address = "http://127.0.0.1:1"

    def __init__(self, clock):
        self.clock = clock

    def send(self, method, path, content=None, left=unlimited):
        for _ in range(1000):
            if left() <= 0:
                raise TryAgain("time was over")
            self.clock.seconds += 0.2
        return GOOD


@pytest.mark.parametrize("attempts", [1, 6])
def test_time_ends_within_an_answer_too(attempts):
    clock = Clock()
    client = Client(Dripping(clock), Patience(attempts, seconds=1), now=clock.now, pause=clock.pause)
    with pytest.raises(OracleError, match="tried once in 1 s: time was over"):
        client.ask("POST", "/", {}, read)
    assert clock.now() == pytest.approx(1.0)


@pytest.mark.parametrize(("headers", "wait"), [({"retry-after": "7"}, 7.0), (DATE, 11.0), ({"retry-after": "x"}, 0.5)])
@pytest.mark.reliability("R5")
def test_the_server_says_how_long_to_wait(headers, wait):
    client, _, clock = asked(Reply(429, headers, b""), GOOD)
    client.ask("POST", "/", {}, read)
    assert clock.waits == [wait]


def test_a_server_that_wants_an_hour_does_not_get_it():
    client, sender, clock = asked(Reply(429, {"retry-after": "3600"}, b"come back later"))
    with pytest.raises(OracleError, match="tried once in 0 s: status 429, 'come back later'"):
        client.ask("POST", "/", {}, read)
    assert (sender.sent, clock.waits) == (1, [])


def test_waits_are_drawn_between_nothing_and_the_longest():
    clock = Clock()
    patience = Patience(attempts=200, seconds=1e9, first_wait=2.0, longest_wait=2.0)
    client = Client(Sequence(Reply(500, {}, b"")), patience, now=clock.now, pause=clock.pause)
    with pytest.raises(OracleError):
        client.ask("POST", "/", {}, read)
    assert 0 <= min(clock.waits) < 0.2 < 1.8 < max(clock.waits) <= 2.0


def test_no_try_is_made_after_a_stop():
    stopped = Event()
    client, sender, _ = asked(Reply(500, {}, b""))
    client.pause = lambda seconds, event: event.set()
    with pytest.raises(Stopped):
        client.ask("POST", "/", {}, read, stopped)
    assert sender.sent == 1


def test_a_pause_ends_with_a_stop():
    stopped = Event()
    stopped.set()
    pause(60.0, stopped)  # or the test would take a minute
