"""Numbers, times and codes as people of the page's language read them. Pure apart from the active language."""

from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal, format_percent
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy, ngettext

from saas.kit import money
from saas.kit.money import LOCALES

CONNECTORS = {
    "IEC_62196_T1": "Type 1 (J1772)",
    "IEC_62196_T2": "Type 2",
    "IEC_62196_T1_COMBO": "CCS 1",
    "IEC_62196_T2_COMBO": "CCS 2",
    "CHADEMO": "CHAdeMO",
    "NACS": "NACS",
}
UNITS = {
    "kwh": gettext_lazy("kWh"),
    "kw": gettext_lazy("kW"),
    "m": gettext_lazy("m"),
    "km": gettext_lazy("km"),
    "h": gettext_lazy("h"),
    "min": gettext_lazy("min"),
    "s": gettext_lazy("s"),
}
AMENITIES = {
    "covered": ("umbrella", gettext_lazy("Covered")),
    "lighting": ("lightbulb", gettext_lazy("Well lit")),
    "cctv": ("cctv", gettext_lazy("Camera")),
    "toilet": ("toilet", gettext_lazy("Toilet")),
    "cafe": ("coffee", gettext_lazy("Coffee nearby")),
    "shops": ("shopping-bag", gettext_lazy("Shops nearby")),
    "accessible": ("accessibility", gettext_lazy("Step-free")),
    "wifi": ("wifi", gettext_lazy("Wi-Fi")),
    "park": ("trees", gettext_lazy("Park nearby")),
    "parking": ("square-parking", gettext_lazy("Free parking")),
}
STATES = {  # state of a booking, session, listing, report, device, identity → word, tone
    "held": (gettext_lazy("Waiting for payment"), "warn"),
    "confirmed": (gettext_lazy("Confirmed"), "good"),
    "active": (gettext_lazy("Charging"), "brand"),
    "completed": (gettext_lazy("Completed"), ""),
    "expired": (gettext_lazy("Not paid in time"), ""),
    "cancelled_by_driver": (gettext_lazy("Cancelled by driver"), ""),
    "cancelled_by_host": (gettext_lazy("Cancelled by host"), "bad"),
    "cancelled_by_operator": (gettext_lazy("Cancelled by support"), "bad"),
    "no_show": (gettext_lazy("Not used"), ""),
    "permitted": (gettext_lazy("Ready to start"), "info"),
    "starting": (gettext_lazy("Starting"), "info"),
    "charging": (gettext_lazy("Charging"), "brand"),
    "ended": (gettext_lazy("Finishing"), "info"),
    "closed": (gettext_lazy("Completed"), ""),
    "cancelled": (gettext_lazy("Cancelled"), ""),
    "draft": (gettext_lazy("Draft"), "warn"),
    "live": (gettext_lazy("Live"), "good"),
    "paused": (gettext_lazy("Paused"), ""),
    "deleted": (gettext_lazy("Deleted"), ""),
    "queued": (gettext_lazy("In the queue"), "info"),
    "running": (gettext_lazy("Being made"), "info"),
    "ready": (gettext_lazy("Ready"), "good"),
    "failed": (gettext_lazy("Failed"), "bad"),
    "none": (gettext_lazy("Not checked"), ""),
    "pending": (gettext_lazy("Being checked"), "warn"),
    "verified": (gettext_lazy("Verified"), "good"),
    "refused": (gettext_lazy("Not accepted"), "bad"),
}


def locale() -> str:
    """Babel's locale of the active language."""
    return LOCALES.get((translation.get_language() or "en").split("-")[0], "en")


def number(value: float, places: int = 0) -> str:
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return digits(format_decimal(value, pattern, locale=locale(), numbering_system="default"))


def percent(share: float) -> str:
    return digits(format_percent(share, "#,##0.##%", locale=locale(), numbering_system="default"))


def digits(text: str) -> str:
    """Babel localises separators, not the digits themselves."""
    language = (translation.get_language() or "en").split("-")[0]
    return text.translate(money.DIGITS[language]) if language in money.DIGITS else text


def energy(energy_wh: int, places: int = 2) -> str:
    """`12345` → `12.35 kWh`."""
    return f"{number(energy_wh / 1000, places)}\u00a0{UNITS['kwh']}"


def power(power_w: int) -> str:
    """`7360` → `7.4 kW`, whole kilowatts without a fraction."""
    kilowatts = power_w / 1000
    return f"{number(kilowatts, 0 if power_w % 1000 == 0 else 1)}\u00a0{UNITS['kw']}"


def distance(metres: float) -> str:
    if metres < 950:
        return f"{number(max(10, round(metres, -1)))}\u00a0{UNITS['m']}"
    return f"{number(metres / 1000, 1)}\u00a0{UNITS['km']}"


def duration(minutes: int) -> str:
    """`90` → `1 h 30 min`."""
    hours, rest = divmod(int(minutes), 60)
    parts = [f"{number(hours)}\u00a0{UNITS['h']}"] if hours else []
    parts += [f"{number(rest)}\u00a0{UNITS['min']}"] if rest or not hours else []
    return " ".join(parts)


def between(seconds: float) -> str:
    """In whole minutes; under two minutes in seconds, where a minute would say too little."""
    if seconds < 120 and seconds % 60:
        return f"{number(round(seconds))}\u00a0{UNITS['s']}"
    return duration(round(seconds / 60))


def day(moment: datetime | date, zone: str) -> str:
    """`Fri 20 Nov`."""
    return digits(format_skeleton("MMMEd", _noon(moment, zone), locale=locale()))


def long_day(moment: datetime | date, zone: str) -> str:
    return digits(format_date(_noon(moment, zone), "full", locale=locale()))


def weekday(moment: datetime | date, zone: str) -> str:
    return str(format_date(_noon(moment, zone), "EEE", locale=locale()))


def day_of_month(moment: datetime | date, zone: str) -> str:
    return digits(format_skeleton("MMMd", _noon(moment, zone), locale=locale()))


def clock(moment: datetime, zone: str) -> str:
    """`14:30`: always the 24-hour clock, so that slots line up."""
    local = moment.astimezone(ZoneInfo(zone))
    return digits(format_time(local.replace(tzinfo=None), "HH:mm", locale=locale()))


def when(moment: datetime, zone: str) -> str:
    return gettext("%(day)s, %(time)s") % {"day": day(moment, zone), "time": clock(moment, zone)}


def span(start: datetime, end: datetime, zone: str) -> str:
    """`Fri 20 Nov, 14:00 – 15:30`; the second day only where it differs."""
    same = start.astimezone(ZoneInfo(zone)).date() == end.astimezone(ZoneInfo(zone)).date()
    return f"{when(start, zone)} – {clock(end, zone) if same else when(end, zone)}"


def _noon(moment: datetime | date, zone: str) -> datetime:
    """A naive local time: Babel would convert an aware one to UTC."""
    if isinstance(moment, datetime):
        return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return datetime(moment.year, moment.month, moment.day, 12)  # noqa: DTZ001 - a calendar day has no zone


BILL = {
    "ENERGY": gettext_lazy("Energy"),
    "TIME": gettext_lazy("Time"),
    "FLAT": gettext_lazy("Fee per session"),
    "PARKING_TIME": gettext_lazy("Parking after charging"),
    "TAX": gettext_lazy("Tax"),
    "ADJUSTMENT": gettext_lazy("Adjustment in your favour"),
    "CANCELLATION_FEE": gettext_lazy("Cancellation fee"),
    "PRICE": gettext_lazy("Price before tax"),
    "COMMISSION": gettext_lazy("Commission"),
}
OUTCOMES = {
    "normal": gettext_lazy("On time"),
    "early_stop": gettext_lazy("Stopped early"),
    "fault": gettext_lazy("The charger failed; only what was delivered is paid"),
    "cut_off": gettext_lazy("Ended by the host or support; only what was delivered is paid"),
    "late_cancel": gettext_lazy("Cancelled late"),
    "no_show": gettext_lazy("Not used"),
    "cancelled_by_driver": gettext_lazy("Cancelled by driver"),
    "cancelled_by_host": gettext_lazy("Cancelled by host"),
    "cancelled_by_operator": gettext_lazy("Cancelled by support"),
}


def outcome(name: str) -> str:
    return str(OUTCOMES.get(name, "–"))


def bill_line(kind: str, volume: int, price: str, currency: str) -> tuple[str, str]:
    """A line's word, and how its amount came about: `10.00 kWh × €0.25`."""
    language = (translation.get_language() or "en").split("-")[0]
    word = str(BILL.get(kind, kind))
    if kind == "ENERGY":
        return word, f"{energy(volume)} × {money.show_price(price, currency, language)}"
    if kind in ("TIME", "PARKING_TIME"):
        return (
            word,
            f"{duration(round(volume / 60))} × {money.show_price(price, currency, language)}\u00a0/\u00a0{UNITS['h']}",
        )
    return word, percent(volume / 10_000) if kind in ("TAX", "COMMISSION") and volume > 1 else ""


PER = {
    "TIME": gettext_lazy("%(price)s / h"),
    "ENERGY": gettext_lazy("%(price)s / kWh"),
    "FLAT": gettext_lazy("%(price)s per session"),
}


def price_part(kind: str, price: str, currency: str, *, exact: bool = False) -> str:
    """`€3.01 / h`. Rounded for cards (energy to a tenth of a cent), exact where a person decides."""
    if not exact:
        digits = money.currency(currency).display + (1 if kind == "ENERGY" else 0)
        price = _trimmed(Decimal(price), digits)
    language = (translation.get_language() or "en").split("-")[0]
    return str(PER[kind]) % {"price": money.show_price(price, currency, language)}


def _trimmed(value: Decimal, digits: int) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
    return str(rounded.normalize() if rounded == rounded.to_integral() else rounded)


def state(name: str) -> tuple[str, str]:
    """A state's word and tone."""
    word, tone = STATES.get(name, (name.replace("_", " ").capitalize(), ""))
    return str(word), tone


def connector(standard: str) -> str:
    return CONNECTORS.get(standard, standard)


def amenity(key: str) -> tuple[str, str]:
    """Icon and word of an amenity; one that the table does not know is shown as the host wrote it."""
    icon, word = AMENITIES.get(key, ("check", key))
    return icon, str(word)


def chargers(count: int) -> str:
    return ngettext("%(n)s charger", "%(n)s chargers", count) % {"n": number(count)}
