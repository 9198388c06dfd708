"""Addresses that are safe, a key that stays in the environment, connections that fail in ways that are told apart."""

import pickle
import socket
import subprocess
import sys
import threading
from contextlib import closing, contextmanager

import pytest
from completion_server import Completions, served

from lowlogit_edu.core.errors import ArgumentError, MissingExtra, OracleError
from lowlogit_edu.models import random_isan
from lowlogit_edu.oracles import ExactOracle
from lowlogit_edu.server import transport
from lowlogit_edu.server.retry import Client, Patience, Refused
from lowlogit_edu.server.transport import KEY, HttpTransport, TryAgain, check_address

TEACHER = ExactOracle(random_isan(alphabet_size=4, dimension=2, horizon=9, seed=0))


@pytest.mark.parametrize(
    ("address", "clean"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080/v1/", "http://localhost:8080"),
        ("http://[::1]:8080/v1", "http://[::1]:8080"),
        ("https://example.org/models/v1", "https://example.org/models"),
    ],
)
def test_a_safe_address_is_taken(address, clean):
    assert check_address(address) == clean


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:8080", "is no address of a server; expected one like http://127.0.0.1:8080"),
        ("ftp://127.0.0.1", "is no address of a server"),
        ("ftp://name:secret@127.0.0.1", "holds more than a host and a path"),
        ("http://[::1", "the address of the server cannot be read; expected one like http://127.0.0.1:8080"),
        ("https://name:secret@[::1", "the address of the server cannot be read"),
        ("http://127.0.0.1:80a", "the address of the server cannot be read; expected one like"),
        ("http://127.0.0.1:99999", "the address of the server cannot be read"),
        ("http://localhost:80/a\x00b", "is no address of a server"),
        ("http://example.org:8080", "would send prompts and key unprotected over the network: use https, or a tunnel"),
        ("http://127.0.0.1.example.org", "unprotected over the network"),
        ("https://name:secret@example.org", "a key belongs into the environment variable LOWLOGIT_SERVER_KEY"),
        ("https://example.org?key=secret", "holds more than a host and a path"),
    ],
)
def test_an_unsafe_address_is_refused(address, message):
    with pytest.raises(ArgumentError, match=message) as refused:
        HttpTransport(address)
    assert "secret" not in str(refused.value)


class Echo(Completions):
    """Refuses, and quotes what it was sent."""

    status = 401

    def answer(self, method, path, content):
        return self.status, {"error": {"message": "Incorrect API key provided: s3cret-key. " + "a" * 5000}}


def test_the_key_is_sent_and_shown_nowhere(monkeypatch):
    monkeypatch.setenv(KEY, "s3cret-key")
    with served(Echo(TEACHER)) as address:
        sender = HttpTransport(address)
        with pytest.raises(Refused, match=f"the key in {KEY} was not accepted. It says .*\\[{KEY}\\]") as refused:
            Client(sender).ask("GET", "/v1/models", None, dict)
    assert len(str(refused.value)) < 500
    assert "s3cret" not in str(refused.value) + repr(refused.value) + repr(sender) + repr(vars(sender))
    assert b"s3cret" not in pickle.dumps(sender)


def test_where_a_key_is_needed_the_variable_is_named(monkeypatch):
    monkeypatch.delenv(KEY, raising=False)
    with served(Echo(TEACHER)) as address, pytest.raises(Refused, match=f"put its key into {KEY}"):
        Client(HttpTransport(address)).ask("GET", "/v1/models", None, dict)


@pytest.mark.parametrize("key", ["s3cret\n", "s3cr\u00e9t"])
def test_a_key_that_cannot_be_sent_is_not_shown(key, monkeypatch):
    monkeypatch.setenv(KEY, key)
    with pytest.raises(ArgumentError, match=f"{KEY} holds a line break, or another sign that no key has") as refused:
        HttpTransport("http://127.0.0.1:1").send("GET", "/v1/models")
    assert "s3cr" not in str(refused.value)


def test_a_redirect_is_not_followed():
    elsewhere = Echo(TEACHER)
    elsewhere.status = 307
    elsewhere.headers = {"Location": "http://example.org/"}
    with served(elsewhere) as address, pytest.raises(Refused, match="redirects to 'http://example.org/'"):
        Client(HttpTransport(address)).ask("GET", "/v1/models", None, dict)


def test_a_large_answer_is_cut_off(monkeypatch):
    monkeypatch.setattr(transport, "MOST_BYTES", 1000)
    with served(Echo(TEACHER)) as address, pytest.raises(OracleError, match="answered with more than 1,000 bytes"):
        HttpTransport(address).send("GET", "/v1/models")


def test_who_does_not_listen_may_listen_later():
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(TryAgain, match="the connection failed \\(ConnectError"):
        HttpTransport(address).send("GET", "/v1/models")
    with pytest.raises(OracleError, match=f"{address} gave no answer that could be used, tried once .*ConnectError"):
        Client(HttpTransport(address), Patience(attempts=1)).ask("GET", "/v1/models", None, dict)


def test_who_is_slow_may_be_faster_later():
    with closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        sender = HttpTransport(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.05)
        with pytest.raises(TryAgain, match="no answer within 0.05 s \\(ReadTimeout"):
            sender.send("GET", "/v1/models")


def test_an_answer_that_does_not_end_is_not_waited_for():
    seconds = [1.0, 0.0]
    with (
        one_reply(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"1", b"2") as address,
        pytest.raises(TryAgain, match="time was over after 2 bytes of an answer"),
    ):
        HttpTransport(address).send("GET", "/v1/models", left=lambda: seconds.pop(0))


def test_a_body_that_cannot_be_unpacked_may_be_whole_later():
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n"
    with one_reply(head, b"{}") as address, pytest.raises(TryAgain, match="the connection failed \\(DecodingError"):
        HttpTransport(address).send("GET", "/v1/models")


@contextmanager
def one_reply(*parts):
    """The address of a server that sends these parts, one after the other, to the first who asks."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        over = threading.Event()

        def reply():
            connection, _ = listening.accept()
            with closing(connection):
                connection.recv(65536)
                for part in parts:
                    connection.sendall(part)
                    over.wait(0.05)  # so that they are read apart
                over.wait()

        thread = threading.Thread(target=reply)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


@pytest.mark.reliability("R21")
def test_without_httpx2_the_line_to_install_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx2", None)
    with pytest.raises(MissingExtra, match=r'pip install "lowlogit_edu\[server\]"'):
        HttpTransport("http://127.0.0.1:8080")


def test_a_copy_opens_connections_of_its_own():
    with served(Completions(TEACHER)) as address:
        sender = HttpTransport(address)
        copy = pickle.loads(pickle.dumps(sender))
        assert copy.send("GET", "/v1/models").body == sender.send("GET", "/v1/models").body


@pytest.mark.reliability("R21")
def test_nothing_of_http_is_imported_with_the_package():
    code = "import sys, lowlogit_edu.oracles; print('httpx2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
