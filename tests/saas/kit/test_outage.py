import time

import pytest
from django.db import OperationalError
from django.test import Client

from saas.kit import outage
from saas.kit.outage_words import WORDS
from saas.tenancy import middleware
from saas.tenancy.models import Tenant


@pytest.mark.req("TEN-07")
def test_every_code_has_words_in_every_language() -> None:
    assert {code: set(words) for code, words in WORDS.items()} == {code: {"en", "de", "ar", "fa"} for code in WORDS}


@pytest.mark.req("TEN-02", "OPS-05")
def test_the_page_is_in_the_brand_and_escapes_what_it_shows() -> None:
    brand = Tenant(name="<b>Ö</b>", colour_primary="#123456", language="ar")
    page = outage.html(503, "database_down", brand=brand)
    assert 'lang="ar" dir="rtl"' in page and "#123456" in page and WORDS["database_down"]["ar"][1] in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in outage.html(404, "no_such_site", "<script>")


@pytest.mark.req("OPS-03", "TEN-02")
def test_a_lost_database_is_told_in_the_brand(barq: object, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(headers={"host": "barq.localhost"}, raise_request_exception=False)
    assert client.get("/accounts/login/").status_code == 200
    stale = time.monotonic() + 60

    def gone(*_: object, **__: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(middleware.time, "monotonic", lambda: stale)
    monkeypatch.setattr("django.db.models.query.QuerySet._fetch_all", gone)
    answer = client.get("/chargers/00000000-0000-4000-8000-000000000000/")
    assert answer.status_code == 503
    assert "برق" in answer.content.decode() and WORDS["database_down"]["ar"][1] in answer.content.decode()
