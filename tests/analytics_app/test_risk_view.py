"""The page of failure risk: which model is in use, who is at risk and why, how good that is, and what is not known."""

from datetime import UTC, datetime

import polars as pl
import pytest

from analytics_app import risks
from analytics_app.who import viewer
from pipelines.marts import risk, risk_card
from tests.analytics_app.conftest import Open, header
from tests.analytics_app.test_views import everything

pytestmark = [pytest.mark.req("MNT-02"), pytest.mark.slow]
END = datetime(2018, 8, 31, 22, tzinfo=UTC)
AT_RISK = {
    "tenant": "ampere", "source": "imported", "network": "n1", "charger": "K1", "site": "Kallio", "horizon_days": 7,
    "state": "asked", "place": 1, "probability_ppm": 123_456, "model": "logistic and boosting", "data_version": "v1",
    "reasons": [{"code": "empty_days", "value": 9.0}, {"code": "little_use", "value": 1.25}], "as_of": END,
}  # fmt: skip
FIGURE = {
    "tenant": "ampere", "source": "imported", "network": "n1", "horizon_days": 7, "split": "time", "state": "steady",
    "lacking": "", "capacity": 3, "data_version": "v1", "as_of": END,
}  # fmt: skip
QUALITY = {"rule": 0.05, "logistic": 0.08, "logistic and boosting": 0.1}


def answers(**other: object) -> pl.DataFrame:
    still = AT_RISK | {"charger": "K2", "state": "silent", "place": None, "probability_ppm": None, "reasons": []}
    rows = [AT_RISK | other, still]
    return pl.DataFrame([dict.fromkeys(risk.TABLE.schema) | row for row in rows], risk.TABLE.schema)


def card(shipped: str = "logistic and boosting", **other: object) -> pl.DataFrame:
    rows = [
        FIGURE | {"model": model, "figure": figure, "value": value, "place": place, "shipped": model == shipped} | other
        for model, quality in QUALITY.items()
        for figure, value, place in (
            ("average_precision", quality, None), ("brier", 0.0181, None), ("lead_time_days", 4.0, None),
            ("curve_said", 0.02, 0), ("curve_came", 0.03, 0), ("curve_rows", 50.0, 0),
        )
    ]  # fmt: skip
    moved = FIGURE | {"split": "drift", "model": "use", "figure": "stability", "value": 0.41, "shipped": False} | other
    return pl.DataFrame([dict.fromkeys(risk_card.TABLE.schema) | row for row in [*rows, moved]], risk_card.TABLE.schema)


@pytest.fixture
def shown(opened: Open, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    def run(rows: pl.DataFrame, cards: pl.DataFrame, language: str = "en", **person: object):  # type: ignore[no-untyped-def]
        monkeypatch.setattr(risks, "_risks", lambda **asked: rows)
        monkeypatch.setattr(risks, "_cards", lambda **asked: cards)
        page = opened(header("ampere", "owner", language=language, **person), "risk")
        assert not page.exception
        return page

    return run


def test_it_says_who_is_at_risk_and_why_and_as_of_when(shown) -> None:  # type: ignore[no-untyped-def]
    page = shown(answers(), card())
    first = page.dataframe[0].value.iloc[0]
    assert (first["Charger"], first["Probability"]) == ("K1", "12.3 %")
    assert first["Why"] == "9 of 28 days without a session; only 1.2 sessions a day"
    assert "ends at 2018-08-31 22:00 UTC" in everything(page) and "Silent for 5 days" in everything(page)


def test_it_names_the_model_in_use_beside_its_baselines(shown) -> None:  # type: ignore[no-untyped-def]
    page = shown(answers(), card())
    assert "In use: logistic and boosting." in page.success[0].value
    assert "rule 0.050, logistic 0.080, logistic and boosting 0.100" in page.success[0].value
    assert "0.0181" in everything(page) and "3 chargers most at risk" in everything(page)
    assert "accuracy" not in everything(page).lower().replace("accuracy is not shown", "")


def test_with_too_little_history_it_names_no_probability(shown) -> None:  # type: ignore[no-untyped-def]
    none = card("rule", split="none", lacking="failures").head(1)
    page = shown(answers(probability_ppm=None, model="rule"), none)
    assert "Not enough history: too few failures" in page.warning[0].value
    assert page.dataframe[0].value["Probability"].isna().all()
    assert [metric.label for metric in page.metric] == ["Chargers judged"]


def test_drift_is_told_and_so_is_the_rule_that_took_over(shown) -> None:  # type: ignore[no-untyped-def]
    assert "sessions a day" in shown(answers(), card(state="watch")).info[0].value
    assert "the rule has taken over" in shown(answers(), card("rule", state="broken")).warning[0].value


def test_who_sees_only_some_chargers_gets_no_figures_of_all(shown) -> None:  # type: ignore[no-untyped-def]
    page = shown(answers(), card(), organisations=("org-h",), tenant_wide=False)
    assert not page.success and len(page.dataframe) == 2


def test_in_persian_with_its_digits(shown) -> None:  # type: ignore[no-untyped-def]
    assert "۱۲٫۳" in everything(shown(answers(), card(), language="fa"))


def test_the_outsider_and_the_other_tenant_read_nothing(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(risks, "_risks", lambda **what: asked.append(what) or answers().clear())
    opened(header("barq", "host", organisations=("org-x",), tenant_wide=False), "overview")
    person = viewer()
    assert person is not None and risks.risks_of(person, None).height == 0 and risks.cards_of(person).height == 0
    assert asked[0]["tenant"] == "barq" and asked[0]["organisations"] == ("org-x",)
