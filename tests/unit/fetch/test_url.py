"""Links as people paste them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import FetchError
from grader.fetch.url import looks_like_link, parse, with_folder

GITHUB = "https://github.com/o/r"


@pytest.mark.parametrize(
    ("pasted", "url", "tail"),
    [
        (GITHUB, GITHUB, ()),
        (f"  <{GITHUB}>\n", GITHUB, ()),
        (f'"{GITHUB}"', GITHUB, ()),
        (f"\ufeff{GITHUB}", GITHUB, ()),
        (f"{GITHUB}/", GITHUB, ()),
        (f"{GITHUB}.git", f"{GITHUB}.git", ()),
        (f"{GITHUB}.git/", f"{GITHUB}.git", ()),
        (f"{GITHUB}?tab=readme-ov-file#top", GITHUB, ()),
        (f"{GITHUB}#readme", GITHUB, ()),
        ("github.com/o/r", GITHUB, ()),
        ("www.github.com/o/r", GITHUB, ()),
        ("https://www.github.com/o/r", GITHUB, ()),
        ("HTTPS://GitHub.com/o/r", GITHUB, ()),
        ("http://github.com/o/r", GITHUB, ()),
        ("https://github.com:443/o/r", GITHUB, ()),
        ("https://someone@github.com/o/r", GITHUB, ()),
        (f"{GITHUB}/tree/main", GITHUB, ("main",)),
        (f"{GITHUB}/tree/main/S4", GITHUB, ("main", "S4")),
        (f"{GITHUB}/tree/main/S4/?x=1", GITHUB, ("main", "S4")),
        (f"{GITHUB}/tree/", GITHUB, ()),
        (f"{GITHUB}/blob/main/README.md", GITHUB, ("main", "README.md")),
        (f"{GITHUB}/blob/main/My%20Work/README.md", GITHUB, ("main", "My Work", "README.md")),
        (f"{GITHUB}/blob/main/My Work/README.md", GITHUB, ("main", "My Work", "README.md")),
        (f"{GITHUB}/tree/feature/x/S4", GITHUB, ("feature", "x", "S4")),
        ("https://bitbucket.org/o/r/src/feature%2Fx/S4", "https://bitbucket.org/o/r", ("feature", "x", "S4")),
        (f"{GITHUB}/commit/{'a' * 40}", GITHUB, ("a" * 40,)),
        (f"{GITHUB}/raw/main/README.md", GITHUB, ("main", "README.md")),
        ("https://raw.githubusercontent.com/o/r/main/README.md", GITHUB, ("main", "README.md")),
        ("https://gitlab.com/g/s/r", "https://gitlab.com/g/s/r", ()),
        ("https://gitlab.com/g/s/r/-/tree/main/S4", "https://gitlab.com/g/s/r", ("main", "S4")),
        (
            "https://gitlab.com/o/r/-/blob/main/README.md?ref_type=heads",
            "https://gitlab.com/o/r",
            ("main", "README.md"),
        ),
        ("https://gitlab.com/o/r/tree/main/S4", "https://gitlab.com/o/r", ("main", "S4")),
        ("https://bitbucket.org/o/r/src/main/S4/", "https://bitbucket.org/o/r", ("main", "S4")),
        ("https://someone@bitbucket.org/o/r.git", "https://bitbucket.org/o/r.git", ()),
        ("https://codeberg.org/o/r/src/branch/main/S4", "https://codeberg.org/o/r", ("main", "S4")),
        ("https://gist.github.com/o/0123abc", "https://gist.github.com/o/0123abc", ()),
        ("https://git.example.edu/course/r.git", "https://git.example.edu/course/r.git", ()),
        (
            "https://git.example.edu/course/r/-/tree/main/S4",
            "https://git.example.edu/course/r",
            ("main", "S4"),
        ),
        ("https://localhost:8443/r.git/tree/main/S4", "https://localhost:8443/r.git", ("main", "S4")),
        ("https://[::1]:8443/o/r", "https://[::1]:8443/o/r", ()),
        ("git@github.com:o/r.git", "git@github.com:o/r.git", ()),
        ("ssh://git@github.com/o/r.git", "ssh://git@github.com/o/r.git", ()),
        ("ssh://git@git.example.edu:2222/o/r.git?x", "ssh://git@git.example.edu:2222/o/r.git", ()),
        (f"{GITHUB}/tree/main/S4#readme", GITHUB, ("main", "S4")),
        (f"{GITHUB}/tree/main/S4?tab=readme-ov-file", GITHUB, ("main", "S4")),
        (f" < {GITHUB}/tree/main/S4 > ", GITHUB, ("main", "S4")),
        (f"[my work]({GITHUB}/tree/main/S4)", GITHUB, ("main", "S4")),
        (f"[{GITHUB}](<{GITHUB}>)", GITHUB, ()),
        (f"{GITHUB},", GITHUB, ()),
        (f"{GITHUB})", GITHUB, ()),
        (f"git clone {GITHUB}.git", f"{GITHUB}.git", ()),
        (f"!git clone {GITHUB}.git", f"{GITHUB}.git", ()),
        ("$ git clone git@github.com:o/r.git", "git@github.com:o/r.git", ()),
        (f"git+{GITHUB}.git@dev#egg=r", f"{GITHUB}.git", ("dev",)),
        (f"git+{GITHUB}", GITHUB, ()),
        (f"{GITHUB}/blob/main/S4/EVA_S4.ipynb", GITHUB, ("main", "S4", "EVA_S4.ipynb")),
        (f"{GITHUB}/releases/tag/v1", GITHUB, ("v1",)),
        (f"{GITHUB}/archive/refs/heads/main.zip", GITHUB, ("refs", "heads", "main")),
        (f"{GITHUB}/archive/v1.0.tar.gz", GITHUB, ("v1.0",)),
        ("https://codeload.github.com/o/r/zip/refs/heads/main", GITHUB, ("refs", "heads", "main")),
        ("https://github.dev/o/r/blob/main/README.md", GITHUB, ("main", "README.md")),
        (
            "https://raw.githubusercontent.com/o/r/refs/heads/main/README.md",
            GITHUB,
            ("refs", "heads", "main", "README.md"),
        ),
        (
            "https://colab.research.google.com/github/o/r/blob/main/S4/x.ipynb#scrollTo=1",
            GITHUB,
            ("main", "S4", "x.ipynb"),
        ),
        ("colab.research.google.com/github/o/r/blob/main/x.ipynb", GITHUB, ("main", "x.ipynb")),
        ("https://nbviewer.org/github/o/r/blob/main/x.ipynb", GITHUB, ("main", "x.ipynb")),
        ("https://githubtocolab.com/o/r/blob/main/x.ipynb", GITHUB, ("main", "x.ipynb")),
        ("https://gitlab.com/o/r/-/archive/main/r-main.zip", "https://gitlab.com/o/r", ("main",)),
        ("https://gitlab.com/o/r/-/raw/main/README.md", "https://gitlab.com/o/r", ("main", "README.md")),
        ("https://bitbucket.org/o/r/branch/feature/x", "https://bitbucket.org/o/r", ("feature", "x")),
        ("https://bitbucket.org/o/r/src/main/S4/?at=main", "https://bitbucket.org/o/r", ("main", "S4")),
    ],
)
def test_links_that_are_followed(pasted: str, url: str, tail: tuple[str, ...]) -> None:
    link = parse(pasted)
    assert (link.url, link.tail) == (url, tail)
    assert link.protocols == ("https" if url.startswith("https://") else "ssh")
    assert looks_like_link(pasted)


@pytest.mark.parametrize(
    ("pasted", "name", "shown"),
    [
        (f"{GITHUB}.git?x=secret", "o/r", f"{GITHUB}.git"),
        ("https://github.com/o/r/tree/main/My%20Work", "o/r", f"{GITHUB}/tree/main/My Work"),
        (
            "https://gitlab.com/g/s/r/-/blob/main/README.md",
            "s/r",
            "https://gitlab.com/g/s/r/-/blob/main/README.md",
        ),
        ("git@github.com:o/r.git", "o/r", "git@github.com:o/r.git"),
        ("https://ghp_token@github.com/o/r", "o/r", GITHUB),
    ],
)
def test_what_is_shown_of_a_link(pasted: str, name: str, shown: str) -> None:
    link = parse(pasted)
    assert (link.name, link.shown) == (name, shown)


def test_a_user_name_is_left_out_and_said_so() -> None:
    assert parse("https://someone@bitbucket.org/o/r").notes == ("The user name in the link was left out.",)


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("", "The link is empty"),
        (" <> ", "The link is empty"),
        ("--upload-pack=touch x", "starts with a dash"),
        ("<-x>", "starts with a dash"),
        ("ext::sh -c touch% /x", "of the kind ext:: run a program"),
        ("fd::17", "of the kind fd:: run a program"),
        ("file:///etc", "begin with file://"),
        ("FILE:///etc", "begin with file://"),
        ("git://github.com/o/r", "begins with git://"),
        ("http://git.example.edu/o/r", "begins with http://"),
        ("ftp://github.com/o/r", "begin with ftp://"),
        ("git+ssh://github.com/o/r", r"begin with git\+ssh://"),
        ("javascript://alert", "begin with javascript://"),
        ("https://user:token@github.com/o/r", "holds a password or token"),
        ("ssh://git:token@github.com/o/r", "holds a password or token"),
        ("https://github.com", "names no repository"),
        ("https://github.com/o", "names an account"),
        ("https://github.com/o/r/issues/3", 'the page "issues"'),
        ("https://gitlab.com/o/r/-/merge_requests", 'the page "merge_requests"'),
        ("https://github.com/../r", r'holds "\.\."'),
        ("https://github.com/o/r/tree/main/%2e%2e/x", r'holds "\.\."'),
        ("https://github.com/o/r/tree/main/..%2f..%2fx", r'holds "\.\."'),
        ("https://github.com/o/r/tree/main/a%0ab", "control characters"),
        ("https://github.com/-o/r", "starts with a dash"),
        ("https:///o/r", "names no valid host"),
        ("https://-oProxyCommand=x/o/r", "names no valid host"),
        ("ssh://-oProxyCommand=x/o/r", "names no valid host"),
        ("ssh://git@github.com/-x", "starts with a dash"),
        ("https://github.com:port/o/r", "not a valid address"),
        ("https://[::1/o/r", "not a valid address"),
        ("https://github.com/o/r\x00", "control characters"),
        ("https://github.com/o/\udc80", "control characters or broken ones"),
        ("https://github.com/" + "a" * 3000, "longer than 2000"),
        ("not a link", "not a link to a repository"),
        ("https://colab.research.google.com/drive/1abc", "a Colab notebook, not to a repository"),
        ("https://colab.research.google.com/gist/o/1abc", "a Colab notebook, not to a repository"),
        ("https://colab.research.google.com/github/o", "names an account on github.com"),
        ("https://nbviewer.org/urls/x", "a notebook viewer"),
        (
            "git clone --upload-pack=x https://github.com/o/r",
            "not a valid address|no valid host|not followed",
        ),
        ("git clone", "not a link to a repository"),
        ("git+https://user:token@github.com/o/r", "holds a password or token"),
        ("https://drive.google.com/file/d/1", "Google Drive"),
        ("https://www.kaggle.com/code/o/r", "a Kaggle page"),
    ],
)
def test_links_that_are_refused(pasted: str, said: str) -> None:
    with pytest.raises(FetchError, match=said) as raised:
        parse(pasted)
    assert raised.value.hint


@pytest.mark.parametrize(
    "pasted",
    [
        "https://user:s3cret@github.com/o/r",
        "https://s3cret:x-oauth-basic@github.com/o/r",
        "ftp://user:s3cret@github.com/o/r",
        "http://s3cret@example.edu/o/r",
        "https://s3cret@github.com/o",
        "https://github.com/o?token=s3cret",
        "https://github.com/o/r/issues?token=s3cret",
        "user:s3cret@github.com/o/r",
        "https://user:s3cret@[::1/o/r",
        "https://user:s3cret@/o/r",
    ],
)
def test_no_message_repeats_a_secret(pasted: str) -> None:
    with pytest.raises(FetchError) as raised:
        parse(pasted)
    assert "s3cret" not in str(raised.value)


def test_a_colab_link_asks_for_a_repository() -> None:
    with pytest.raises(FetchError, match="Save the notebook in a repository"):
        parse("https://colab.research.google.com/drive/1AbC-d#scrollTo=x")


@pytest.mark.parametrize("text", ["S4", "./S4", "/tmp/x", "o/r", "C:\\work", "a b", "work.git", "~/x"])
def test_paths_are_no_links(text: str) -> None:
    assert not looks_like_link(text)


_PIECES = st.sampled_from(
    "https:// http:// ssh:// git@ github.com gitlab.com localhost : / // tree blob - main .. %2e %2f %00".split()
    + "@ ? # [ ] :: ext src branch é o r.git".split()
    + [" ", "\udc80"]
)


@given(st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=14).map("".join)))
def test_any_text_is_a_link_or_refused(text: str) -> None:
    try:
        link = parse(text)
    except FetchError as error:
        assert error.hint
        return
    assert link.url.startswith(("https://", "ssh://")) or "@" in link.url
    assert not link.url.startswith("-")
    assert link.name
    assert all(part not in ("", ".", "..") and "/" not in part for part in link.tail)
    for shown in (link.url, link.shown, link.name):
        assert all(ord(character) >= 32 for character in shown)
        shown.encode()


@pytest.mark.parametrize(
    ("link", "folder", "tail", "path"),
    [
        (f"{GITHUB}.git", "S4", (), "S4"),
        (f"{GITHUB}/tree/main", "S4/my work", ("main", "S4", "my work"), ""),
        ("git@example.org:o/r.git", "/S4/", (), "S4"),
        ("ssh://git@example.org/o/r", "ß", (), "ß"),
    ],
)
def test_a_folder_beside_any_link(link, folder, tail, path):
    whole = with_folder(link, folder)
    assert looks_like_link(whole)
    found = parse(whole)
    assert (found.url, found.tail, found.path) == (parse(link).url, tail, path)
    assert found.shown.endswith(f"#subdirectory={whole.partition('=')[2]}")


@pytest.mark.parametrize("folder", ["../S4", "a/../../b", "S4\x7f", "-x"])
def test_a_folder_that_leads_elsewhere(folder):
    with pytest.raises(FetchError):
        parse(with_folder(GITHUB, folder))
