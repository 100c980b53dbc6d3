import pytest

from saas.kit.errors import Invalid
from tenants.tariffs import queries
from tenants.tariffs.actions import create_simple
from tests.builders import NOW


def simple(**prices: object) -> object:
    return create_simple(
        **{"name": "x", "code": "EUR", "per_hour": None, "per_kwh": None, "tax_bp": 2400, "now": NOW, **prices}
    )  # type: ignore[arg-type]


@pytest.mark.req("MKT-04")
def test_per_hour_per_kwh_or_both(ampere: object) -> None:
    both = simple(per_hour="6.00", per_kwh="0.25")
    assert queries.display(both, "en") == ["€7.44 / h", "€0.31 / kWh"]  # type: ignore[arg-type]
    assert queries.per_hour_minor(both) == 600  # type: ignore[arg-type]
    assert queries.per_hour_minor(simple(per_kwh="0.25")) is None  # type: ignore[arg-type]


@pytest.mark.req("MKT-04", "BIL-05")
@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"per_hour": "six"},
        {"per_hour": "-1"},
        {"per_kwh": "1/3"},
        {"per_kwh": "nan"},
        {"per_hour": "1", "code": "XAU"},
        {"per_hour": "1", "tax_bp": 10_001},
    ],
)
def test_prices_that_cannot_be_are_refused(ampere: object, wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        simple(**wrong)
