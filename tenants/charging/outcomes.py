"""What each outcome of a booking costs: the product's table and its arithmetic. Pure.

Tenants may be kinder than the table, not harsher.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from saas.contracts.telemetry import wire
from saas.kit.money import round_minor
from tenants.tariffs.engine import ENERGY, TAX, Line, Stretch, price, uses

NORMAL, EARLY_STOP, FAULT, CUT_OFF = "normal", "early_stop", "fault", "cut_off"
LATE_CANCEL, NO_SHOW = "late_cancel", "no_show"
DRIVER_CANCEL, HOST_CANCEL, OPERATOR_CANCEL = "cancelled_by_driver", "cancelled_by_host", "cancelled_by_operator"
OUTCOMES = (NORMAL, EARLY_STOP, FAULT, CUT_OFF, LATE_CANCEL, NO_SHOW, DRIVER_CANCEL, HOST_CANCEL, OPERATOR_CANCEL)
ADJUSTMENT = "ADJUSTMENT"
REFUND_BP, NOTICE = 9_500, timedelta(minutes=10)
HOST_NOTICE = timedelta(hours=3)
# Reason of `stopped` → outcome. A remote stop is the driver's unless the session says who asked.
BY_REASON = {
    wire.STOP_TIME: NORMAL,
    wire.STOP_ENERGY: NORMAL,
    wire.STOP_REMOTE: EARLY_STOP,
    wire.STOP_LOCAL: EARLY_STOP,
    wire.STOP_UNPLUGGED: EARLY_STOP,
    wire.STOP_FAULT: FAULT,
    wire.STOP_POWER_LOSS: FAULT,
}


@dataclass(frozen=True)
class Delivered:
    """What the device measured. `start`, `end`: relay closed and opened."""

    start: datetime
    end: datetime
    energy_wh: int


@dataclass(frozen=True)
class Bill:
    """What the driver pays. The lines sum to `total_minor`; `fee_minor` is a cancellation fee, outside net and tax."""

    lines: tuple[Line, ...]
    net_minor: int
    tax_minor: int
    fee_minor: int = 0

    @property
    def total_minor(self) -> int:
        return self.net_minor + self.tax_minor + self.fee_minor


def outcome_of(*, reason: str, stop_by: str, ended_at: datetime, permit_end: datetime | None) -> str:
    """The outcome of a session that stopped. What ends at the booked end is normal, whatever stopped it but a fault."""
    named = BY_REASON.get(reason, NORMAL)
    if named == EARLY_STOP and (stop_by == "limit" or (permit_end is not None and ended_at >= permit_end)):
        return NORMAL
    if named == EARLY_STOP and stop_by in ("host", "operator"):
        return CUT_OFF
    return named


def used(*, quote: Mapping[str, Any], delivered: Delivered, held_minor: int) -> Bill:
    """Normal end or early stop: the booked time in full, the energy to the Wh, never more than was held."""
    priced = _price(quote, _booked(quote, delivered))
    return _capped(priced, held_minor, int(quote["tax_bp"]))


def broken(*, quote: Mapping[str, Any], delivered: Delivered, held_minor: int, requested_wh: int) -> Bill:
    """The device failed, or somebody else ended it: the part delivered, by time or energy, the lower, rounded down.

    Energy counts where it was bought: a price per kWh, or an amount that the driver asked for.
    """
    start, end = _period(quote)
    ran = max(timedelta(), min(delivered.end, end) - max(delivered.start, start))
    shares = [Fraction(ran // timedelta(microseconds=1), (end - start) // timedelta(microseconds=1))]
    expected = requested_wh or (int(quote["energy_wh"]) if uses(quote["elements"], ENERGY) else 0)
    if expected:
        shares.append(Fraction(delivered.energy_wh, expected))
    part = round_minor(min([Fraction(1), *shares]) * held_minor, "down")
    usual = used(quote=quote, delivered=delivered, held_minor=held_minor)
    return _capped(usual, min(part, usual.total_minor), int(quote["tax_bp"]))


def unused(*, quote: Mapping[str, Any], held_minor: int) -> Bill:
    """Late cancellation or no-show: everything that was booked."""
    start, end = _period(quote)
    priced = _price(quote, [Stretch(start, end, Fraction(int(quote["energy_wh"])))])
    return _capped(priced, held_minor, int(quote["tax_bp"]))


def cancelled_in_time(*, quote: Mapping[str, Any], held_minor: int) -> Bill:
    """95 % back, rounded up to the minor unit; the rest is the tenant's fee."""
    refund_bp = max(REFUND_BP, int(quote["refund_bp"]))
    fee = held_minor - round_minor(Fraction(held_minor * refund_bp, 10_000), "up")
    return Bill((Line("CANCELLATION_FEE", 1, "", fee),), 0, 0, fee)


def nothing() -> Bill:
    """All back."""
    return Bill((), 0, 0)


def in_time(*, quote: Mapping[str, Any], start: datetime, now: datetime) -> bool:
    """Whether a driver who cancels now gets the refund."""
    return start - now >= min(NOTICE, timedelta(minutes=int(quote["refund_notice_minutes"])))


def accrued(*, quote: Mapping[str, Any], now: datetime, energy_wh: int, held_minor: int) -> int:
    """The running cost that a driver watches: the minutes begun and the energy so far, never more than is held."""
    begin, end = _period(quote)
    minutes = max(0, -(-(min(now, end) - begin) // timedelta(minutes=1)))
    reached = min(end, begin + timedelta(minutes=minutes))
    return min(held_minor, _price(quote, [Stretch(begin, max(begin, reached), Fraction(energy_wh))]).total_minor)


def split_gross(total_minor: int, tax_bp: int) -> tuple[int, int]:
    """(net, tax) of an amount with tax."""
    net = round_minor(Fraction(total_minor * 10_000, 10_000 + tax_bp))
    return net, total_minor - net


def _price(quote: Mapping[str, Any], stretches: Sequence[Stretch]) -> Bill:
    priced = price(
        elements=quote["elements"],
        code=quote["currency"],
        tax_bp=int(quote["tax_bp"]),
        stretches=stretches,
        zone=ZoneInfo(quote["zone"]),
    )
    return Bill(priced.lines, priced.net_minor, priced.tax_minor)


def _booked(quote: Mapping[str, Any], delivered: Delivered) -> list[Stretch]:
    """The booked period, its energy where it flowed."""
    start, end = _period(quote)
    first = min(max(delivered.start, start), end)
    last = min(max(delivered.end, first), end)
    return [Stretch(start, first), Stretch(first, last, Fraction(delivered.energy_wh)), Stretch(last, end)]


def _period(quote: Mapping[str, Any]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(quote["start"]), datetime.fromisoformat(quote["end"])


def _capped(bill: Bill, most_minor: int, tax_bp: int) -> Bill:
    """The bill, or less: then a line says by how much, and net and tax are those of the lower amount."""
    if bill.total_minor <= most_minor:
        return bill
    net, tax = split_gross(most_minor, tax_bp)
    lines = [line for line in bill.lines if line.kind != TAX]
    lines.append(Line(ADJUSTMENT, 1, "", net - sum(line.amount_minor for line in lines)))
    if tax_bp:
        lines.append(Line(TAX, tax_bp, "", tax))
    return Bill(tuple(lines), net, tax)
