"""Commands from the platform: each is carried out once, however often it arrives, and always answered."""

import json

from .adapter import Adapter
from .fields import natural, text
from .permit import Permit
from .refused import Refused
from .words import W


class Commands:
    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter

    def handle(self, data: bytes) -> None:
        """One message of the topic `cmd`. Without a readable id there is nobody to answer: that is told as an event."""
        adapter = self._adapter
        command = _read(data)
        if command is None:
            adapter.voice.event(W.EV_REFUSED, {"reason": W.REFUSE_FORMAT})
        else:
            name = text(command, "id")
            error = adapter.memory.recall(name)
            if error is None:
                error = self._carry_out(command)
                adapter.memory.remember(name, error)
            adapter.voice.reply(name, error)
        adapter.settle()

    def _carry_out(self, command: "dict[str, object]") -> str:
        """The name of the refusal, "" when it was done."""
        try:
            self._check(command)
            HANDLERS[text(command, "type")](self._adapter, command)
        except Refused as refusal:
            return refusal.reason
        return ""

    def _check(self, command: "dict[str, object]") -> None:
        clock = self._adapter.clock
        made_ms, expires_ms = natural(command, "ts_ms"), natural(command, "expires_ms")
        if command.get("v") != W.VERSION:
            raise Refused(W.REFUSE_FORMAT)
        if text(command, "type") not in HANDLERS:
            raise Refused(W.REFUSE_COMMAND)
        clock.hint(made_ms)
        if clock.trusted and clock.now_ms() >= expires_ms:
            raise Refused(W.REFUSE_LATE)


def _permit(adapter: Adapter, command: "dict[str, object]") -> None:
    data = command.get("permit")
    if not isinstance(data, dict):
        raise Refused(W.REFUSE_FORMAT)
    permit = Permit(data)
    try:
        adapter.sessions.accept(permit)
    except Refused as refusal:
        adapter.voice.event(W.EV_REFUSED, {"session": permit.session, "reason": refusal.reason})
        raise


def _activate(adapter: Adapter, command: "dict[str, object]") -> None:
    data = command.get("data")
    named = isinstance(data, dict) and data.get("id_tag") is not None
    card = text(data, "id_tag").upper() if named else None  # type: ignore[arg-type]
    adapter.sessions.activate(text(command, "session"), "app", card)
    adapter.board.signal("good")


def _stop(adapter: Adapter, command: "dict[str, object]") -> None:
    adapter.sessions.call_off(text(command, "session") if command.get("session") is not None else None)


def _limit(adapter: Adapter, command: "dict[str, object]") -> None:
    adapter.sessions.limit(natural(command, "current_ma"))


def _unlock(adapter: Adapter, command: "dict[str, object]") -> None:
    if adapter.power.closed():
        raise Refused(W.REFUSE_BUSY)
    adapter.board.lock(False)


def _config(adapter: Adapter, command: "dict[str, object]") -> None:
    """Settings by name. {"card": "refused"} alone is shown to whoever held the card, and changes none."""
    if command.get("data") == {"card": "refused"}:
        adapter.board.signal("bad")
        return
    adapter.settings.change(command.get("data"))
    adapter.memory.settings = adapter.settings.changed
    adapter.memory.dirty = True
    adapter.power.adjust()


def _clear(adapter: Adapter, command: "dict[str, object]") -> None:
    adapter.clear(text(_data(command), "code"))


def _ota(adapter: Adapter, command: "dict[str, object]") -> None:
    adapter.updater.order(_data(command))


def _credential(adapter: Adapter, command: "dict[str, object]") -> None:
    adapter.credentials.change(_data(command))


def _data(command: "dict[str, object]") -> "dict[str, object]":
    data = command.get("data")
    if not isinstance(data, dict):
        raise Refused(W.REFUSE_FORMAT)
    return data


HANDLERS = {
    W.CMD_PERMIT: _permit,
    W.CMD_ACTIVATE: _activate,
    W.CMD_STOP: _stop,
    W.CMD_LIMIT: _limit,
    W.CMD_UNLOCK: _unlock,
    W.CMD_CONFIG: _config,
    W.CMD_CLEAR: _clear,
    W.CMD_OTA: _ota,
    W.CMD_CREDENTIAL: _credential,
}


def _read(data: bytes) -> "dict[str, object] | None":
    """The command, if it is a JSON object with an id. Deep nesting must not bring the device down either."""
    try:
        command = json.loads(data.decode()) if len(data) <= W.MAX_BYTES else None
        return command if isinstance(command, dict) and text(command, "id") else None
    except (ValueError, UnicodeError, RuntimeError, MemoryError, Refused):
        return None
