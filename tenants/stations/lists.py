"""Local authorization lists: what an update makes of a list, and which update makes one list of another. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from .requests import Token

# By number (upper and lower case are the same) and kind.
Name = tuple[str, str]
Listed = dict[Name, Token]


def name_of(token: Token) -> Name:
    """What tells tokens of a list apart."""
    return token.id_tag.upper(), token.kind


def listed(tokens: Iterable[Token]) -> Listed:
    """As a list; of several with the same name the last counts."""
    return {name_of(token): token for token in tokens}


def applied(before: Mapping[Name, Token], update: Iterable[Token], *, full: bool) -> Listed:
    """The list after SendLocalList: in a differential update a token without a status leaves."""
    after: Listed = {} if full else dict(before)
    for token in update:
        after.pop(name_of(token), None)
        if token.status is not None:
            after[name_of(token)] = token
    return after


def difference(before: Mapping[Name, Token], wanted: Mapping[Name, Token]) -> list[Token]:
    """The differential update that makes `wanted` of `before`."""
    gone = [replace(token, status=None) for name, token in before.items() if name not in wanted]
    new = [token for name, token in wanted.items() if before.get(name) != token]
    return gone + new
