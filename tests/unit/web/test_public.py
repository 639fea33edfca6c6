"""Every way to write an address that is not everybody's is refused; those that are everybody's are not."""

from __future__ import annotations

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.web.public import is_public

NOT_PUBLIC = (
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "64:ff9b:1::808:808",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:7f00:1::",
    "2001:0:808:808::8080:fffe",
    "2001:db8::1",
    "fc00::1",
    "fd00::1",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
    "100::1",
    "2130706433",
    "localhost",
    "",
)


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_refused(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "151.101.0.223", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public(text: str) -> None:
    assert is_public(text)


def test_this_machines_own_addresses_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from grader.web import public

    entry = psutil.net_if_addrs()["lo"][0]._replace(address="8.8.8.8")
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: {"eth0": [entry]})
    public.own_addresses.cache_clear()
    try:
        assert not is_public("8.8.8.8")
        assert not is_public("64:ff9b::808:808")
        assert is_public("8.8.4.4")
    finally:
        public.own_addresses.cache_clear()


@given(st.ip_addresses(v=4))
def test_an_address_that_is_carried_is_judged_as_if_it_stood_alone(address) -> None:
    carried = (f"::ffff:{address}", f"64:ff9b::{int(address) >> 16:x}:{int(address) & 0xFFFF:x}")
    assert [is_public(one) for one in carried] == [is_public(str(address))] * 2


@given(st.text(alphabet="0123456789abcdef:.%/xü", max_size=60))
def test_no_text_makes_it_raise(text: str) -> None:
    assert is_public(text) in (True, False)
