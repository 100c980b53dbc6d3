"""The three brands of the demonstration: rows, not code. Helsinki, Dubai, and a fleet of its own."""

from dataclasses import dataclass, field

PASSWORD = "charge-the-street-7"  # noqa: S105 - a demonstration on loopback; printed at every start

T2, CCS, CHADEMO, NACS = "IEC_62196_T2", "IEC_62196_T2_COMBO", "CHADEMO", "NACS"
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
    sessions: tuple[str, ...] = field(default=())


def _logo(path: str, colour: str, round_corner: int = 10) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
        f'<rect width="40" height="40" rx="{round_corner}" fill="{colour}"/><path d="{path}" fill="#ffffff"/></svg>'
    )


AMPERE = Brand(
    slug="ampere",
    about="reseller in Helsinki: private and public chargers, English, EUR",
    city="Helsinki",
    tax_bp=2550,
    tenant={
        "name": "Ampère",
        "country": "FI",
        "language": "en",
        "currency": "EUR",
        "timezone": "Europe/Helsinki",
        "colour_primary": "#0B6E4F",
        "colour_accent": "#F5B700",
        "support_email": "help@ampere.example",
        "support_phone": "+358 9 555 0100",
        "tagline": "Your neighbour's charger, by the minute",
        "logo_svg": _logo("M22 5 9 23h8l-2 12 14-19h-9z", "#0B6E4F"),
        "map_latitude": 60.1712,
        "map_longitude": 24.9443,
        "map_zoom": 14.4,
        "least_minutes": 1,
        "kind": "reseller",
    },
    organisations=(("Nordkai Logistics", "fleet"), ("Meriton Group", "enterprise")),
    people=(
        Person("owner", "owner", "Elina Saarinen"),
        Person("operator", "operator", "Onni Mäkelä"),
        Person("host", "host", "Aino Virtanen"),
        Person("host", "host2", "Petteri Koskinen"),
        Person("driver", "driver", "Mikko Laine", plate="ABC-123", vehicle="Compact hatchback"),
        Person("driver", "driver2", "Sara Nieminen", plate="XYZ-789", vehicle="Estate car"),
        Person("fleet_manager", "fleet", "Jari Lehtonen", organisation="Nordkai Logistics"),
        Person("esg_analyst", "esg", "Helmi Rantanen", organisation="Meriton Group"),
        Person("auditor", "auditor", "Tuomas Aalto"),
    ),
    offers=(
        Offer(
            "Quiet courtyard in Kruununhaka",
            "Mariankatu 12",
            60.17330,
            24.95230,
            per_hour="2.40",
            text="Behind the blue gate; room for one car, well lit at night.",
            amenities=("lighting", "covered"),
        ),
        Offer(
            "Garage by the Botanic Garden",
            "Unioninkatu 40",
            60.17470,
            24.94930,
            per_kwh="0.29",
            text="Indoor garage with a wide space.",
            amenities=("covered", "wifi"),
        ),
        Offer(
            "Ateneum corner, street side",
            "Kaivokatu 2",
            60.17015,
            24.94440,
            power_w=22_000,
            per_hour="1.20",
            per_kwh="0.24",
            private=False,
            text="On the street, in front of the museum.",
            amenities=("lighting", "cafe"),
        ),
        Offer(
            "Hakaniemi market hall",
            "Hakaniemen tori 1",
            60.17905,
            24.95080,
            power_w=22_000,
            per_kwh="0.32",
            private=False,
            host="host2",
            text="Open-air places beside the hall.",
            amenities=("shops", "toilet"),
        ),
        Offer(
            "Senate Square parking",
            "Aleksanterinkatu 20",
            60.16930,
            24.95030,
            CCS,
            50_000,
            per_kwh="0.45",
            private=False,
            host="host2",
            text="Fast charging two minutes from the square.",
            amenities=("lighting", "shops"),
        ),
        Offer(
            "Kallio back yard",
            "Vaasankatu 15",
            60.18730,
            24.96000,
            per_hour="1.80",
            host="host2",
            text="Short drive from the main road.",
            amenities=("lighting",),
        ),
        Offer(
            "Töölö villa drive",
            "Runeberginkatu 50",
            60.18170,
            24.92390,
            power_w=11_000,
            per_hour="2.90",
            text="A quiet drive; please close the gate.",
            amenities=("covered",),
        ),
        Offer(
            "Punavuori carport",
            "Iso Roobertinkatu 30",
            60.16210,
            24.93720,
            per_kwh="0.31",
            host="host2",
            text="Low roof: 2.1 m.",
            amenities=("covered", "lighting"),
        ),
        Offer(
            "Katajanokka harbour house",
            "Kruunuvuorenkatu 5",
            60.16660,
            24.96930,
            power_w=11_000,
            per_hour="2.10",
            per_kwh="0.18",
            text="With a view of the sea.",
            amenities=("wifi",),
        ),
        Offer(
            "Lauttasaari semi-detached",
            "Gyldénintie 8",
            60.15990,
            24.87720,
            per_hour="1.60",
            weekly=OFFICE,
            text="Daytime only: the family sleeps early.",
            amenities=(),
        ),
        Offer(
            "Pasila station side",
            "Ratapihantie 6",
            60.19880,
            24.93440,
            CCS,
            50_000,
            per_kwh="0.42",
            private=False,
            host="host2",
            text="Two minutes from the trains.",
            amenities=("shops", "toilet", "cafe"),
        ),
        Offer(
            "Arabianranta terrace",
            "Arabiankatu 4",
            60.20900,
            24.97700,
            power_w=3_680,
            per_hour="0.90",
            text="Slow and cheap, good for a night.",
            amenities=("lighting",),
        ),
    ),
    sessions=("caltech_2019-05-01_2019-08-31.csv",),
)

BARQ = Brand(
    slug="barq",
    about="reseller in Dubai: Arabic, right to left, AED",
    city="دبي",
    tax_bp=500,
    tenant={
        "name": "برق",
        "country": "AE",
        "language": "ar",
        "currency": "AED",
        "timezone": "Asia/Dubai",
        "colour_primary": "#5B2A86",
        "colour_accent": "#FF8A00",
        "support_email": "help@barq.example",
        "support_phone": "+971 4 555 0100",
        "tagline": "شاحن جارك بالدقيقة",
        "logo_svg": _logo("M20 6a14 14 0 1 0 14 14h-5a9 9 0 1 1-9-9zM24 4l-7 15h6l-2 11 11-15h-7l4-11z", "#5B2A86", 20),
        "map_latitude": 25.1180,
        "map_longitude": 55.2000,
        "map_zoom": 10.6,
        "least_minutes": 1,
        "kind": "reseller",
    },
    organisations=(("أسطول الخليج", "fleet"),),
    people=(
        Person("owner", "owner", "ليلى المنصوري"),
        Person("operator", "operator", "سامي حداد"),
        Person("host", "host", "عمر الفارسي"),
        Person("driver", "driver", "نور الهاشمي", plate="DXB-48213", vehicle="سيارة دفع رباعي"),
        Person("driver", "driver2", "خالد السويدي", plate="DXB-77120", vehicle="سيدان"),
        Person("fleet_manager", "fleet", "هدى كريم", organisation="أسطول الخليج"),
    ),
    offers=(
        Offer(
            "فيلا هادئة في جميرا",
            "شارع الوصل 214",
            25.20480,
            55.24470,
            per_hour="12.00",
            text="موقف مظلل أمام الفيلا.",
            amenities=("covered", "lighting"),
        ),
        Offer(
            "مرآب في المرسى",
            "شارع الشيخ زايد 77",
            25.07720,
            55.13980,
            power_w=11_000,
            per_kwh="1.45",
            text="مرآب داخلي بارتفاع مترين.",
            amenities=("covered", "wifi"),
        ),
        Offer(
            "موقف وسط المدينة",
            "بوليفارد محمد بن راشد 3",
            25.19540,
            55.27440,
            CCS,
            50_000,
            per_kwh="1.90",
            private=False,
            text="شحن سريع بجانب المقهى.",
            amenities=("cafe", "shops", "lighting"),
        ),
        Offer(
            "ساحة ديرة",
            "شارع المكتوم 120",
            25.26290,
            55.32450,
            power_w=22_000,
            per_hour="9.00",
            private=False,
            text="ساحة مفتوحة طوال اليوم.",
            amenities=("lighting", "toilet"),
        ),
        Offer(
            "بيت في البرشاء",
            "شارع 34، البرشاء 2",
            25.09960,
            55.20470,
            per_hour="8.50",
            text="اتصل بالجرس عند الوصول.",
            amenities=("covered",),
        ),
        Offer(
            "واحة السيليكون",
            "شارع السيليكون 9",
            25.12160,
            55.37800,
            power_w=11_000,
            per_kwh="1.30",
            text="قرب المكاتب.",
            amenities=("wifi", "cafe"),
        ),
    ),
)

ROSTER = """plate,make,model,battery_kwh,connector,driver_email,rfid
VLT-101,Mercedes-Benz,eVito,60,IEC_62196_T2,driver@volta.example,04A1B2C3
VLT-102,Mercedes-Benz,eVito,60,IEC_62196_T2,driver2@volta.example,04A1B2C4
VLT-103,Ford,E-Transit,68,IEC_62196_T2_COMBO,,04A1B2C5
VLT-104,Ford,E-Transit,68,IEC_62196_T2_COMBO,,04A1B2C6
VLT-105,Renault,Kangoo E-Tech,45,IEC_62196_T2,,04A1B2C7
VLT-106,Renault,Kangoo E-Tech,45,IEC_62196_T2,,04A1B2C8
VLT-107,Volkswagen,ID. Buzz Cargo,77,IEC_62196_T2_COMBO,,04A1B2C9
VLT-108,Volkswagen,ID. Buzz Cargo,77,IEC_62196_T2_COMBO,,04A1B2D0
"""

VOLTA = Brand(
    slug="volta",
    about="a fleet with its own brand: depots, vehicles, drivers, EUR",
    city="Vantaa",
    tax_bp=2550,
    tenant={
        "name": "Volta Logistics",
        "country": "FI",
        "language": "en",
        "currency": "EUR",
        "timezone": "Europe/Helsinki",
        "colour_primary": "#12407A",
        "colour_accent": "#E4572E",
        "support_email": "dispatch@volta.example",
        "support_phone": "+358 9 555 0177",
        "tagline": "Every van full by six",
        "logo_svg": _logo("M6 10h7l7 17 7-17h7L23 34h-6z", "#12407A", 6),
        "map_latitude": 60.2200,
        "map_longitude": 24.9600,
        "map_zoom": 10.8,
        "least_minutes": 1,
        "kind": "fleet",
    },
    organisations=(("Volta Logistics fleet", "fleet"),),
    people=(
        Person("owner", "owner", "Ilari Heikkinen"),
        Person("operator", "operator", "Venla Salo"),
        Person("host", "host", "Depot office"),
        Person("fleet_manager", "fleet", "Riikka Hämäläinen", organisation="Volta Logistics fleet"),
        Person("fleet_driver", "driver", "Eero Turunen", "Volta Logistics fleet", "VLT-101", "Van"),
        Person("fleet_driver", "driver2", "Noora Peltonen", "Volta Logistics fleet", "VLT-102", "Van"),
        Person("esg_analyst", "esg", "Anni Karjalainen", organisation="Volta Logistics fleet"),
    ),
    offers=(
        Offer(
            "Depot Vantaa, bay 1",
            "Tikkurilantie 140",
            60.29310,
            24.97700,
            T2,
            22_000,
            per_kwh="0.12",
            text="Night bay.",
            amenities=("covered", "lighting"),
        ),
        Offer(
            "Depot Vantaa, bay 2",
            "Tikkurilantie 140",
            60.29320,
            24.97720,
            T2,
            22_000,
            per_kwh="0.12",
            text="Night bay.",
            amenities=("covered", "lighting"),
        ),
        Offer(
            "Depot Vantaa, fast bay",
            "Tikkurilantie 140",
            60.29330,
            24.97740,
            CCS,
            50_000,
            per_kwh="0.16",
            text="For vans that must leave again soon.",
            amenities=("covered", "lighting"),
        ),
        Offer(
            "Harbour hub, bay 1",
            "Satamakaari 20",
            60.21450,
            25.18200,
            T2,
            11_000,
            per_kwh="0.13",
            text="Beside gate C.",
            amenities=("lighting",),
        ),
    ),
    roster=ROSTER,
    sessions=("workplace_2014-15.csv",),
)

BRANDS = (AMPERE, BARQ, VOLTA)
