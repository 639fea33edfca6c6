"""Whose fault git's complaint is."""

from __future__ import annotations

import pytest

from grader.errors import FetchError, GraderError, GraderFault, UsageError
from grader.fetch.access import NO_ACCESS, Access, Token
from grader.fetch.complaints import explain, first_words
from grader.fetch.git import GitFailed
from grader.fetch.url import parse

LINK = parse("https://github.com/o/r")
OPENED = Access((Token("planted", "github.com"),))
ELSEWHERE = Access((Token("planted", "git.example.edu"),))
AT = "fatal: unable to access 'https://github.com/o/r/': "

ASKED = "fatal: could not read Username for 'https://github.com': terminal prompts disabled"
REFUSED = "remote: Invalid username or token.\nfatal: Authentication failed for 'https://github.com/o/r/'"
NOT_FOUND = "remote: Repository not found.\nfatal: repository 'https://github.com/o/r/' not found"
NO_KEY = "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository."


@pytest.mark.parametrize(
    "stderr",
    [
        AT + "Could not resolve host: github.com",
        AT + "Failed to connect to github.com port 443 after 2 ms: Couldn't connect to server",
        AT + "Operation too slow. Less than 1000 bytes/sec transferred the last 60 seconds",
        AT + "The requested URL returned error: 503",
        AT + "The requested URL returned error: 429",
        AT + "server certificate verification failed. CAfile: none CRLfile: none",
        AT + "SSL certificate problem: certificate is not yet valid",
        "error: RPC failed; curl 92 HTTP/2 stream 5 was not closed cleanly\nfatal: early EOF",
        "fatal: write error: No space left on device\nfatal: fetch-pack: invalid index-pack output",
        "fatal: Out of memory, malloc failed (tried to allocate 99 bytes)",
        "ssh: connect to host github.com port 22: Connection timed out\nfatal: Could not read from remote repository.",
        "Host key verification failed.\nfatal: Could not read from remote repository.",
        "fatal: detected dubious ownership in repository at '/x'",
        "fatal: something that nobody has seen yet",
        "",
    ],
)
def test_not_the_students(stderr: str) -> None:
    error = explain(GitFailed("fetch", 128, stderr), LINK)
    assert isinstance(error, GraderFault)
    assert error.hint


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        (
            "remote: Repository not found.\nfatal: repository 'https://github.com/o/r/' not found",
            "no repository at",
        ),
        (AT + "The requested URL returned error: 404", "no repository at"),
        (
            "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
            "private, or does not exist",
        ),
        (
            "remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://gitlab.com/o/r/'",
            "private",
        ),
        (AT + "The requested URL returned error: 403", "private"),
        ("fatal: https://x/info/refs not valid: is this a git repository?", "not a git repository"),
        ("fatal: remote error: upload-pack: not our ref 1234", "does not give out"),
        ("error: Server does not allow request for unadvertised object 12", "does not give out"),
        ("fatal: couldn't find remote ref refs/heads/x", "does not give out"),
        (
            "error: object 12: treeNotSorted: not properly sorted\nfatal: fsck error in packed object",
            "damaged",
        ),
        ("fatal: transport 'http' not allowed", "not https"),
    ],
)
def test_the_links_fault(stderr: str, said: str) -> None:
    error = explain(GitFailed("fetch", 128, stderr), LINK)
    assert isinstance(error, FetchError)
    assert said in error.message
    assert error.hint


@pytest.mark.parametrize(
    ("stderr", "access", "kind", "said"),
    [
        (ASKED, NO_ACCESS, FetchError, "--git-token-env NAME"),
        (ASKED, ELSEWHERE, FetchError, "--git-token-env github.com=NAME"),
        (REFUSED, OPENED, UsageError, "refuses the token"),
        (AT + "The requested URL returned error: 403", OPENED, UsageError, "refuses the token"),
        (NOT_FOUND, OPENED, FetchError, "or the token of --git-token-env may not see it"),
        (NOT_FOUND, ELSEWHERE, FetchError, "no repository at"),
        (ASKED.replace("github.com", "other.example"), OPENED, FetchError, "leads to other.example, which"),
        (ASKED.replace("github.com", "x@github.com:8443"), OPENED, FetchError, "leads to github.com:8443"),
        (NO_KEY, NO_ACCESS, UsageError, "ssh-add"),
    ],
)
def test_what_is_closed(stderr: str, access: Access, kind: type[GraderError], said: str) -> None:
    """What the student can open is the link's fault; a token or a key that does not fit is that of who grades."""
    error = explain(GitFailed("ls-remote", 128, stderr), LINK, access)
    assert type(error) is kind
    assert said in str(error)
    assert error.hint


def test_words_of_the_server_are_made_safe() -> None:
    failed = GitFailed("fetch", 128, "remote: hello\r\nerror: \x1b[31mred\u202e\nfatal: end")
    assert first_words(failed) == "(error: \\x1b[31mred\\u202e)"
    assert first_words(GitFailed("fetch", -9, "")) == "(git fetch ended with -9)"
