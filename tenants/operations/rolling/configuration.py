"""A configuration on one station: read what is there, set what differs, read back; on failure give back what was."""

from collections.abc import Callable, Mapping
from typing import Any

from .. import configuring
from ..comparing import same
from ..configuring import GOOD, Seen
from ..models import RolloutDevice
from ..queries import Member
from ..sending import Outcome, Result
from . import steps
from .steps import State, Turn

READ, SET, VERIFY, RESTORE = "read", "set", "verify", "restore"
MOST_TRIES = 3


class ConfigurationSteps:
    """See Steps. `progress`: what was seen before (`seen`) and after (`verified`), the keys asked for, silent tries."""

    watched = False

    def unfit(self, row: RolloutDevice, member: Member) -> str:
        if not member.is_station:
            return "not_a_station"
        return "" if row.target else "no_values"

    def begin(self, turn: Turn) -> None:
        for name, value in (("progress", {}), ("changed", []), ("before", {}), ("error", ""), ("note", "")):
            setattr(turn.row, name, value)
        turn.row.begun_at, turn.row.waits_for = turn.now, ""
        _go_on(turn)

    def answered(self, turn: Turn, found: Outcome) -> None:
        row = turn.row
        if found.result == Result.UNSENT:
            return steps.move(row, State.WORKING, command="")
        if found.result == Result.FAILED:
            return _silent(turn, found)
        row.progress["silent"] = 0
        _NOTES[row.phase](row, turn.member.protocol if turn.member else configuring.V16, found)
        return _go_on(turn)

    def look(self, turn: Turn) -> None:
        if turn.too_late:
            turn.fail(turn.row.error or steps.TIMEOUT, turn.row.error_text)
        elif turn.member is not None and turn.member.online:
            _go_on(turn)

    def relapsed(self, row: RolloutDevice, reported: str) -> tuple[str, str]:
        return row.state, row.error


def _silent(turn: Turn, found: Outcome) -> None:
    """Setting a value twice, or asking twice, does no harm: try again before it counts as a failure."""
    row = turn.row
    row.progress["silent"] = int(row.progress.get("silent", 0)) + 1
    if row.progress["silent"] < MOST_TRIES:
        return _go_on(turn)
    return turn.fail(row.error or found.error or "no_answer", found.text)


def _go_on(turn: Turn) -> None:
    """The next command, or the end."""
    if turn.member is None or not turn.member.online:
        steps.move(turn.row, State.WORKING, command="")
    elif turn.row.error:
        _restore(turn)
    elif keys := configuring.chunk(turn.row.target, turn.row.progress.get("seen", {})):
        _ask(turn, READ, keys)
    elif (wrong := _cannot_be_set(turn.row)) != "":
        turn.fail(wrong, turn.row.error_text)
    elif (key := _next_to_set(turn.row)) is not None:
        _set(turn, SET, key, turn.row.target[key])
    elif keys := configuring.chunk(turn.row.changed, turn.row.progress.get("verified", {})):
        _ask(turn, VERIFY, keys)
    else:
        _judge(turn)


def _judge(turn: Turn) -> None:
    row, kept = turn.row, _seen(turn.row, "verified")
    lost = [key for key in row.changed if not _accepts(key, row.target[key], kept.get(key))]
    if lost:
        row.error, row.error_text = "value_not_kept", ", ".join(lost)[:200]
        _restore(turn)
    elif not row.changed:
        steps.move(row, State.SKIPPED, error="already", command="", done_at=turn.now)
    else:
        turn.done()


def _restore(turn: Turn) -> None:
    """Give back, the last one first, what was there before."""
    row = turn.row
    while row.changed and row.before.get(row.changed[-1]) is None:
        row.note = f"{row.note} {row.changed.pop()}: the value before is not known".strip()[:200]
    if row.changed:
        _set(turn, RESTORE, row.changed[-1], row.before[row.changed[-1]])
    else:
        turn.fail(row.error, row.error_text)


def _ask(turn: Turn, phase: str, keys: list[str]) -> None:
    turn.row.progress["asked"] = keys
    turn.send(configuring.reading(turn.there.protocol, keys), phase=phase)


def _set(turn: Turn, phase: str, key: str, value: str) -> None:
    turn.row.progress["asked"] = [key]
    turn.send(configuring.setting(turn.there.protocol, key, value), phase=phase)


def _note_seen(row: RolloutDevice, protocol: str, found: Outcome) -> None:
    if found.result == Result.REFUSED and found.answer is None:
        row.error, row.error_text = found.error, found.text
        return
    told = configuring.seen(protocol, row.progress["asked"], found.answer or {})
    held = row.progress.setdefault("seen" if row.phase == READ else "verified", {})
    held |= {key: one.row() for key, one in told.items()}
    if row.phase == READ:
        row.before |= {key: one.value for key, one in told.items()}


def _note_set(row: RolloutDevice, protocol: str, found: Outcome) -> None:
    key = row.progress["asked"][0]
    word = configuring.verdict(protocol, found.answer or {}) if found.answer is not None else found.error
    if word not in GOOD:
        row.error, row.error_text = word[:60] or "refused", f"{key} = {row.target[key]}"[:200]
        return
    row.changed = [*row.changed, key]
    if word == "RebootRequired":
        row.note = f"{row.note} {key}: counts after the next restart".strip()[:200]


def _note_restored(row: RolloutDevice, protocol: str, found: Outcome) -> None:
    key = row.progress["asked"][0]
    word = configuring.verdict(protocol, found.answer or {}) if found.answer is not None else found.error
    if word not in GOOD:
        row.note = f"{row.note} {key}: the value before was refused ({word})".strip()[:200]
    row.changed = [one for one in row.changed if one != key]


_NOTES: dict[str, Callable[[RolloutDevice, str, Outcome], None]] = {
    READ: _note_seen,
    VERIFY: _note_seen,
    SET: _note_set,
    RESTORE: _note_restored,
}


def _cannot_be_set(row: RolloutDevice) -> str:
    """Before the first value is set, so that nothing is half done: keys that the station does not have, or keeps."""
    if row.changed:
        return ""
    found = configuring.differences(row.target, _seen(row, "seen"))
    for kind in (configuring.UNKNOWN, configuring.READONLY):
        if keys := [key for key, difference in found.items() if difference["kind"] == kind]:
            row.error_text = ", ".join(keys)[:200]
            return f"{kind}_key"
    return ""


def _next_to_set(row: RolloutDevice) -> str | None:
    held = _seen(row, "seen")
    return next(
        (key for key, value in row.target.items() if key not in row.changed and not same(key, value, held[key].value)),
        None,
    )


def _seen(row: RolloutDevice, name: str) -> Mapping[str, Seen]:
    kept: dict[str, dict[str, Any]] = row.progress.get(name, {})
    return {key: Seen(**value) for key, value in kept.items()}


def _accepts(key: str, wanted: str, told: Seen | None) -> bool:
    """What cannot be read back (a password) is taken on the station's word."""
    return told is not None and told.known and (told.value is None or same(key, wanted, told.value))
