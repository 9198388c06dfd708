"""One HTTP request to a server: safe addresses, a key that is never kept, answers of limited size.

>>> check_address("http://127.0.0.1:8080/v1/")
'http://127.0.0.1:8080'
"""

import os
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from math import inf
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

from lowlogit_edu.core.errors import ArgumentError, OracleError, missing_extra

KEY = "LOWLOGIT_SERVER_KEY"  # the environment variable that holds the key, where a server asks for one
EXPECTED = "expected one like http://127.0.0.1:8080"
MOST_BYTES = 2**26  # of one answer: a row of 128,000 tokens takes 13 million


@dataclass(frozen=True)
class Reply:
    """What came back, whatever its status.

    Attributes
    ----------
    status : int
    headers : mapping of str to str
        By names in small letters.
    body : bytes
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class TryAgain(Exception):
    """A request failed in a way that may pass; `at_least` are the seconds for which the server wants no other."""

    def __init__(self, reason: str, at_least: float = 0.0) -> None:
        super().__init__(reason)
        self.at_least = at_least


def unlimited() -> float:
    """Seconds that are left, where time does not end."""
    return inf


@runtime_checkable
class Transport(Protocol):
    """Sends one request; a test has its own."""

    @property
    def address(self) -> str:
        """Shown in messages."""
        ...

    def send(
        self, method: str, path: str, content: bytes | None = None, left: Callable[[], float] = unlimited
    ) -> Reply:
        """The reply; `TryAgain` where there was none, or not all of it when no seconds were `left`."""
        ...


class HttpTransport:
    """Requests over HTTP by httpx2, with connections that are kept open.

    The key is read from the environment for each request, so that it is in no object that is printed or saved.

    Parameters
    ----------
    address : str
        Such as "http://127.0.0.1:8080", with or without /v1; https unless it is this machine.
    timeout : float
        Seconds to wait for a connection, and for the next bytes of an answer.
    """

    def __init__(self, address: str, timeout: float = 30.0) -> None:
        self.address = check_address(address)
        self.timeout = timeout
        self._open()

    def __repr__(self) -> str:
        return f"HttpTransport({self.address!r})"

    def __getstate__(self) -> dict[str, Any]:
        return {"address": self.address, "timeout": self.timeout}  # a copy opens connections of its own

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._open()

    def _open(self) -> None:
        try:
            import httpx2
        except ImportError as error:
            raise missing_extra("A teacher on a server", "httpx2") from error
        # A redirect could carry prompts and key to another host, and a proxy has no part in what stays on this machine.
        try:
            self._client = httpx2.Client(
                base_url=self.address,
                timeout=self.timeout,
                follow_redirects=False,
                trust_env=not _on_this_machine(urlsplit(self.address).hostname or ""),
            )
        except httpx2.InvalidURL as error:
            raise ArgumentError(f"{self.address!r} is no address of a server ({error}); {EXPECTED}.") from error
        weakref.finalize(self, self._client.close)

    def send(
        self, method: str, path: str, content: bytes | None = None, left: Callable[[], float] = unlimited
    ) -> Reply:
        """The reply to one request; `TryAgain` where the connection failed or took too long."""
        import httpx2

        headers = {"Content-Type": "application/json"} | _authorization()
        try:
            with self._client.stream(method, path, content=content, headers=headers) as response:
                body = bytearray()
                for part in response.iter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise OracleError(
                            f"{self.address} answered with more than {MOST_BYTES:,} bytes; ask for a smaller alphabet "
                            "or fewer prefixes at a time (batch_size)."
                        )
                    if left() <= 0:  # each part came in time, but the answer does not end
                        raise TryAgain(f"time was over after {len(body):,} bytes of an answer")
                return Reply(response.status_code, {k.lower(): v for k, v in response.headers.items()}, bytes(body))
        except httpx2.TimeoutException as error:
            raise TryAgain(f"no answer within {self.timeout:g} s ({type(error).__name__})") from error
        except httpx2.RequestError as error:  # a body that cannot be unpacked included
            raise TryAgain(f"the connection failed ({type(error).__name__}: {error})") from error


def _authorization() -> dict[str, str]:
    """The header with the key, if there is one."""
    key = os.environ.get(KEY)
    if not key:
        return {}
    if not (key.isascii() and key.isprintable()):  # libraries show a header that they cannot send
        raise ArgumentError(f"{KEY} holds a line break, or another sign that no key has; set it anew.")
    return {"Authorization": f"Bearer {key}"}


def check_address(address: str) -> str:
    """The address without /v1 at its end.

    Raises
    ------
    ArgumentError
        If it is none of a server, holds a password, or would send prompts and key unprotected over a network.
    """
    try:
        parts = urlsplit(address)
        _ = parts.port  # read, and so looked at, only now
    except ValueError as error:  # not shown: it may hold a password
        raise ArgumentError(f"the address of the server cannot be read; {EXPECTED}.") from error
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ArgumentError(
            f"the address of the server on {parts.hostname} holds more than a host and a path; a key belongs into the "
            f"environment variable {KEY}, nowhere else."
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ArgumentError(f"{address!r} is no address of a server; {EXPECTED}.")
    if parts.scheme == "http" and not _on_this_machine(parts.hostname):
        raise ArgumentError(
            f"{address} would send prompts and key unprotected over the network: use https, or a tunnel such as "
            f"'ssh -L 8080:127.0.0.1:PORT {parts.hostname}' and http://127.0.0.1:8080."
        )
    return address.rstrip("/").removesuffix("/v1").rstrip("/")


def _on_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name
        return False
