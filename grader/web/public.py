"""Which addresses of the internet a request may reach: those that are everybody's, and no machine's own.

An IPv6 address can carry an IPv4 address in it, and the network in between then delivers to that one. Every address
that is carried is looked at, too: Python itself calls `64:ff9b::7f00:1` global, which is 127.0.0.1 behind NAT64.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that is assigned for the public IPv6 internet."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052; the last 32 bits are an IPv4 address."""


def is_public(text: str) -> bool:
    """Whether everybody can reach this address, whatever form it has, and it is none of this machine's own."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return all(_is_public(one) and str(one) not in own_addresses() for one in (found, *_carried(found)))


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped or address in _NAT64:
            return True  # only the address that it carries counts
        if address not in _UNICAST or address.scope_id:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: Address) -> Iterator[Address]:
    """The IPv4 addresses that it delivers to: mapped, NAT64, 6to4 and Teredo (its server and its client)."""
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo


@cache
def own_addresses() -> frozenset[str]:
    """The addresses of this machine's own interfaces: a service may trust what comes from there."""
    import psutil

    return frozenset(
        entry.address.partition("%")[0] for entries in psutil.net_if_addrs().values() for entry in entries
    )
