"""Cards held to the reader. The platform decides what a card may; one that began a session ends it, too."""

import binascii

from .memory import Memory
from .ports import Board, Mono
from .sessions import Sessions
from .voice import Voice, known
from .words import W

AGAIN_MS = 2_000  # the same card is not noticed again before


class Cards:
    def __init__(self, sessions: Sessions, memory: Memory, voice: Voice, mono: Mono, board: Board) -> None:
        self._sessions = sessions
        self._memory = memory
        self._voice = voice
        self._mono = mono
        self._board = board
        self._last = ""
        self._seen_ms = 0
        self._told_ms: int | None = None

    def held(self, uid: bytes) -> None:
        id_tag, now_ms = binascii.hexlify(uid).decode().upper(), self._mono.ms()
        again = id_tag == self._last and now_ms - self._seen_ms < AGAIN_MS
        self._seen_ms = now_ms
        if again or (self._told_ms is not None and now_ms - self._told_ms < AGAIN_MS):
            return
        self._last, self._told_ms = id_tag, now_ms
        self._board.signal("heard")
        session = self._memory.session
        ends = session is not None and session.card == id_tag
        name = session.permit.session if session and ends else None
        self._voice.event(W.EV_CARD, known({"id_tag": id_tag, "session": name}))
        if ends:
            self._sessions.ask_end(W.STOP_LOCAL)
