import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.contracts import door
from saas.contracts.signing import BadSeal, seal, unseal

IDENTITY = door.Identity("ampere", "u-1", ("owner",), "en", ("o-1",), True, 2_000)


@pytest.mark.req("TEN-03", "ANA-03")
def test_an_identity_comes_back_as_it_was_signed() -> None:
    assert door.verify(door.sign(IDENTITY, secret="s"), secret="s", now_s=1_999) == IDENTITY


@pytest.mark.req("TEN-03")
def test_an_identity_expires() -> None:
    with pytest.raises(door.BadIdentity, match="expired"):
        door.verify(door.sign(IDENTITY, secret="s"), secret="s", now_s=2_000)


@pytest.mark.req("TEN-03")
def test_another_secret_is_refused() -> None:
    with pytest.raises(door.BadIdentity):
        door.verify(door.sign(IDENTITY, secret="s"), secret="other", now_s=1)


@pytest.mark.req("TEN-03")
@given(st.text(max_size=200))
def test_noise_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadSeal):
        door.verify(text, secret="s", now_s=1)


@pytest.mark.req("TEN-03")
@given(st.integers(min_value=0), st.characters(min_codepoint=33, max_codepoint=126))
def test_no_character_can_be_changed(position: int, replacement: str) -> None:
    genuine = seal({"tenant": "ampere", "exp": 9}, use="test", secret="s")
    at = position % (len(genuine) - 1)  # the last character carries spare bits of base64
    forged = genuine[:at] + replacement + genuine[at + 1 :]
    if forged != genuine:
        with pytest.raises(BadSeal):
            unseal(forged, use="test", secret="s", now_s=1)


@pytest.mark.req("TEN-03")
def test_a_seal_of_one_use_is_none_of_another() -> None:
    with pytest.raises(door.BadIdentity, match="use"):
        door.verify(seal({"tenant": "ampere", "exp": 9}, use="other", secret="s"), secret="s", now_s=1)
