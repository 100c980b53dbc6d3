"""The permits a device holds: what it takes in, and who may open one."""

from .memory import Memory
from .permit import Permit
from .ports import Mono
from .refused import Refused
from .sign import code_hash, same
from .wallclock import WallClock
from .words import W

PERMITS_KEPT = 16
NONCES_KEPT = 128
WRONG_CODES = 5
LOCK_MS = 300_000


class Book:
    def __init__(self, device: str, key: bytes, memory: Memory, mono: Mono) -> None:
        self._device = device
        self._key = key
        self._memory = memory
        self._mono = mono
        # A device that was locked when it lost power is locked for the full time again.
        self._locked_until = mono.ms() + LOCK_MS if memory.locked else 0

    def check(self, permit: Permit, clock: WallClock) -> None:
        """Raises Refused by name unless the permit is genuine, new and not over."""
        permit.verify(self._device, self._key)
        if not clock.trusted:
            raise Refused(W.REFUSE_CLOCK)
        now_ms = clock.now_ms()
        if now_ms >= permit.end_ms:
            raise Refused(W.REFUSE_EXPIRED)
        if permit.nonce in self._memory.nonces:
            raise Refused(W.REFUSE_REPLAYED)
        self._make_room(now_ms)

    def note(self, permit: Permit) -> None:
        """This nonce is used up. It is kept until its permit ends: from then on the permit is refused as expired."""
        self._memory.nonces[permit.nonce] = permit.end_ms
        self._memory.dirty = True

    def hold(self, permit: Permit) -> None:
        """Keeps the permit in place of an earlier one of the same session. Raises Refused(busy) when full."""
        others = [held for held in self._memory.permits if held.session != permit.session]
        if len(others) >= PERMITS_KEPT:
            raise Refused(W.REFUSE_BUSY)
        others.append(permit)
        self._memory.permits = others
        self.note(permit)

    def find(self, session: str) -> Permit:
        for permit in self._memory.permits:
            if permit.session == session:
                return permit
        raise Refused(W.REFUSE_UNKNOWN)

    def drop(self, session: str) -> None:
        """A session that is over, or called off, cannot be started by its permit again."""
        self._memory.permits = [held for held in self._memory.permits if held.session != session]
        self._memory.dirty = True

    def by_code(self, code: str) -> Permit:
        """The permit that this one-time code opens. Five wrong codes lock the keypad for five minutes."""
        self._check_lock()
        for permit in self._memory.permits if _is_code(code) else []:
            if same(code_hash(permit.session, code), permit.code_hash):
                self._memory.wrong_codes = 0
                self._memory.dirty = True
                return permit
        self._count_wrong()
        raise Refused(W.REFUSE_CODE)

    def _check_lock(self) -> None:
        if not self._memory.locked:
            return
        if self._mono.ms() < self._locked_until:
            raise Refused(W.REFUSE_LOCKED)
        self._memory.locked = False
        self._memory.wrong_codes = 0
        self._memory.dirty = True

    def _count_wrong(self) -> None:
        self._memory.wrong_codes += 1
        self._memory.dirty = True
        if self._memory.wrong_codes >= WRONG_CODES:
            self._memory.locked = True
            self._locked_until = self._mono.ms() + LOCK_MS

    def _make_room(self, now_ms: int) -> None:
        """Forgets what is over, but only when room is needed: until then its end is answered by its right name."""
        memory = self._memory
        if len(memory.permits) >= PERMITS_KEPT:
            memory.permits = [held for held in memory.permits if held.end_ms > now_ms]
        if len(memory.nonces) >= NONCES_KEPT:
            memory.nonces = {nonce: end for nonce, end in memory.nonces.items() if end > now_ms}
        if len(memory.nonces) >= NONCES_KEPT:
            raise Refused(W.REFUSE_BUSY)


def _is_code(code: str) -> bool:
    return len(code) == W.CODE_DIGITS and not [character for character in code if character not in "0123456789"]
