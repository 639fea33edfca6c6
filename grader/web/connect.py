"""A connection to a host whose every address was checked, to one of the addresses that were checked.

The name is resolved once. There is no second look-up between the check and the connection, so a name server that
gives another answer the second time has nothing to answer.
"""

from __future__ import annotations

import errno
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Literal

from grader.text import clean
from grader.web.public import is_public
from grader.web.target import PORTS, Refused, Target

Whose = Literal["submission", "network", "machine", "unclear"]
MAX_ADDRESSES = 3
_SURE_OF_THE_CERTIFICATE = frozenset({10, 18, 62, 64})
"""OpenSSL's codes for: expired, signed by itself, another name, another address. Others may be our own list's fault."""
_OURS = frozenset(
    {errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE, errno.EPERM}
)


def resolve(host: str, port: int) -> tuple[str, ...]:
    """The addresses of a name, as this machine's resolver gives them.

    Raises:
        OSError: it has none, or the resolver cannot be asked.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class Reach:
    """What a request may reach. The default is what is graded with; tests reach servers of their own."""

    resolve: Callable[[str, int], tuple[str, ...]] = resolve
    is_public: Callable[[str], bool] = is_public
    ports: frozenset[int] | None = frozenset(PORTS.values())
    tls: Callable[[], ssl.SSLContext] = field(default=ssl.create_default_context)


PUBLIC = Reach()


class Unreachable(Exception):
    """There is no answer. `whose` says whose doing that is, as far as it can be told.

    `connected`: there was a connection. `final`: asking again would give the same.
    """

    def __init__(self, message: str, whose: Whose, *, connected: bool = False, final: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.whose = whose
        self.connected = connected
        self.final = final


def connect(target: Target, reach: Reach, deadline: float) -> socket.socket:
    """A socket, TLS included, to an address that was checked. `deadline` is of `time.monotonic`.

    Raises:
        Refused: one of the host's addresses is not public.
        Unreachable: there is no connection in time.
    """
    plain = _connected(_checked(target, reach, deadline), target.port, deadline)
    try:
        return _secured(plain, target, reach, deadline) if target.scheme == "https" else plain
    except BaseException:
        plain.close()
        raise


def seconds_left(deadline: float) -> float:
    """At least a moment: a timeout of 0 would mean a socket that never waits."""
    return max(deadline - time.monotonic(), 0.001)


def _checked(target: Target, reach: Reach, deadline: float) -> tuple[str, ...]:
    addresses = _looked_up(target, reach, deadline)
    for address in addresses:
        if not reach.is_public(address):
            said = f"leads to {clean(address, 60)}, which is no public address"
            raise Refused(said if address != target.host else "is no public address")
    return addresses


def _looked_up(target: Target, reach: Reach, deadline: float) -> tuple[str, ...]:
    """Python's look-up cannot be given a time: it runs in a thread that is left behind when it takes too long."""
    found: Future[tuple[str, ...]] = Future()

    def look_up() -> None:
        try:
            found.set_result(reach.resolve(target.host, target.port))
        except Exception as error:  # UnicodeError, too: the resolver encodes the name once more
            found.set_exception(error)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        addresses = found.result(timeout=seconds_left(deadline))
    except TimeoutError as error:
        raise Unreachable("its name was not found in time", "unclear") from error
    except UnicodeError as error:
        raise Refused("has no valid host name") from error
    except OSError as error:
        raise _no_name(error) from error
    if not addresses:
        raise Unreachable("its name has no address", "unclear")
    return addresses


def _no_name(error: OSError) -> Unreachable:
    """Only the answer that there is no such name speaks of the name; a resolver that is silent is this machine's."""
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME:
        return Unreachable("its name is not known", "network")
    return Unreachable("names cannot be looked up from this machine", "machine")


def _connected(addresses: tuple[str, ...], port: int, deadline: float) -> socket.socket:
    """The first address that takes the connection; each has an equal share of the time that is left."""
    tried = addresses[:MAX_ADDRESSES]
    fault = Unreachable("there was no time to connect", "unclear")
    for index, address in enumerate(tried):
        seconds = seconds_left(deadline) / (len(tried) - index)
        try:
            return socket.create_connection((address, port), timeout=seconds)
        except TimeoutError:
            fault = Unreachable("no connection in time", "unclear")
        except OSError as error:
            fault = _no_connection(error)
    raise fault


def _no_connection(error: OSError) -> Unreachable:
    if error.errno == errno.ECONNREFUSED:
        return Unreachable("the connection was refused", "network")
    said = f"no connection ({clean(error.strerror or type(error).__name__, 80)})"
    return Unreachable(said, "machine" if error.errno in _OURS else "unclear")


def _secured(plain: socket.socket, target: Target, reach: Reach, deadline: float) -> socket.socket:
    plain.settimeout(seconds_left(deadline))
    try:
        return reach.tls().wrap_socket(plain, server_hostname=target.host)
    except ssl.SSLCertVerificationError as error:
        whose: Whose = "submission" if error.verify_code in _SURE_OF_THE_CERTIFICATE else "unclear"
        said = f"its certificate does not hold ({clean(error.verify_message, 100)})"
        raise Unreachable(said, whose, connected=True, final=True) from error
    except TimeoutError as error:
        raise Unreachable("it did not answer in time", "submission", connected=True) from error
    except (OSError, ValueError) as error:
        raise Unreachable("it does not speak TLS", "unclear", connected=True) from error
