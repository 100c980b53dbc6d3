"""What Mosquitto's log tells, which it publishes on `$SYS/broker/log`: what clients tried and may not, and who came in.

Mosquitto 2.0 names the reason in words of its own. It says nothing of a will on a foreign topic, which it drops when
the time comes, and calls a client that it ends for a foreign PUBLISH a bad socket.
"""

import re
from collections.abc import Callable

from saas.edge.broker import rules
from saas.edge.mqtt.link import Link
from saas.edge.tally import Tally

LINES = (
    (re.compile(r"Bad socket read/write on client (?P<user>\S+): Unknown error"), "foreign_publish"),
    (re.compile(r"Client (?P<user>\S+) disconnected due to oversize p"), "oversized"),
    (re.compile(r"Client (?P<user>\S+) disconnected, not authorised"), "wrong_credential"),
    (re.compile(r"Client (?P<user>\S+) disconnected due to (?:malformed packet|protocol error)"), "malformed"),
)
ARRIVAL = re.compile(r"New client connected from \S+ as \S+ \(.*u'(?P<user>[^']+)'\)")
SUBSCRIPTION = re.compile(r"\d+: (?P<user>\S+) \d+ (?P<filter>.+)")


def watch(link: Link, connected: Callable[[str], None]) -> None:
    """Begin to count; `connected` is told the name of every client that comes in."""
    tally = Tally("dispatcher")

    def hear(topic: str, payload: bytes) -> None:
        line = payload.decode("utf-8", "replace")
        if arrival := ARRIVAL.search(line):
            connected(arrival["user"])
        elif (found := refused(topic, line)) is not None:
            tally.count(*found, said=line)

    link.on(rules.LOG, hear)


def refused(topic: str, line: str) -> tuple[str, str] | None:
    """(client, reason) of a line that tells of an attempt; None for any other."""
    if topic.endswith("/subscribe"):
        found = SUBSCRIPTION.match(line)
        if found is None or rules.may_read(found["user"].partition("-")[0], found["filter"]):
            return None
        return found["user"], "foreign_subscription"
    for pattern, reason in LINES:
        if found := pattern.search(line):
            return found["user"], reason
    return None
