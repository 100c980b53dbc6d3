"""Which column serves as what in the files of other kinds: a table of words per kind, decided by the values' kind."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.transforms.importing.profile import Profile
from pipelines.transforms.importing.words import score_of


@dataclass(frozen=True, slots=True)
class Claim:
    """The words by which a header claims a role, those that rule it out, and the kinds of column that can serve.

    Words and weights as in `words.ROLES`; no `kinds` means any column that holds something.
    """

    names: tuple[tuple[float, str], ...]
    veto: str | None = None
    kinds: tuple[str, ...] = ()

    def of(self, p: Profile) -> float:
        """How strongly the column claims the role; a fuller column wins among equals."""
        if p.kind == "empty" or (self.kinds and p.kind not in self.kinds):
            return 0.0
        score = score_of(p.name, self.names, self.veto)
        return score + (p.filled - 1) * 0.4 if score else 0.0


def assign(found: list[Profile], claims: dict[str, Claim], used: set[str] | None = None) -> dict[str, Profile]:
    """role -> column, the strongest claim first; a column serves once, and none of `used` serves at all."""
    free = [p for p in found if p.column not in (used or set())]
    ranked = sorted(((c.of(p), role, p) for role, c in claims.items() for p in free), key=lambda r: -r[0])
    out: dict[str, Profile] = {}
    for score, role, p in ranked:
        if score > 0 and role not in out and p not in out.values():
            out[role] = p
    return out


def columns_of(out: dict[str, Profile]) -> dict[str, str]:
    """role -> header as written, for the report."""
    return {role: p.name for role, p in out.items()}
