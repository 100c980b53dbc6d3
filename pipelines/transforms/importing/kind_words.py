# ruff: noqa: E501 - tables of words
"""The words that headers use for each role in status, location, price and carbon files; weights as in `words.ROLES`."""

from __future__ import annotations

from pipelines.transforms.importing.claims import Claim
from pipelines.transforms.importing.words import ROLES

CARBON_VALUE = Claim(
    (
        (5, r"life ?cycle|lifecycle"),
        (4.5, r"mo?er|marginal\w*|residual\w*"),
        (4.2, r"intensity actual|actual intensity"),
        (4, r"carbon intensity\w*|co2 ?e? intensity|emissions? intensity|carbon ?intensity|ci|aoer"),
        (
            3,
            r"(?:co2|ghg|carbon|emissions?)(?: \w+)*(?: factor| rate| intensity)|emissions?factor|intensity|intensite|"
            r"emissionsfaktor",
        ),
        (2.5, r"intensity forecast|g ?co2\w*|kg ?co2\w*|lbs? co2\w*|co2\w*|taux de co2"),
        (1, r"value|wert|valeur|valor|factor|rate|actual"),
    ),
    r"twh|index|percent\w*|perc|share|renewable|free|zone|region|country|population|per capita|gdp|mt|total|unit|units|"
    r"estimated|method|version|datatype|change",
    ("number",),
)
CARBON_ROLES = {
    "region": Claim(
        (
            (4, r"zone id|zone key|iso code|country code|region code|balancing authority|ba|zone code|code"),
            (3.5, r"zone|region|bidding zone|area code|key|regionid|region id"),
            (3, r"country|area|entity|state|grid|dno region|shortname|zone name|country name|land|pays|pais"),
        ),
        r"time|group|continent|eu|oecd|g20|g7|asean|status",
    ),
    "unit": Claim(((3, r"units?|einheit|unite|unidad|meta units"),), None, ("text",)),
    "variable": Claim(((3, r"variable|indicator|signal type|data ?type|signal|metric|measure"),), None, ("text",)),
    "source": Claim(((3, r"data source|source|quelle"),), r"time", ("text",)),
    "licence": Claim(((3, r"licen[cs]e|lizenz"),), None, ("text",)),
}  # fmt: skip
PRICE_VALUE = Claim(
    (
        (
            4,
            r"day ahead price|spot ?price|energy price|price (?:per |eur |gbp |usd )?k?wh|clearing price|marktpreis\w*|market ?price",
        ),
        (
            3,
            r"price\w*|preis\w*|prix|precio|prezzo|prijs|pris|hinta|cena|tarif\w*|rate|cost|lmp|value|spot|arbeitspreis",
        ),
        (1, r"eur|gbp|usd|sek|nok|dkk|mwh|kwh|amount|betrag"),
    ),
    r"count|volume|index|share|change|id|step|min charge",
    ("number",),
)
PRICE_ROLES = {
    "charger": Claim(
        (
            (4, r"(?:charger|station|evse|charge ?point|location|cp|ladepunkt|site|tariff) (?:id|uid|code|no)|evse"),
            (2, r"id|uid"),
            (3, r"charger|station|charge ?point|chargepoint|ladesaule|ladepunkt|borne|site|location|tariff(?: name)?|name"),
        ),
        r"region|zone|country|price|type|power",
    ),
    "region": Claim(
        (
            (4, r"bidding zone|price area|zone|region|area|bzn|iso3? code|country code|market area|settlement point|hub|node"),
            (3, r"country|market|land|pays|supplier area|dno|state|grid"),
        ),
        r"price|time|type|status",
    ),
    "currency": Claim(((3, r"currency\w*|wahrung|devise|moneda|valuta|ccy"),), None, ("text",)),
    "unit": Claim(((3, r"units?|einheit|unite|unidad"),), r"price|min", ("text",)),
    "source": Claim(((3, r"data source|source|quelle"),), r"time", ("text",)),
    "licence": Claim(((3, r"licen[cs]e|lizenz"),), None, ("text",)),
}  # fmt: skip
STATUS_VALUE = Claim(
    (
        (4, r"(?:connector|evse|charger|station|operational|charge ?point|port|new|current) (?:status|state)|status"),
        (3, r"state|zustand|etat|estado|stato|tila|availability|statut|condition|verfugbarkeit|disponibilite"),
        (2, r"available|operational|online|in service|working|up|uptime|occupied|in use|occupancy|downtime|down"),
        (1, r"value|event"),
    ),
    r"time|date|code|id|info|zip|usa|since|count|station name|previous|old|last|from",
    ("text", "number"),
)  # fmt: skip
STATUS_ROLES = {
    "charger": Claim(*ROLES["charger"]),
    "connector": Claim(*ROLES["connector"]),
    "site": Claim(*ROLES["site"]),
    "error_code": Claim(((4, r"(?:vendor )?error ?code|fault ?code|vendor error|fehlercode|error"),), r"time"),
    "info": Claim(((3, r"info|message|description|reason|comment|details?|bemerkung"),), None),
    "source": Claim(((3, r"data source|source|quelle"),), r"time", ("text",)),
}
LOCATION_PLACE = {
    "latitude": Claim(((4, r"latitude|breitengrad|latitud|latitudine"), (3, r"lat|y coord\w*|y"),), r"long\w*", ("number", "text")),
    "longitude": Claim(
        ((4, r"longitude|langengrad|laengengrad|longitud|longitudine"), (3, r"lon|lng|long|x coord\w*|x"),), None, ("number", "text")
    ),
    "both": Claim(
        (
            (3, r"coordinates|coordonnees ?xy|coordonneesxy|geo ?point\w*|lat ?lng|lat ?lon|position|koordinaten|wkt"),
            (2, r"geom\w*|location|point"),
        ),
        r"type|id|name", ("text",),
    ),
}  # fmt: skip
LOCATION_ROLES = {
    "id": Claim(
        (
            (4, r"charge ?device ?id|station ?id|location ?id|site ?id|geoname ?id|uuid|id station itinerance|(?:evse|pool) ?id"),
            (3, r"id|uid|code|reference|nr|number"),
        ),
        r"country|zip|status|code$|phone|connector|evses|operator|federal|usage|type|submission|parent",
    ),
    "name": Claim(
        ((4.5, r"nom station|(?:station|site|location) (?:name|title)"), (4, r"(?:charge ?device|device|display)? ?(?:name|title|nom)"), (2, r"bezeichnung|nombre|standort")),
        r"operator|network|street|country|admin|city|town|status|party|owner|file|agency|type|enseigne|amenageur|usage|provider|level",
    ),
    "country": Claim(
        ((4, r"country ?code|iso ?code|country iso\w*"), (3, r"country|land|pays|pais|paese")), r"french|county|title alt"
    ),
    "city": Claim(((3, r"city|town|ort|ville|ciudad|citta|commune|place|posttown|stadt|municipality"),), r"id|code"),
    "address": Claim(((3, r"(?:street )?address(?: line ?1)?|adresse\w*|street|strasse|direccion|indirizzo"),), r"url|mail|access|id"),
    "operator": Claim(
        (
            (4, r"operator(?:info)?(?: title| name)?|ev network|betreiber|nom operateur|network(?: name)?|operateur|gestore"),
            (2, r"owner|provider|device controller name|enseigne|brand"),
        ),
        r"web|url|id|phone|type|email|mail|contact|comments|address",
    ),
    "status": Claim(
        ((4, r"(?:status ?type|charge device|station|location|operational|evses)? ?status(?: title| code)?|etat|estado|zustand"),),
        r"geocode|date|hydrogen|time|is operational|updated|id|submission|connections|free",
        ("text",),
    ),
    "power": Claim(
        (
            (4, r"(?:max\w*|rated|nennleistung|connections|puissance|nominal|evses connectors)?.*\b(?:power ?k?w|max electric power|electric power)"),
            (3, r"(?:max |rated |nominal )?power|nennleistung|puissance nominale|leistung|potencia|ladeleistung|kw|\w*leistung\w*"),
        ),
        r"type|level|supply|source|factor|phase|count|voltage",
    ),
    "evses": Claim(
        ((4, r"number of points|(?:number|count|anzahl) .*(?:points?|evses?|ports|ladepunkte|connectors|chargers)|nbre pdc|capacity"),
         (3, r"ports|evse count|num ports|stalls|quantity|ladepunkte")),
        r"level|type|cng|storage|compression|energy",
    ),
    "licence": Claim(((3, r"licen[cs]e|lizenz"),), None, ("text",)),
    "source": Claim(((3, r"data ?provider(?: title)?|data source|source"),), r"power|energy|url|web|id|renewable", ("text",)),
}  # fmt: skip
LOCATION_FUEL = Claim(((4, r"fuel ?type(?: code)?"),), None, ("text",))
