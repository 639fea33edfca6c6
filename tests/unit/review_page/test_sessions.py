"""A link lets one in once; a session is known by its path and its secret together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from grader.review_page.sessions import Sessions


def test_a_link_works_once() -> None:
    sessions = Sessions()
    token = sessions.link("Ada")
    first = sessions.enter(token)
    assert first is not None
    assert first.who == "Ada"
    assert sessions.enter(token) is None


def test_of_many_who_use_it_at_once_one_gets_in() -> None:
    sessions = Sessions()
    token = sessions.link("Ada")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(sessions.enter, [token] * 64))
    assert sum(one is not None for one in found) == 1


def test_a_new_link_voids_the_unused_one_of_the_same_person_alone() -> None:
    sessions = Sessions()
    old, other, new = sessions.link("Ada"), sessions.link("Grace"), sessions.link("Ada")
    assert sessions.enter(old) is None
    assert sessions.enter(other) is not None
    assert sessions.enter(new) is not None


def test_no_token_no_path_and_no_secret_is_guessed() -> None:
    sessions = Sessions()
    ada, grace = sessions.enter(sessions.link("Ada")), sessions.enter(sessions.link("Grace"))
    assert ada is not None
    assert grace is not None
    assert sessions.enter("") is None
    assert sessions.enter("\ud800ß") is None
    assert sessions.of(ada.path, grace.secret) is None
    assert sessions.of(ada.path, "") is None
    assert sessions.of("", ada.secret) is None
    assert sessions.of(ada.path, "ß") is None
    assert sessions.of(ada.path, ada.secret) == ada
    secrets = {ada.path, ada.secret, ada.form, grace.path, grace.secret, grace.form}
    assert len(secrets) == 6
    assert all(len(one) >= 43 for one in secrets)  # 256 bits


def test_a_sentence_is_said_once() -> None:
    sessions = Sessions()
    ada, grace = sessions.enter(sessions.link("Ada")), sessions.enter(sessions.link("Grace"))
    assert ada is not None
    assert grace is not None
    sessions.say(ada, "Kept.")
    assert sessions.said(grace) == ""
    assert [sessions.said(ada), sessions.said(ada)] == ["Kept.", ""]
