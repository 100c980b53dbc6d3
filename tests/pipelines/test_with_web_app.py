"""The data side against the real web app: brands, rosters, closed sessions and reports over the internal API."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import httpx
import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from pipelines.defs.brand.assets import learn
from pipelines.defs.carbon.assets import INVENTORY, MARKET
from pipelines.defs.catalogue import STEPS
from pipelines.defs.reports.assets import carry_out, find
from pipelines.defs.reports.gather import inventory
from pipelines.defs.steps import Sources
from pipelines.defs.steps import carry_out as carry_out_step
from pipelines.marts import roster, tenants
from pipelines.resources.lake import Lake
from pipelines.resources.saas import Denied, SaasClient
from reports import recompute, render
from reports.esg.extract import read
from reports.fleet import document as fleet_document
from reports.inventory import document as inventory_document
from reports.lines import read as read_lines
from tests.pipelines.facts import DAY, Store, charging, messages

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def saas(db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SaasClient]:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.setenv("WATTLANE_SECRET_PIPELINES", "pipelines of the test")
    monkeypatch.delenv("LAKE_URL", raising=False)
    monkeypatch.setattr("saas.kit.home.Home.files", tmp_path / "files")
    (tmp_path / "files").mkdir()
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)  # the test's transaction lives on this connection
    yield SaasClient("http://localhost", httpx.WSGITransport(get_wsgi_application()), pause=0)
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def filled() -> None:
    sources = Sources(Lake(), Store(messages(*charging())))  # type: ignore[arg-type]
    for step in STEPS:
        carry_out_step(step, sources, DAY, DAY)
    for whole in (MARKET, INVENTORY):
        sources.lake.replace_all(whole.table, whole.rows(sources, NOW))


def asked(language: str = "en", kind: str = "esg") -> str:
    """A report that the owner of ampere asks for."""
    from saas.kit.tenant_context import tenant_schema
    from tenants.accounts.models import Membership, User
    from tenants.energy.actions import request_report

    with tenant_schema("ampere"):
        user = User.objects.create_user("owner@ampere.example", "x" * 12, name="Oona")
        Membership.objects.create(user=user, role=Membership.Role.OWNER)
        made = request_report(
            user=user, kind=kind, organisation_uid=None, period_start=date(2026, 3, 1), period_end=date(2026, 4, 1),
            language=language, now=NOW,
        )  # fmt: skip
        return str(made.uid)


def state(uid: str):  # type: ignore[no-untyped-def]
    from saas.kit.tenant_context import tenant_schema
    from tenants.energy.models import Report

    with tenant_schema("ampere"):
        report = Report.objects.get(uid=uid)
        return report.state, report.error, list(report.files.order_by("kind").values_list("kind", "path", "sha256"))


@pytest.mark.req("ANA-01", "ANA-02")
def test_brands_and_rosters_come_over_the_internal_api(saas: SaasClient) -> None:
    counts = learn(Lake(), saas)
    assert counts["tenants"] >= 2
    (brand,) = tenants.read(tenant="barq").to_dicts()
    assert (brand["name"], brand["language"], brand["currency"], brand["timezone"]) == (
        "برق",
        "ar",
        "AED",
        "Asia/Dubai",
    )
    assert roster.read(tenant="ampere").height == 0


@pytest.mark.req("ESG-03", "ANA-03")
def test_a_request_becomes_files_that_the_web_app_knows(saas: SaasClient, tmp_path: Path) -> None:
    learn(Lake(), saas)
    filled()
    uid = asked()
    card, wanted = find(saas, "ampere", uid)
    assert wanted is not None
    evidence = carry_out(saas, card, wanted, "run-1")
    now, error, files = state(uid)
    assert (now, error, [kind for kind, _, _ in files]) == ("ready", "", ["csv", "extract", "figures", "pdf"])
    assert all(sha in evidence for _, _, sha in files)
    folder = tmp_path / "files" / "ampere" / "reports" / uid
    extract = read((folder / "extract.json").read_bytes(), (folder / "report.csv").read_bytes())
    assert extract.brand.name == "Ampère"
    assert [row["energy_wh"] for row in extract.rows] == [3000]
    assert extract.data_version == "carbon@0 factors@0 carbon_market@0"
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    assert find(saas, "ampere", uid)[1] is None
    assert carry_out(saas, card, wanted, "run-2") == "another run has made this report"


@pytest.mark.req("ESG-02", "ESG-03", "FLT-02")
@pytest.mark.parametrize("kind", ["ghg", "esrs_e1", "vsme_b3", "fleet"])
def test_each_kind_of_report_can_be_reckoned_again(
    saas: SaasClient, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for document in (inventory_document, fleet_document):
        monkeypatch.setattr(document, "pdf", lambda page, folder: b"%PDF " + page.encode())
    learn(Lake(), saas)
    filled()
    uid = asked(kind=kind)
    card, wanted = find(saas, "ampere", uid)
    assert wanted is not None
    carry_out(saas, card, wanted, "run-1")
    folder = tmp_path / "files" / "ampere" / "reports" / uid
    files = {name: (folder / file).read_bytes() for name, file in recompute.FILES.items()}
    checks = recompute.recompute(files)
    assert all(check.same for check in checks) and len(checks) > 8
    if kind == "ghg":  # three kWh sold to drivers: category 3 D of the operator, nothing of its Scope 2
        found = {check.name: check.found for check in checks}
        assert found["ghg/category_3d"] == "0.000 t CO2e" and found["period/2026-03/scope_2_location"] == "0.000 t CO2e"
        lines = {(line["scope"], line["category"], line["quantity"]) for line in read_lines(files["csv"])}
        assert ("3", "3D", 3000) in lines and not any(scope == "2" for scope, _, _ in lines)


@pytest.mark.req("OPS-01")
def test_without_pango_the_report_says_what_is_missing(saas: SaasClient, monkeypatch: pytest.MonkeyPatch) -> None:
    learn(Lake(), saas)
    filled()
    uid = asked()
    card, wanted = find(saas, "ampere", uid)
    monkeypatch.setitem(render._LIBRARIES, "pango", ("libnothere.so.9",))
    assert wanted is not None
    with pytest.raises(dg.Failure, match="pango"):
        carry_out(saas, card, wanted, "run-1")
    now, error, files = state(uid)
    assert (now, files) == ("failed", [])
    assert "pango" in error


def test_a_report_of_another_tenant_cannot_be_claimed(saas: SaasClient) -> None:
    uid = asked()
    cards = {card.tenant: card for card in saas.tenants()}
    assert saas.queued_reports(cards["barq"]) == []
    from saas.contracts.internal import RunStarted

    with pytest.raises(Denied, match="404"):
        saas.report_is(cards["barq"], uid, "running", RunStarted(run_id="r"))


@pytest.mark.req("ESG-03")
def test_the_inventory_is_stale_once_hours_were_written_after_it(saas: SaasClient) -> None:
    assert not inventory.stale()
    learn(Lake(), saas)
    sources = Sources(Lake(), Store(messages(*charging())))  # type: ignore[arg-type]
    for step in STEPS:
        carry_out_step(step, sources, DAY, DAY)
    assert inventory.stale()
    for whole in (MARKET, INVENTORY):
        sources.lake.replace_all(whole.table, whole.rows(sources, NOW))
    assert not inventory.stale()
