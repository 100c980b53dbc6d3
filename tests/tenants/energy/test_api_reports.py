"""Reports through the API."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from saas.kit.home import home
from saas.kit.tenant_context import tenant_schema
from tenants.accounts.models import Organisation
from tenants.energy import actions
from tests.tenants.apiclient import Api, code, person, said, unknown_to_others

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, tzinfo=UTC)
WISH = {"period_start": "2026-01-01", "period_end": "2026-02-01"}


@pytest.fixture
def fleet() -> Organisation:
    with tenant_schema("ampere"):
        return actions.Organisation.objects.create(name="City cabs", kind="fleet")


@pytest.fixture
def analyst(fleet: Organisation) -> Api:
    return Api("ampere", person("ampere", "", "esg_analyst", organisation=fleet))


def finished(uid: str, content: bytes = b"a,b\n") -> None:
    folder = home().files / "ampere" / "reports" / uid
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.csv").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    made = actions.Made("csv", f"ampere/reports/{uid}/report.csv", digest, len(content))
    with tenant_schema("ampere"):
        actions.report_ready(uid=uid, run_id="r", data_version="v1", files=[made], now=NOW)  # type: ignore[arg-type]


@pytest.mark.req("ESG-01", "API-01")
def test_an_analyst_asks_waits_and_downloads(analyst: Api, fleet: Organisation) -> None:
    asked = analyst.post("/reports", {**WISH, "organisation": str(fleet.uid)})
    assert asked.status_code == 201
    uid = said(asked)["uid"]
    assert (said(asked)["state"], said(asked)["organisation_name"], said(asked)["files"]) == ("queued", "City cabs", [])
    assert code(analyst.get(f"/reports/{uid}/files/csv")) == (404, "not_found")
    finished(uid)
    ready = said(analyst.get(f"/reports/{uid}"))
    assert (ready["state"], ready["data_version"], ready["files"][0]["size_bytes"]) == ("ready", "v1", 4)
    download: Any = analyst.client.get(ready["files"][0]["path"], headers=analyst.headers)
    assert (download.status_code, b"".join(download.streaming_content)) == (200, b"a,b\n")
    assert "attachment" in download.headers["Content-Disposition"]
    assert [r["uid"] for r in said(analyst.get("/reports"))["items"]] == [uid]
    unknown_to_others(f"/reports/{uid}")
    unknown_to_others(f"/reports/{uid}/files/csv")


@pytest.mark.req("TEN-04", "ESG-01")
def test_whose_business_it_is_not_may_not_ask(analyst: Api, fleet: Organisation) -> None:
    with tenant_schema("ampere"):
        other = Organisation.objects.create(name="Other", kind="fleet")
    assert code(analyst.post("/reports", {**WISH, "organisation": str(other.uid)})) == (404, "not_found")
    assert code(analyst.post("/reports", WISH)) == (403, "forbidden")
    for name in ("", "auditor"):
        api = Api("ampere", person("ampere", "", *filter(None, [name])))
        assert code(api.post("/reports", WISH)) == (403, "forbidden")
    assert Api("ampere", person("ampere", "", "owner")).post("/reports", WISH).status_code == 201


@pytest.mark.req("TEN-04")
def test_an_auditor_reads_all_and_asks_for_nothing(analyst: Api, fleet: Organisation) -> None:
    uid = said(analyst.post("/reports", {**WISH, "organisation": str(fleet.uid)}))["uid"]
    auditor = Api("ampere", person("ampere", "", "auditor"))
    assert said(auditor.get(f"/reports/{uid}"))["uid"] == uid


@pytest.mark.req("API-01")
@pytest.mark.parametrize(
    "change",
    [{"period_end": "2026-01-01"}, {"period_end": "2099-01-01"}, {"language": "xx"}, {"kind": "tax"}, {"source": "x"}],
)
def test_a_wish_that_does_not_fit_is_refused(change: dict[str, str]) -> None:
    owner = Api("ampere", person("ampere", "", "owner"))
    assert code(owner.post("/reports", {**WISH, **change})) == (422, "invalid")
