"""What a session shall be subscribed to, and what of it was asked for on this connection. Pure."""

from collections.abc import Collection, Iterable, Iterator

SLICE = 200  # filters of one packet


class Changes:
    """The difference between what is wanted and what was asked for, in slices."""

    def __init__(self, filters: Collection[str]) -> None:
        self._wanted = frozenset(filters)
        self._asked: frozenset[str] = frozenset()

    @property
    def all_asked(self) -> bool:
        """Nothing is left to ask for."""
        return self._asked == self._wanted

    def want(self, filters: Collection[str]) -> None:
        """From now on these and no others."""
        self._wanted = frozenset(filters)

    def begin(self) -> None:
        """A new connection: ask for all of it again. A session that the broker kept is subscribed already, and one
        that it lost is not; both are right afterwards."""
        self._asked = frozenset()

    def added(self) -> Iterator[list[str]]:
        """To subscribe."""
        return _slices(self._wanted - self._asked)

    def dropped(self) -> Iterator[list[str]]:
        """To unsubscribe."""
        return _slices(self._asked - self._wanted)

    def asked(self) -> None:
        """Both were sent."""
        self._asked = self._wanted


def _slices(filters: Iterable[str]) -> Iterator[list[str]]:
    held = sorted(filters)
    return (held[at : at + SLICE] for at in range(0, len(held), SLICE))
