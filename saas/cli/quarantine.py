"""`wattlane quarantine`: messages of devices that were set aside, and bringing them in again."""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .django import with_django

if TYPE_CHECKING:
    from saas.edge.ingester.quarantine import Clock, Kept, Wanted

PAGE = 100
KEPT = (
    "What waits, oldest first, with the reason. Of one device at most 100 in a minute are kept; the rest are "
    'acknowledged and counted, in wattlane_ingested_messages{outcome="dropped"} and in one entry with the reason flood.'
)
CLOCK_HELP = (
    "instead: messages of devices whose clock is wrong beyond doubt (before 2024, or more than five minutes ahead of "
    "receipt), with the reasons clock_behind and clock_ahead. Unlike the rest they are stored and flagged, because the "
    "meter reading in them is true; they count at the moment of receipt, and there is nothing to replay"
)


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `quarantine` to the command line."""
    command = subparsers.add_parser("quarantine", help="messages of devices that were set aside")
    kinds = command.add_subparsers(required=True, metavar="ACTION")
    listing = kinds.add_parser(
        "list", help="what waits, oldest first, with the reason; clocks that are off: --clock", description=KEPT
    )
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.add_argument("--replayed", action="store_true", help="also what was brought in already")
    listing.add_argument("--clock", action="store_true", help=CLOCK_HELP)
    listing.set_defaults(run=show)
    again = kinds.add_parser("replay", help="bring messages in again, once the cause is gone")
    again.add_argument("ids", nargs="*", type=int, metavar="ID", help="these only; without: all that match")
    again.set_defaults(run=replay)
    for parser in (listing, again):
        parser.add_argument("--reason", default="", help="only those whose reason begins with this")
        parser.add_argument("--device", default="", help="only those of this device")
        parser.add_argument("--since", type=_moment, metavar="TIME", help="received at this time or later (ISO 8601)")
        parser.add_argument("--until", type=_moment, metavar="TIME", help="received before this time")
        parser.add_argument("--after", type=int, default=0, metavar="ID", help="go on after this id")
        parser.add_argument("--limit", type=_positive, default=PAGE, help=f"at most this many (default {PAGE})")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-11-20T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@with_django
def show(arguments: argparse.Namespace) -> int:
    """Print a page of what waits, or of the clocks that are off."""
    from saas.edge.ingester import quarantine

    if arguments.clock:
        found = quarantine.clocks(device=arguments.device, since=arguments.since, limit=arguments.limit)
        _print(found, _clock_line, as_json=arguments.json, nothing="No device's clock is off.")
        return 0
    kept = quarantine.waiting(_wanted(arguments, replayed=arguments.replayed), limit=arguments.limit)
    _print(kept, _kept_lines, as_json=arguments.json, nothing="Nothing is set aside.")
    if not arguments.json:
        if len(kept) == arguments.limit:
            print(f"There may be more: --after {kept[-1].id}")
        if quarantine.clocks(device=arguments.device, since=arguments.since, limit=1):
            print("There are also messages of devices whose clock is off; they are stored and flagged: --clock")
    return 0


@with_django
def replay(arguments: argparse.Namespace) -> int:
    """Exit code 1 when any of them is still refused."""
    from saas.edge.ingester import quarantine
    from tenants.charging import actions

    kept = quarantine.waiting(_wanted(arguments, ids=tuple(arguments.ids)), limit=arguments.limit)
    if missing := set(arguments.ids) - {item.id for item in kept}:
        print(f"Not waiting: {', '.join(map(str, sorted(missing)))}", file=sys.stderr)
    stays = 0
    for done in quarantine.replay(kept, handler=actions, now=datetime.now(UTC)):
        stays += done.stays
        print(f"{done.kept.id:>8}  {'stays' if done.stays else 'brought in'}: {done.what}")
    print(f"{len(kept) - stays} brought in, {stays} stay.")
    return 1 if stays or missing else 0


def _wanted(arguments: argparse.Namespace, **more: Any) -> "Wanted":
    from saas.edge.ingester.quarantine import Wanted

    named = {name: getattr(arguments, name) for name in ("reason", "device", "since", "until", "after")}
    return Wanted(**named, **more)


def _print(found: Iterable[Any], line: Any, *, as_json: bool, nothing: str) -> None:
    for item in found:
        print(json.dumps(_plain(asdict(item)), ensure_ascii=False) if as_json else line(item))
    if not found and not as_json:
        print(nothing)


def _plain(held: dict[str, Any]) -> dict[str, Any]:
    """As JSON has it: texts and numbers."""
    return {
        name: value.decode("utf-8", "replace") if isinstance(value, bytes)
        else value.isoformat() if isinstance(value, datetime)
        else value
        for name, value in held.items()
    }  # fmt: skip


def _kept_lines(item: "Kept") -> str:
    text = item.payload.decode("utf-8", "replace")
    lines = [f"{item.id:>8}  {item.received_at:%Y-%m-%d %H:%M:%S}  {item.topic}  {item.reason}", f"{'':10}{text[:160]}"]
    if item.tried_at:
        lines.append(f"{'':10}replayed {item.tried_at:%Y-%m-%d %H:%M:%S}: {item.result}")
    return "\n".join(lines)


def _clock_line(item: "Clock") -> str:
    off = abs(item.ts_ms - int(item.received_at.timestamp() * 1000)) // 1000
    days, hours, minutes = off // 86400, off % 86400 // 3600, off % 3600 // 60
    name = f"{item.device} boot {item.boot} seq {item.seq}"
    return (
        f"{item.received_at:%Y-%m-%d %H:%M:%S}  {name}  {item.kind}  {item.reason}: by {days} d {hours} h {minutes} min"
    )
