"""Credits that were retired for the reporter reach the report, and nobody else's."""

import json
from datetime import date

import pytest

from pipelines.defs.reports.gather.inventory import credit_line
from reports.lines import wrong_products
from saas.contracts import internal
from saas.tenancy.models import Tenant
from tenants.credits import actions
from tenants.credits.models import Block
from tenants.energy.actions import request_report
from tests.saas.config.test_internal import call
from tests.tenants.credits.street import NOW, manager
from tests.tenants.credits.test_claims import verified

pytestmark = pytest.mark.req("ESG-03", "ESG-04")


def test_credits_retired_for_the_reporter_are_told(ampere: Tenant) -> None:
    person = manager()
    verified(person)
    block = Block.objects.get()
    kept, sold = actions.split(uid=block.uid, grams=[1000, block.grams - 1000], by=person, now=NOW)
    actions.retire(uid=kept.uid, retired_for=ampere.name, reason="2026", by=person, now=NOW)
    actions.retire(uid=sold.uid, retired_for="Somebody else", reason="2026", by=person, now=NOW)
    request_report(
        user=person, kind="ghg", organisation_uid=None, period_start=date(2026, 1, 1), period_end=date(2027, 1, 1),
        language="en", now=NOW,
    )  # fmt: skip
    (report,) = json.loads(call("GET", "/reports/queued").content)
    (told,) = report["retired"]
    assert (told["grams"], told["month"]) == (1000, f"{NOW:%Y-%m}")
    line = credit_line(internal.RetiredCredits(**told))
    assert line["ug"] == 1000 * 10**6 and wrong_products([line]) == []
