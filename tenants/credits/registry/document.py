"""A block in the words of the Climate Action Data Trust's data model, version 1 (its API's projects and units)."""

from datetime import date, datetime
from typing import Any

from babel import Locale

from saas.kit.time import iso
from saas.tenancy.models import Tenant
from saas.tenancy.queries import address

from ..core import TONNE_G
from ..methods import find
from ..models import Batch, Block

STATUS = {Block.State.HELD: "Held", Block.State.RETIRED: "Retired"}
APPROACH = "Third-party verification of metered charging sessions"


def of(block: Block, *, tenant: Tenant, serials: tuple[str, str]) -> dict[str, Any]:
    """`{"project": …, "unit": …}`: what `POST /v1/projects` and `POST /v1/units` take. Whole tonnes only."""
    return {"project": _project(block.batch, tenant), "unit": _unit(block, tenant, serials)}


def _project(batch: Batch, tenant: Tenant) -> dict[str, Any]:
    method = find(batch.method, batch.version)
    title = f"{tenant.name}: charging of electric vehicles, {_country(batch.region)}, {batch.period_start.year}"
    return {
        "projectId": str(batch.uid),
        "originProjectId": str(batch.uid),
        "registryOfOrigin": tenant.name,
        "program": None,
        "projectName": title,
        "projectLink": address(tenant),
        "projectDeveloper": batch.beneficiary,
        "sector": "Transport",
        "projectType": "Electric vehicle charging",
        "coveredByNDC": "Unknown",
        "projectStatus": "Registered",
        "projectStatusDate": _moment(batch.verified_at),
        "unitMetric": "tCO2e",
        "methodology": method.title,
        "validationBody": batch.verifier or None,
        "issuances": [_issuance(batch)],
        "projectLocations": [
            {"country": _country(batch.region), "inCountryRegion": None, "geographicIdentifier": batch.region}
        ],
        "estimations": [
            {
                "creditingPeriodStart": _day(batch.period_start),
                "creditingPeriodEnd": _day(batch.period_end),
                "unitCount": (batch.grams or 0) // TONNE_G,
            }
        ],
    }


def _unit(block: Block, tenant: Tenant, serials: tuple[str, str]) -> dict[str, Any]:
    batch = block.batch
    retired = block.state == Block.State.RETIRED
    return {
        "unitOwner": block.owner,
        "countryJurisdictionOfOwner": _country(tenant.country),
        "inCountryJurisdictionOfOwner": None,
        "unitBlockStart": serials[0],
        "unitBlockEnd": serials[1],
        "unitCount": block.grams // TONNE_G,
        "vintageYear": batch.period_start.year,
        "unitType": "Reduction - technical",
        "unitStatus": STATUS[Block.State(block.state)],
        "unitStatusReason": f"{block.retired_for}: {block.reason}" if retired else None,
        "unitRegistryLink": f"{address(tenant)}/console/credits/blocks/{block.uid}/",
        "correspondingAdjustmentDeclaration": "Unknown",
        "correspondingAdjustmentStatus": "Not Started",
        "issuance": _issuance(batch),
        "labels": [],
    }


def _issuance(batch: Batch) -> dict[str, Any]:
    return {
        "startDate": _day(batch.period_start),
        "endDate": _day(batch.period_end),
        "verificationApproach": APPROACH,
        "verificationDate": _moment(batch.verified_at),
        "verificationBody": batch.verifier,
    }


def _country(code: str) -> str:
    """English name of a country, as CADT's pick list has it."""
    return str(Locale("en").territories.get(code, code))


def _day(day: date) -> str:
    return f"{day.isoformat()}T00:00:00.000Z"


def _moment(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None
