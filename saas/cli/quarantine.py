"""`wattlane quarantine`: messages of devices that were set aside, and bringing them in again."""

import argparse
import json
import sys

from .django import with_django


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `quarantine` to the command line."""
    command = subparsers.add_parser("quarantine", help="messages of devices that were set aside")
    kinds = command.add_subparsers(required=True, metavar="ACTION")
    listing = kinds.add_parser("list", help="what waits, oldest first, with the reason")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.set_defaults(run=show)
    again = kinds.add_parser("replay", help="bring messages in again, once the cause is gone")
    again.add_argument("ids", nargs="*", type=int, metavar="ID", help="these only; without: all that match")
    again.set_defaults(run=replay)
    for parser in (listing, again):
        parser.add_argument("--reason", default="", help="only those whose reason begins with this")
        parser.add_argument("--limit", type=_positive, default=100, help="at most this many (default 100)")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


@with_django
def show(arguments: argparse.Namespace) -> int:
    """Print what waits."""
    from saas.edge.ingester import quarantine

    kept = quarantine.waiting(limit=arguments.limit, reason=arguments.reason)
    for item in kept:
        text = item.payload.decode("utf-8", "replace")
        if arguments.json:
            held = vars(item) | {"payload": text, "received_at": item.received_at.isoformat()}
            print(json.dumps(held, ensure_ascii=False))
        else:
            print(
                f"{item.id:>8}  {item.received_at:%Y-%m-%d %H:%M:%S}  {item.topic}  {item.reason}\n{'':10}{text[:160]}"
            )
    if not kept and not arguments.json:
        print("Nothing is set aside.")
    return 0


@with_django
def replay(arguments: argparse.Namespace) -> int:
    """Exit code 1 when any of them is still refused."""
    from datetime import UTC, datetime

    from saas.edge.ingester import quarantine
    from tenants.charging import actions

    kept = quarantine.waiting(limit=arguments.limit, reason=arguments.reason, ids=tuple(arguments.ids))
    if missing := set(arguments.ids) - {item.id for item in kept}:
        print(f"Not waiting: {', '.join(map(str, sorted(missing)))}", file=sys.stderr)
    stays = 0
    for item, reason in quarantine.replay(kept, handler=actions, now=datetime.now(UTC)):
        stays += reason is not None
        print(f"{item.id:>8}  {reason or 'brought in'}")
    print(f"{len(kept) - stays} brought in, {stays} stay.")
    return 1 if stays or missing else 0
