"""What a brand of the demonstration consists of."""

from dataclasses import dataclass, field

PASSWORD = "charge-the-street-7"  # noqa: S105 - a demonstration on loopback; printed at every start

T2, CCS = "IEC_62196_T2", "IEC_62196_T2_COMBO"
DAY = tuple((weekday, 0, 1440) for weekday in range(7))
OFFICE = tuple((weekday, 7 * 60, 22 * 60) for weekday in range(7))


@dataclass(frozen=True)
class Person:
    """Somebody who can log in. `organisation` is the name of one of the brand's organisations."""

    role: str
    key: str
    name: str
    organisation: str = ""
    plate: str = ""
    vehicle: str = ""


@dataclass(frozen=True)
class Offer:
    """A charger with its adapter. Prices are decimal text in the tenant's currency, before tax."""

    title: str
    address: str
    latitude: float
    longitude: float
    connector: str = T2
    power_w: int = 7_360
    per_hour: str | None = None
    per_kwh: str | None = None
    private: bool = True
    host: str = "host"
    text: str = ""
    amenities: tuple[str, ...] = ()
    weekly: tuple[tuple[int, int, int], ...] = DAY


@dataclass(frozen=True)
class Bay:
    """A simulated OCPP station of a depot."""

    station_id: str
    protocol: str
    vendor: str
    model: str
    outlets: int = 2
    firmware: str = "1.0.0"


@dataclass(frozen=True)
class Depot:
    """A site with OCPP stations that the fleet's cards charge at."""

    title: str
    address: str
    latitude: float
    longitude: float
    bays: tuple[Bay, ...]
    connector: str = T2
    power_w: int = 22_000
    limit_ma: int = 63_000  # of its supply, per line: less than its stations could draw together


@dataclass(frozen=True)
class Brand:
    """One tenant. `tenant` goes to open_tenant as it is."""

    slug: str
    about: str
    city: str
    tax_bp: int
    tenant: dict[str, object]
    organisations: tuple[tuple[str, str], ...]
    people: tuple[Person, ...]
    offers: tuple[Offer, ...]
    roster: str = ""
    depots: tuple[Depot, ...] = ()
    sessions: tuple[str, ...] = field(default=())


def logo(path: str, colour: str, round_corner: int = 10) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
        f'<rect width="40" height="40" rx="{round_corner}" fill="{colour}"/><path d="{path}" fill="#ffffff"/></svg>'
    )
