"""Attacks that want out: row 11. The addresses are those that are reserved for documentation."""

from __future__ import annotations

from grader_attack import HONEST, Attack, model, net

_TRY = """
    ways = {
        "tcp": lambda: socket.create_connection(("192.0.2.1", 80), 2),
        "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
        "tcp6": lambda: socket.create_connection(("2001:db8::1", 80), 2),
        "loopback": lambda: socket.create_connection(("127.0.0.1", 22), 2),
        "name": lambda: socket.getaddrinfo("grader.example", 80),
        "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0),
        "packet": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0),
        "vsock": lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM),
    }
    out = []
    for name, way in ways.items():
        try:
            way()
        except OSError:
            continue
        out.append(name)
    for place, wanted, known in (("/proc/net/unix", "@", "?"), ("/proc/net/dev", ":", "lo:")):
        try:
            with open(place) as file:
                out += [line for line in file if wanted in line and known not in line]
        except OSError:
            continue
    if out:
        raise RuntimeError(f"the network is open: {out}")
"""

ATTACKS = [
    Attack(
        11,
        "network",
        "network",
        "Tries every kind of way out, and raises where one is open",
        model(net("import socket", init=_TRY)),
        HONEST,
        first=True,
    ),
]
