from fractions import Fraction

import pytest

from saas.kit.money import decimal_text, round_minor, show, show_price


@pytest.mark.req("BIL-05")
@pytest.mark.parametrize(
    ("value", "half_even", "up", "down"),
    [("1/2", 0, 1, 0), ("3/2", 2, 2, 1), ("5/3", 2, 2, 1), ("2", 2, 2, 2), ("-1/2", 0, 0, -1), ("-7/3", -2, -2, -3)],
)
def test_rounding_is_named(value: str, half_even: int, up: int, down: int) -> None:
    exact = Fraction(value)
    assert (round_minor(exact), round_minor(exact, "up"), round_minor(exact, "down")) == (half_even, up, down)


@pytest.mark.req("BIL-05")
@pytest.mark.parametrize(
    ("minor", "code", "text"),
    [(-1234, "EUR", "-12.34"), (5, "AED", "0.05"), (1_500_000, "IRR", "1500000"), (0, "USD", "0.00")],
)
def test_minor_units_are_those_of_the_currency(minor: int, code: str, text: str) -> None:
    assert decimal_text(minor, code) == text


@pytest.mark.req("BIL-05", "TEN-07")
@pytest.mark.parametrize(
    ("minor", "code", "language", "text"),
    [
        (123456, "EUR", "en", "€1,234.56"),
        (123456, "EUR", "de", "1.234,56\u00a0€"),
        (1_500_000, "IRR", "en", "IRR1,500,000"),
    ],
)
def test_people_read_amounts_in_their_own_way(minor: int, code: str, language: str, text: str) -> None:
    assert show(minor, code, language) == text


@pytest.mark.req("BIL-05", "TEN-07")
def test_right_to_left_amounts_are_isolated_and_persian_has_its_digits() -> None:
    persian, arabic = show(1_500_000, "IRR", "fa"), show(74400, "AED", "ar")
    assert persian[0] == arabic[0] == "\u2068" and persian[-1] == arabic[-1] == "\u2069"
    assert "۱" in persian and "744.00" in arabic


@pytest.mark.req("BIL-05")
def test_rials_are_shown_as_toman_by_choice_and_nothing_else_is() -> None:
    assert show(1_500_000, "IRR", "en", toman=True) == "150,000\u00a0toman"
    assert "تومان" in show(1_500_000, "IRR", "fa", toman=True)
    assert show(100, "EUR", "en", toman=True) == "€1.00"


@pytest.mark.req("MKT-04")
@pytest.mark.parametrize(
    ("price", "code", "language", "text"),
    [
        ("0.255", "EUR", "en", "€0.255"),
        ("6", "EUR", "en", "€6.00"),
        ("7.44", "EUR", "de", "7,44\u00a0€"),
        ("12000", "IRR", "en", "IRR12,000"),
    ],
)
def test_unit_prices_keep_their_digits(price: str, code: str, language: str, text: str) -> None:
    assert show_price(price, code, language) == text
