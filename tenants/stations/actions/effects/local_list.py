"""The local authorization list as the station took it over."""

from typing import Any

from ... import lists
from ...models import LocalListEntry, Station
from ...requests import Token
from .base import Done, moment


def sent(done: Done) -> None:
    """SendLocalList."""
    if done.status != "Accepted":
        return
    update = [_token(entry, done) for entry in done.payload.get("localAuthorizationList") or []]
    before = of_station(done.station)
    after = lists.applied(before, update, full=done.payload["updateType"] == "Full")
    store(done.station, before, after)
    version = done.payload["listVersion" if done.old else "versionNumber"]
    Station.objects.filter(pk=done.station.pk).update(local_list_version=version)


def version(done: Done) -> None:
    """GetLocalListVersion; 0: the list is empty, -1 (1.6): there is none. What stands on another version than the one
    that we sent is not known."""
    number = done.answer["listVersion" if done.old else "versionNumber"]
    known = Station.objects.filter(pk=done.station.pk, local_list_version=number).exists()
    if number <= 0 or not known:
        LocalListEntry.objects.filter(station=done.station).delete()
    Station.objects.filter(pk=done.station.pk).update(local_list_version=number)


def of_station(station: Station) -> lists.Listed:
    """The tokens that the station holds, as far as we put them there."""
    rows = LocalListEntry.objects.filter(station=station)
    return lists.listed(Token(row.id_tag, row.status, row.kind, row.parent, row.expires_at) for row in rows)


def store(station: Station, before: lists.Listed, after: lists.Listed) -> None:
    """Change the rows that differ."""
    changed = lists.difference(before, after)
    for token in changed:
        rows = LocalListEntry.objects.filter(station=station, id_tag__iexact=token.id_tag, kind=token.kind)
        rows.delete()
    LocalListEntry.objects.bulk_create(
        [
            LocalListEntry(
                station=station, id_tag=token.id_tag, kind=token.kind, status=token.status, parent=token.parent,
                expires_at=token.expires_at,
            )
            for token in changed
            if token.status is not None
        ],
        batch_size=500,
    )  # fmt: skip


def _token(entry: dict[str, Any], done: Done) -> Token:
    if done.old:
        return _old(entry, done)
    info = entry.get("idTokenInfo")
    expires = info.get("cacheExpiryDateTime") if info else None
    return Token(
        id_tag=entry["idToken"]["idToken"],
        kind=entry["idToken"]["type"],
        status=info["status"] if info else None,
        parent=(info.get("groupIdToken") or {}).get("idToken", "") if info else "",
        expires_at=moment(expires, done.now) if expires else None,
    )


def _old(entry: dict[str, Any], done: Done) -> Token:
    info = entry.get("idTagInfo")
    expires = info.get("expiryDate") if info else None
    return Token(
        id_tag=entry["idTag"],
        kind="",
        status=info["status"] if info else None,
        parent=info.get("parentIdTag", "") if info else "",
        expires_at=moment(expires, done.now) if expires else None,
    )
