"""What must change at Mosquitto so that its clients are the registry's adapters. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "ad_"  # of the names that are ours to change; an operator's own clients are left alone


@dataclass(frozen=True)
class Login:
    """One device as the registry has it. `tag` names its password without telling it; `is_next`: the next one."""

    tag: str
    enabled: bool = True
    is_next: bool = False


@dataclass(frozen=True)
class Kept:
    """One client as Mosquitto has it; `tag` as we wrote it there (its `textname`)."""

    tag: str
    enabled: bool = True


def kept(listed: Iterable[Mapping[str, Any]]) -> dict[str, Kept]:
    """Clients from the answer to listClients, by name; none but ours."""
    return {
        row["username"]: Kept(row.get("textname", ""), not row.get("disabled", False))
        for row in listed
        if row["username"].startswith(PREFIX)
    }


@dataclass(frozen=True)
class Change:
    """One thing to do to one client; `kind` is the plug-in's command."""

    kind: str
    device: str
    after: Kept | None


def changes(wanted: Mapping[str, Login], present: Mapping[str, Kept]) -> list[Change]:
    """In the order of urgency: whom to shut out, whose password is another one, whom to let in."""
    found = [change for device, login in wanted.items() for change in _of_one(device, login, present.get(device))]
    found += [Change("deleteClient", device, None) for device in present if device not in wanted]
    return sorted(found, key=lambda change: URGENCY.index(change.kind))


WITH_PASSWORD = ("createClient", "modifyClient")
URGENCY = ("disableClient", "deleteClient", "modifyClient", "enableClient", "createClient")


def _of_one(device: str, login: Login, held: Kept | None) -> list[Change]:
    """A client that is shut out keeps its old password until it is let in again."""
    if held is None:
        return [Change("createClient", device, Kept(login.tag))] if login.enabled else []
    if not login.enabled:
        return [Change("disableClient", device, Kept(held.tag, enabled=False))] if held.enabled else []
    found = [] if held.tag == login.tag else [Change("modifyClient", device, Kept(login.tag, held.enabled))]
    return found if held.enabled else [*found, Change("enableClient", device, Kept(login.tag))]


def command(change: Change, secret: str | None) -> dict[str, Any]:
    """In the words of `$CONTROL/dynamic-security/v1`."""
    said: dict[str, Any] = {"command": change.kind, "username": change.device}
    if change.kind == "createClient":
        said["clientid"] = change.device
    if change.kind in WITH_PASSWORD and change.after is not None:
        said |= {"password": secret, "textname": change.after.tag}
    return said
