"""Keeping a selector in step with the changing `sources()` of a notifier."""

from collections.abc import Iterable
from contextlib import suppress
from selectors import EVENT_READ, BaseSelector

from recovery.notify.port import Readable


class Watch:
    """Registers what appears in `sources()` and unregisters what is gone.

    Told apart by identity, not by number: a closed descriptor's number is used again at once, and the
    selector would go on watching a descriptor that is no more.
    """

    def __init__(self, selector: BaseSelector, data: object = None) -> None:
        self._selector = selector
        self._data = data
        self._watched: list[Readable] = []

    def follow(self, sources: Iterable[Readable]) -> None:
        """Watch exactly `sources` from now on, with the `data` given at the start."""
        wanted = list(sources)
        gone = [old for old in self._watched if not any(old is new for new in wanted)]
        for source in gone:
            # A source closed meanwhile is looked up by identity; one already dropped raises KeyError.
            with suppress(KeyError, ValueError):
                self._selector.unregister(source)
        for source in wanted:
            if not any(source is old for old in self._watched):
                self._selector.register(source, EVENT_READ, self._data)
        self._watched = wanted
