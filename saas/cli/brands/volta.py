"""A fleet with its own brand."""

from .shapes import CCS, T2, Bay, Brand, Depot, Offer, Person, logo

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
        "logo_svg": logo("M6 10h7l7 17 7-17h7L23 34h-6z", "#12407A", 6),
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
        Person("technician", "technician", "Kaisa Rinne"),
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
    depots=(
        Depot(
            "Depot Kerava",
            "Terminaalikatu 1",
            60.40120,
            25.10900,
            bays=(
                Bay("KERAVA-1", "ocpp1.6", "Nordlade", "N22 twin", firmware="2.3.1"),
                Bay("KERAVA-2", "ocpp1.6", "Nordlade", "N22 twin", firmware="2.2.0"),
                Bay("KERAVA-3", "ocpp2.0.1", "Voltwerk", "VW-2", firmware="4.0.2"),
            ),
        ),
    ),
    sessions=("workplace_2014-15.csv",),
)
