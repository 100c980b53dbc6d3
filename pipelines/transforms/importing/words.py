# ruff: noqa: E501 - tables of words
"""The words that column headers use for each role, in the languages public session files come in.

A header only proposes; the values decide (see `roles`). Adding a language is adding words here.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

START = (
    r"start|begin|began|anfang|debut|inici|inizi|comienzo|comec|arriv|aankomst|ankunft|avvio|alku|alkoi|alkam|aloit|oppstart|"
    r"pocz|rozpocz|zacat|zaciat|kezdet|baslang|plug ?in|plugged|plugin|connect|connexion|verbunden|branch|check ?in|entry|entrada|ingreso|"
    r"eingesteckt|angesteckt|conex|llegada|chegada|开始|開始|시작|بداي|شروع|начал"
)
END = (
    r"end|stop|finish|fin|final|fine|ende|beendet|termin|depart|abfahrt|vertrek|partenza|salida|saida|disconnect|"
    r"deconnex|debranch|getrennt|unplug|plug ?out|plugout|check ?out|exit|loppu|lopet|paatt|jatto|slut|avslut|koniec|zakoncz|"
    r"konec|eind|einde|bitis|veg|abgesteckt|ausgesteckt|desconex|结束|終了|종료|نهاي|پایان|конец|оконч"
)
WEAK_START = (
    r"created|from|von|desde|opened|date|datum|fecha|data|in|time|timestamp|datetime|zeit|uhrzeit|zeitpunkt|zeitstempel|"
    r"heure|horodatage|hora|ora|tid|tidpunkt|aika|paiva|dato|dzien|день|дата|日期|日時|ab|du"
)
WEAK_END = r"to|bis|hasta|closed|out|until|left|au|a|tot|til|till"
INTENT = (
    r"request|estimat|planned|plan|expect|declar|desired|schedul|needed|anticipat|intended|target|gewunscht|geplant|"
    r"souhait|prevu|solicitad|previst"
)
LENGTH = (
    r"durati|dauer|duree|duraci|durac|durata|kesto|varighet|varaktighet|duur|czas trwania|sure|elapsed|connected time|"
    r"connection time|plug ?in time|park|standzeit|length|hrs|minutes|seconds|charg\w* time|ladezeit|steckzeit|laadtijd|"
    r"temps de charge|tiempo de carga|时长|時間|المدة|مدت"
)
CHARGING = r"charg|charge|lade|lad|laad|lataus|ladung|recharge|carga|carica|lading|active"
ENERGY = (
    r"energ\w*|nerg\w*|kwh|wh|mwh|consum\w*|conso\w*|verbrauch\w*|verbruik|geladen\w*|ladung|strommenge|delivered|"
    r"electricity|electricidad|strom|lademenge|forbruk|forbrukning|kulutus|eletricidade|enerji|电量|電力量|充电量|전력량|"
    r"الطاقة|انرژی|энерг\w*|ενεργ\w*"
)
NOT_ENERGY = (
    r"kw|rate|price|cost|preis|prix|per|savings?|saved|co2|ghg|carbon|"
    r"soc|capacity|battery|efficien\w*|km|meter|reading|type|source|tarif\w*|unit|voltage|current|amp\w*|max\w*|peak|"
    r"gallons?|emission\w*|supplier|level|provider"
)

# role -> ((weight, words), ...), words that rule the role out. Weight 3: the role's own name; 1: only if nothing better.
ROLES: dict[str, tuple[tuple[tuple[float, str], ...], str | None]] = {
    "start": (
        (
            (3.5, rf"(?:plug|connect|session|transaction|arriv|sitzung)\w*.*\b(?:{START})\w*"),
            (3, rf"(?:{START})\w*"),
            (3, r"\w*(?:beginn|start|startzeit|anfang)|\w*(?:开始|開始|시작)\w*|البدء|بدء"),
            (1, rf"(?:{WEAK_START})"),
        ),
        rf"(?:{INTENT})\w*|zone|tz|soc|battery|odometer|meter\w*|modified|updated|disconn\w*|duration|dauer",
    ),
    "end": (
        (
            (3.5, r"(?:unplug|plug out|plugout|disconnect|session end|transaction (?:end|stop)|departure)\w*"),
            (3, rf"(?:{END})\w*"),
            (3, r"\w*(?:ende|endzeit|stop|schluss|slut)|\w*(?:结束|終了|종료)\w*|الانتهاء|انتهاء"),
            (1, rf"(?:{WEAK_END})"),
        ),
        rf"(?:{INTENT})\w*|zone|tz|soc|battery|odometer|meter\w*|modified|updated|done charg\w*|ended by|vendor|user\w*",
    ),
    "charging_end": (
        (
            (3, r"done charg\w*|charg\w* (?:done|complete\w*|finish\w*)|(?:last|end of) charg\w*"),
            (2.5, rf"(?:{CHARGING})\w* (?:{END})\w*|(?:{END})\w* (?:{CHARGING})\w*"),
        ),
        rf"(?:{INTENT})\w*|zone|soc",
    ),
    "requested_departure": (
        (
            (3, rf"(?:{INTENT})\w* (?:time )?(?:of )?(?:{END})\w*|(?:{END})\w* (?:time )?(?:{INTENT})\w*"),
            (2, rf"(?:{END})\w* (?:{INTENT})\w*"),
        ),
        r"zone",
    ),
    "duration": (
        ((3, rf"(?:{LENGTH})\w*"), (3, r"\w*(?:dauer|duration)"), (1, r"time|zeit|temps|tiempo|tempo")),
        r"zone|start|end|stop|ende|fin|fine|beginn|debut|available|inputs|waiting|idle",
    ),
    "charging_duration": (
        (
            (
                3,
                rf"(?:{CHARGING})\w* (?:time|duration|hrs|hours|minutes|zeit|dauer|seconds)\w*|ladezeit|ladedauer|laadtijd",
            ),
            (3, r"temps de charge|duree de (?:re)?charge|tiempo de carga|tempo di (?:ri)?carica"),
        ),
        r"zone",
    ),
    "energy": (
        (
            (4, r"(?:kwh|mwh|wh)"),
            (3, rf"(?:{ENERGY})"),
            (1, r"amount|quantity|menge|volume|charged|load|total|cantidad|q"),
        ),
        rf"(?:{INTENT})\w*|(?:{NOT_ENERGY})",
    ),
    "requested_energy": (
        ((3, rf"(?:{INTENT})\w*.*\b(?:{ENERGY})|(?:{ENERGY}).*\b(?:{INTENT})\w*"),),
        r"price|cost|per",
    ),
    "meter_start": (
        ((3, r"meter start|start meter|meter (?:value )?begin|(?:zahler|zaehler)\w* (?:start|anfang|beginn)"),),
        None,
    ),
    "meter_end": (((3, r"meter (?:stop|end)|(?:end|stop) meter|(?:zahler|zaehler)\w* (?:ende|end|stop)"),), None),
    "charger": (
        (
            (
                4,
                r"(?:cp|cpid|charge ?point|chargepoint|chargebox|charge box|charger|evse|station|ladepunkt|ladesaule|"
                r"ladestation|ladesaeule|space|borne|point de charge|pdc|colonnina|cargador|punto de carga|laadpaal|"
                r"latauspiste|laddstation|ladestasjon|asset|pole|unit) (?:id|no|nr|number|code|uid|identifier|name)",
            ),
            (
                3.5,
                r"cp|cpid|charge ?point\w*|chargepoint\w*|charge ?box\w*|charger\w*|evse\w*|ladepunkt\w*|ladesaule\w*|"
                r"ladesaeule\w*|ladestation\w*|borne\w*|pdc|point de (?:re)?charge|colonnina|stacja|punkt",
            ),
            (
                3,
                r"station\w*|cargador\w*|punto(?: de carga)?|estacion\w*|stazione|laadpaal\w*|laadpunt\w*|latauspiste\w*|"
                r"laturi|laddstation\w*|laddpunkt\w*|ladestasjon\w*|posto|asset\w*|device\w*|pole\w*|spot|box|gerat|"
                r"geraet|saule|充电桩|充電器|충전기|شاحن|станц\w*",
            ),
            (1.5, r"equipment|socket|space|unit|mac address|serial|s n"),
        ),
        r"type|model|latitude|longitude|lat|lon|lng|postal|zip|address 1|level|vendor|make|manufacturer|power|status|"
        r"start|end|stop|begin|time",
    ),
    "connector": (
        (
            (4, r"(?:connector|port|plug|outlet|socket|gun) (?:id|no|nr|number|index)"),
            (
                3,
                r"connector\w*|konnektor|stecker\w*|connecteur\w*|conector\w*|connettore|outlet|plug|port|gun|socket|presa|"
                r"prise|anschluss|pistolet|liitin|kontakt|uttag|stekker",
            ),
        ),
        r"type|typ|standard|duration|time|in|out|event|category|format",
    ),
    "site": (
        (
            (
                3,
                r"site(?: name| id)?|location\w*|standort|garage\w*|lieu|ubicacion|sito|sted|plats|sijainti|ort|locatie",
            ),
            (
                2,
                r"station name|address\w*|adresse|adres|indirizzo|direccion|car ?park|parking|area|building|campus|facility",
            ),
            (1, r"city|town|group|org name"),
        ),
        r"type|latitude|longitude|lat|lon|ip|mac|email",
    ),
    "driver": (
        (
            (
                3,
                r"(?:user|driver|customer|card|member|account|client|rfid|token|tag|id tag|participant)(?: id| no| number| uid)?",
            ),
            (
                3,
                r"fahrer\w*|nutzer\w*|kunde\w*|kundennummer|utilisateur\w*|usuario\w*|utente\w*|start card|kort|bruker\w*|"
                r"karte|kartennummer|badge|abonne\w*|gebruiker\w*|kayttaja\w*",
            ),
        ),
        r"type|postal|zip|inputs|agent|status|category|miles|wh",
    ),
    "vehicle": (
        (
            (
                3,
                r"vehicle(?: id)?|vin|car(?: id)?|ev(?: id| model)?|fahrzeug\w*|voiture|vehicule|vehiculo|veicolo|plate\w*|"
                r"kennzeichen",
            ),
        ),
        r"park|type|miles|category",
    ),
    "source_id": (
        (
            (
                4,
                r"(?:session|transaction|charging event|charge event|event|cdr|charging|plug in event|sitzungs?|ladevorgangs?|"
                r"trans\w*) (?:id|no|nr|number|uid|uuid)",
            ),
            (3, r"charg\w* event|session|transaction\w*|cdr|ladevorgang\w*|vorgang\w*|uuid|sitzung"),
            (2, r"id|objectid|object id|nr|no|index|key"),
        ),
        r"start|end|stop|date|time|user|station|cost|status|type|kwh|wh|energy",
    ),
    "cost": (
        (
            (
                3,
                r"(?:total |net |gross )?(?:cost|fee|paid|revenue|kosten|betrag|cout|montant|importe|coste|costo|kostnad|hinta|"
                r"prijs|kwota|bedrag|dollars?|amount paid|pris)\w*",
            ),
            (2, r"price|preis|prix|precio|prezzo|preco|usd|eur|gbp|aed|nok|sek|chf|charge amount|umsatz"),
        ),
        r"per|kwh|wh|currency|type|rate|tarif\w*|unit|center|centre|free",
    ),
    "currency": (((3, r"currency\w*|wahrung|waehrung|devise|moneda|valuta|valuutta|waluta|ccy"),), None),
    "record": (
        ((3, r"modified\w*|updated\w*|inserted|uploaded|exported|recorded|billed|invoiced|paid|last \w+"),),
        None,
    ),
    "claimed": (((3, r"claimed"),), None),
    "zone": (((3, r"time ?zone|timezone|tz|zeitzone|fuseau(?: horaire)?|zona horaria|fuso|aikavyohyke"),), r"end|stop"),
    "end_zone": (((3, r"time ?zone|timezone|tz"),), r"start|begin\w*"),
}
CURRENCY_WORDS = {
    r"dollars?|usd|\$": "USD", r"eur|euros?|€": "EUR", r"gbp|pounds?|£|pence": "GBP", r"aed|dirham\w*": "AED",
    r"nok": "NOK", r"sek": "SEK", r"dkk": "DKK", r"chf|franken|francs?": "CHF", r"irr|rials?": "IRR",
}  # fmt: skip
LENGTH_UNITS = {
    "ms": r"ms|msec|milli\w*",
    "s": r"s|secs?|second\w*|sek\w*|segundos?|secondi|sekunt\w*",
    "min": r"m|mins?|minut\w*",
    "h": r"h|hrs?|hours?|std|stunden|heures?|horas?|ore|tunnit|timer|timmar|uren",
}
ENERGY_UNITS = {"kWh": r"kwh|kw h|kilowatt ?hours?|kilowattstunden|kilowattheures?", "MWh": r"mwh|mw h", "Wh": r"wh|w h|watt ?hours?|wattstunden|wattheures?"}  # fmt: skip


@lru_cache(maxsize=4096)
def plain(header: str) -> str:
    """Header as lower-case words without accents or punctuation: `kWhTotal` -> `kwh total`."""
    text = "".join(c for c in unicodedata.normalize("NFKD", header) if not unicodedata.combining(c)).replace("ß", "ss")
    text = re.sub(r"([kKM]?)[wW][hH](?![a-z])", lambda m: f" {m.group(1).lower()}wh ", text)
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text).lower()
    return " ".join(re.sub(r"[\W_]+", " ", text).split())


def _has(words: str, text: str) -> bool:
    return re.search(rf"(?<![^\W_])(?:{words})(?![^\W_])", text) is not None


_POWER = r"power|leistung|puissance|potencia|potenza|teho|effekt"


@lru_cache(maxsize=65536)
def header_score(role: str, header: str) -> float:
    """How strongly the header claims the role: 0 not at all, 3 and above by name."""
    names, veto = ROLES[role]
    text = plain(header)
    # "Power consumption (kWh)" is an energy, "Power" is not.
    if role == "energy" and _has(_POWER, text) and unit_of(header, ENERGY_UNITS) is None:
        return 0.0
    return score_of(header, names, veto)


@lru_cache(maxsize=65536)
def score_of(header: str, names: tuple[tuple[float, str], ...], veto: str | None) -> float:
    """The weight of the strongest words that the header holds; 0 when it holds none, or a word that rules it out."""
    text = plain(header)
    if veto and _has(veto, text):
        return 0.0
    return max((weight for weight, words in names if _has(words, text)), default=0.0)


def unit_of(header: str, units: dict[str, str]) -> str | None:
    """The unit a header names, or None. Looks at whole words only."""
    text = plain(header)
    return next((unit for unit, words in units.items() if _has(words, text)), None)


def says_utc(header: str) -> bool:
    """True when the header itself says that its times are UTC, as in `UTCTransactionStart`."""
    return re.search(r"(?:^|[^a-z])(?:utc|gmt|zulu)(?:[^a-z]|$)|^utc", re.sub(r"_", " ", header).lower()) is not None
