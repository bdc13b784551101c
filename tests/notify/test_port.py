"""A selector in step with sources that come and go."""

import selectors
import socket

from recovery.notify.port import Watch


def test_what_appears_is_watched_and_what_is_gone_is_not() -> None:
    with selectors.DefaultSelector() as selector:
        watch = Watch(selector, "notify")
        here, there = socket.socketpair()
        with here, there:
            watch.follow([here])
            there.send(b"x")
            assert [(key.fileobj, key.data) for key, _ in selector.select(0)] == [(here, "notify")]

            watch.follow([])
            assert selector.select(0) == []


def test_a_number_used_again_by_another_source_is_watched() -> None:
    """The kernel forgets a closed descriptor; its number alone would look as if nothing had changed."""
    with selectors.DefaultSelector() as selector:
        watch = Watch(selector)
        old, old_peer = socket.socketpair()
        watch.follow([old])
        number = old.fileno()
        old.close()
        new, new_peer = socket.socketpair()
        with old_peer, new, new_peer:
            assert new.fileno() == number
            watch.follow([new])
            new_peer.send(b"x")

            assert [key.fileobj for key, _ in selector.select(0)] == [new]


def test_the_same_sources_are_not_registered_again() -> None:
    with selectors.DefaultSelector() as selector:
        watch = Watch(selector)
        here, there = socket.socketpair()
        with here, there:
            watch.follow([here, there])
            watch.follow([there, here])

            assert len(selector.get_map()) == 2
