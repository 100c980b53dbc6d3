import h3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saas.kit.errors import Invalid
from tenants.sites import actions
from tenants.sites.geography import distance_m, public_position
from tests.builders import HELSINKI, NOW

SAARISELKA = (68.42, 27.41)  # Lapland, far from any town
COUNTRYSIDE = (60.45, 24.60)  # between towns


@pytest.mark.req("MKT-07")
@pytest.mark.parametrize(("place", "resolution"), [(HELSINKI, 8), (COUNTRYSIDE, 7), (SAARISELKA, 6)])
def test_the_cell_is_coarser_where_few_homes_lie(place: tuple[float, float], resolution: int) -> None:
    assert h3.get_resolution(public_position(*place).cell) == resolution


@pytest.mark.req("MKT-07")
@settings(max_examples=60, deadline=None)
@given(st.floats(59.9, 60.6), st.floats(24.2, 25.4), st.integers(0, 10_000))
def test_all_places_of_a_cell_share_one_position_and_it_says_no_more(lat: float, lng: float, salt: int) -> None:
    fine = h3.latlng_to_cell(lat, lng, 8)
    corner = h3.cell_to_boundary(fine)[salt % 6]
    centre = h3.cell_to_latlng(fine)
    inside = tuple(c + (e - c) * 0.9 for c, e in zip(centre, corner, strict=True))
    assert public_position(*inside) == public_position(lat, lng) == public_position(*centre)


def test_distances_are_great_circles() -> None:
    assert round(distance_m(HELSINKI, (59.437, 24.7536)) / 1000) == 82  # Tallinn


@pytest.mark.req("MKT-07")
def test_a_private_place_stores_the_centre_a_public_one_itself(ampere: object) -> None:
    place = actions.Place("Secret street 7", "Helsinki", "fi", *HELSINKI)
    private = actions.create_location(place=place, now=NOW)
    public = actions.create_location(place=place, private=False, now=NOW)
    centre = h3.cell_to_latlng(h3.latlng_to_cell(*HELSINKI, 8))
    assert (private.public_latitude, private.public_longitude) == pytest.approx(centre, abs=1e-6)
    assert (public.public_latitude, public.public_longitude) == HELSINKI
    assert private.timezone == "Europe/Helsinki" and private.country == "FI"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"latitude": 91.0}, "position"), ({"address": " "}, "address"), ({"country": "FIN"}, "country"),
        ({"timezone": "Europe/Atlantis"}, "timezone"),
    ],
)  # fmt: skip
def test_places_that_cannot_be_are_refused_by_field(ampere: object, wrong: dict[str, object], field: str) -> None:
    whole = {"address": "A 1", "city": "B", "country": "FI", "latitude": 60.0, "longitude": 25.0, **wrong}
    with pytest.raises(Invalid) as refusal:
        actions.create_location(place=actions.Place(**whole), now=NOW)  # type: ignore[arg-type]
    assert field in refusal.value.details
