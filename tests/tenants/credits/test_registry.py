"""Filing with a registry: CADT's own fields, an honest stand-in, and a real server that fails in every way."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from saas.kit.home import home
from saas.tenancy.models import Tenant
from tenants.accounts.models import User
from tenants.credits import actions
from tenants.credits.errors import RegistryDown, RegistryRefused, WholeTonnesOnly
from tenants.credits.models import Block, Filing
from tenants.credits.registry.cadt import CadtRegistry
from tenants.credits.registry.offline import OfflineRegistry
from tests import builders
from tests.tenants.credits.street import NOW, manager, session, wanted

pytestmark = pytest.mark.req("ESG-04")
# Required by CADT's validation of a unit, a project and an issuance (github.com/Chia-Network/cadt, src/validations).
UNIT = {
    "countryJurisdictionOfOwner", "unitBlockStart", "unitBlockEnd", "unitCount", "vintageYear", "unitType",
    "unitStatus", "unitRegistryLink", "correspondingAdjustmentDeclaration", "correspondingAdjustmentStatus",
}  # fmt: skip
PROJECT = {
    "projectId", "originProjectId", "registryOfOrigin", "projectName", "projectLink", "projectDeveloper", "sector",
    "projectType", "coveredByNDC", "projectStatus", "projectStatusDate", "unitMetric", "methodology",
}  # fmt: skip
ISSUANCE = {"startDate", "endDate", "verificationApproach", "verificationDate", "verificationBody"}


class Cadt(BaseHTTPRequestHandler):
    """A staging table of the API's shape. `faults` are taken one by one: a status, or "lost" (stored, no answer)."""

    staged: list[dict[str, Any]]
    faults: list[int | str]
    keys: list[str | None]

    def do_GET(self) -> None:
        self._say(200, {"page": 1, "pageCount": 1, "data": self.staged if "/staging" in self.path else []})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.keys.append(self.headers.get("x-api-key"))
        fault = self.faults.pop(0) if self.faults else 200
        if fault in (200, "lost"):
            table = self.path.rsplit("/", 1)[1].title()
            self.staged.append({"uuid": f"u{len(self.staged)}", "table": table, "diff": {"change": [body]}})
        if fault == "lost":
            self.close_connection = True
            self.connection.shutdown(2)
            return
        self._say(
            int(fault), {"message": "staged", "uuid": self.staged[-1]["uuid"] if fault == 200 else "", "error": "no"}
        )

    def _say(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[tuple[type[Cadt], CadtRegistry]]:
    kind = type("Server", (Cadt,), {"staged": [], "faults": [], "keys": []})
    http = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
    yield kind, CadtRegistry(f"http://127.0.0.1:{http.server_port}", "k3y", pause=0)
    http.shutdown()
    http.server_close()


@pytest.fixture
def by(ampere: Tenant) -> User:
    return manager()


def block(by: User, grams: int | None = 1_000_000) -> Block:
    session(evse=builders.evse(), wh=10_000_000)
    batch = actions.open_batch(wanted=wanted(), by=by, now=NOW)
    actions.lock_batch(uid=batch.uid, by=by, now=NOW)
    actions.verify_batch(uid=batch.uid, verifier="TÜV", verification="R-1", by=by, now=NOW)
    whole = batch.blocks.get()
    return actions.split(uid=whole.uid, grams=[grams, whole.grams - grams], by=by, now=NOW)[0] if grams else whole


def file(row: Block, by: User, registry: Any) -> Filing:
    return actions.file_block(uid=row.uid, by=by, now=NOW, registry=registry)


def test_the_stand_in_files_exactly_what_cadt_takes(by: User) -> None:
    row = block(by)
    filing = file(row, by, OfflineRegistry())
    assert (filing.state, filing.stand_in, filing.registry) == ("filed", True, "offline")
    said = json.loads((home().files / filing.reference).read_text())
    unit, project = said["unit"], said["project"]
    assert set(unit) >= UNIT and set(project) >= PROJECT and set(unit["issuance"]) == ISSUANCE
    assert {name: unit[name] for name in ("unitCount", "vintageYear", "unitStatus", "countryJurisdictionOfOwner")} == {
        "unitCount": 1, "vintageYear": 2026, "unitStatus": "Held", "countryJurisdictionOfOwner": "Finland",
    }  # fmt: skip
    assert (unit["unitBlockStart"], unit["unitBlockEnd"]) == (
        "WL-AMPERE-VM0038-1.0-FI-2026-000000000000001", "WL-AMPERE-VM0038-1.0-FI-2026-000000001000000",
    )  # fmt: skip
    assert project["unitMetric"] == "tCO2e" and project["estimations"][0]["unitCount"] >= 1
    assert file(row, by, OfflineRegistry()).pk == filing.pk, "the same state is filed once"


def test_a_retired_block_says_so_and_why(by: User) -> None:
    row = actions.retire(uid=block(by).uid, retired_for="Cabs Oy", reason="2026", by=by, now=NOW)
    unit = file(row, by, OfflineRegistry()).document["unit"]
    assert (unit["unitStatus"], unit["unitStatusReason"]) == ("Retired", "Cabs Oy: 2026")


def test_only_whole_tonnes_are_filed(by: User) -> None:
    with pytest.raises(WholeTonnesOnly):
        file(block(by, 1_000_001), by, OfflineRegistry())


def test_cadts_api_gets_project_and_unit_with_the_key(by: User, server: tuple[type[Cadt], CadtRegistry]) -> None:
    kind, registry = server
    filing = file(block(by), by, registry)
    assert (filing.state, filing.stand_in, filing.reference) == ("filed", False, "u1")
    assert [row["table"] for row in kind.staged] == ["Projects", "Units"] and set(kind.keys) == {"k3y"}
    assert kind.staged[1]["diff"]["change"][0] == filing.document["unit"]


@pytest.mark.parametrize("faults", [[503], [503, 429], ["lost"], [200, "lost"], [200, 500, "lost"]])
def test_a_registry_that_stumbles_gets_everything_once(
    by: User, server: tuple[type[Cadt], CadtRegistry], faults: list[int | str]
) -> None:
    kind, registry = server
    kind.faults = faults
    assert file(block(by), by, registry).state == "filed"
    assert [row["table"] for row in kind.staged] == ["Projects", "Units"]


def test_a_registry_that_stays_away_or_refuses_is_said_by_name(
    by: User, server: tuple[type[Cadt], CadtRegistry]
) -> None:
    kind, registry = server
    row = block(by)
    kind.faults = [500] * 3
    with pytest.raises(RegistryDown):
        file(row, by, registry)
    kind.faults = [400]
    with pytest.raises(RegistryRefused, match="400"):
        file(row, by, registry)
    assert file(row, by, registry).state == "filed"
    assert list(Filing.objects.order_by("pk").values_list("state", flat=True)) == ["failed", "failed", "filed"]
