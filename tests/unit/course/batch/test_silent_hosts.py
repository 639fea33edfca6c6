"""Which host a link names, and when a host counts as silent."""

from __future__ import annotations

import pytest

from grader.course.batch.silent_hosts import ROWS, SilentHosts, host_of


@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("https://GitHub.com/ada/net", "github.com"),
        ("https://ada:secret@example.org:8443/net.git", "example.org"),
        ("git@github.com:ada/net.git", "github.com"),
        ("ssh://git@gitlab.com/ada/net", "gitlab.com"),
        ("submissions/ada", ""),
        ("/srv/ada@home:net", ""),
        ("https://[broken", ""),
        ("", ""),
    ],
)
def test_host_of(link, host):
    assert host_of(link) == host


def test_an_answer_begins_the_count_anew():
    hosts = SilentHosts()
    for _ in range(ROWS - 1):
        hosts.failed("a")
    hosts.answered("a")
    hosts.failed("a")
    assert not hosts.is_silent("a")
    for _ in range(ROWS):
        hosts.failed("a")
        hosts.failed("")
    assert (hosts.is_silent("a"), hosts.is_silent("b"), hosts.is_silent("")) == (True, False, False)
