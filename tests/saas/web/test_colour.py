"""Whatever colours a brand chooses, its text can be read (WCAG 2.2 AA)."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.web import colour
from saas.web.colour import DARK, LIGHT, SHAPE, TEXT, Ground, contrast, parse, shades

TOKENS = Path(colour.__file__).parent / "static" / "web" / "css" / "tokens.css"
colours = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")
modes = st.sampled_from([LIGHT, DARK])


@pytest.mark.req("TEN-01")
@given(colours, modes)
def test_text_on_a_fill_is_readable(chosen: str, ground: Ground) -> None:
    look = shades(chosen, ground)
    assert contrast(parse(look.fill), parse(look.on_fill)) >= TEXT


@pytest.mark.req("TEN-01")
@given(colours, modes)
def test_coloured_text_is_readable_on_every_surface(chosen: str, ground: Ground) -> None:
    look = shades(chosen, ground)
    for under in (ground.page, ground.surface, ground.raised, parse(look.soft)):
        assert contrast(parse(look.text), under) >= TEXT


@given(colours, modes)
def test_a_button_stands_out_from_the_page(chosen: str, ground: Ground) -> None:
    look = shades(chosen, ground)
    assert contrast(parse(look.fill), ground.page) >= SHAPE
    assert contrast(parse(look.fill), ground.surface) >= SHAPE


def test_a_colour_that_is_fine_stays_as_it_is() -> None:
    look = shades("#0B6E4F", LIGHT)
    assert (look.fill, look.on_fill) == ("#0b6e4f", "#ffffff")


def test_yellow_is_darkened_as_text_and_gets_dark_letters_as_fill() -> None:
    look = shades("#ffe600", LIGHT)
    assert look.on_fill != "#ffffff"
    assert contrast(parse(look.text), colour.WHITE) >= TEXT


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("bad", ["0B6E4F", "#123", "#12345g", "red", ""])
def test_what_is_no_colour_is_refused(bad: str) -> None:
    with pytest.raises(ValueError):
        parse(bad)


def test_the_stylesheet_knows_both_modes_and_the_persons_choice() -> None:
    text = colour.stylesheet("#0B6E4F", "#F5B700")
    assert text.count("--brand:") == 3
    assert "prefers-color-scheme:dark" in text
    assert ":root[data-theme=dark]" in text


def test_the_neutral_grounds_are_those_of_the_tokens() -> None:
    """The contrast is computed against these; a change in one place alone would make it wrong."""
    light, dark = TOKENS.read_text(encoding="utf-8").split("@media (prefers-color-scheme: dark)")
    for css, ground in ((light, LIGHT), (dark, DARK)):
        held = {name: parse(value) for name, value in re.findall(r"--(page|surface|raised): (#[0-9a-f]{6})", css)}
        assert held == {"page": ground.page, "surface": ground.surface, "raised": ground.raised}


@pytest.mark.parametrize("name", ["ink", "ink-2", "ink-3"])
def test_neutral_text_is_readable_on_every_surface(name: str) -> None:
    light, dark = TOKENS.read_text(encoding="utf-8").split("@media (prefers-color-scheme: dark)")
    for css in (light, dark):
        ink = parse(re.findall(rf"--{name}: (#[0-9a-f]{{6}})", css)[0])
        for ground in re.findall(r"--(?:page|surface|raised|sunken): (#[0-9a-f]{6})", css)[:4]:
            assert contrast(ink, parse(ground)) >= TEXT


@pytest.mark.parametrize("tone", ["good", "warn", "bad", "info"])
def test_notes_are_readable(tone: str) -> None:
    light, dark = TOKENS.read_text(encoding="utf-8").split("@media (prefers-color-scheme: dark)")
    for css in (light, dark):
        text, soft = (parse(re.findall(rf"--{tone}{end}: (#[0-9a-f]{{6}})", css)[0]) for end in ("", "-soft"))
        assert contrast(text, soft) >= TEXT
