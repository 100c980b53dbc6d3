"""Who comes in through the gateway, by which path, and whose connection counts."""

import asyncio
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from saas.edge.ocpp.handshake import password_of
from saas.edge.ocpp.upgrade import Refused

from .fakes import opened, play, until
from .stations import AT, ask, basic, dial, hear

START = {"connectorId": 1, "idTag": "TAG1", "meterStart": 100, "timestamp": AT}
BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}


def test_the_user_name_is_the_station_id() -> None:
    own, other = (basic(user, "x:y")["Authorization"] for user in ("CP1", "CP2"))
    assert password_of(own, "CP1") == "x:y"
    assert password_of(basic("CP1", b"\xff\x00")["Authorization"], "CP1") == "ff00"
    with pytest.raises(Refused) as caught:
        password_of(other, "CP1")
    assert caught.value.status == 401


@pytest.mark.req("CHG-01", "TEN-03")
@pytest.mark.parametrize(
    ("path", "headers", "protocols", "status"),
    [
        ("ampere/CP1", {}, ("ocpp1.6",), 401),
        ("ampere/CP1", basic("CP1", "wrong"), ("ocpp1.6",), 401),
        ("ampere/CP1", basic("CP2", "secret-of-cp1"), ("ocpp1.6",), 401),
        ("ampere/CP1", {"Authorization": "Bearer x"}, ("ocpp1.6",), 401),
        ("ampere/CP1", {"Authorization": "Basic !!!"}, ("ocpp1.6",), 401),
        ("barq/CP1", basic("CP1", "secret-of-cp1"), ("ocpp1.6",), 401),
        ("ampere/NOBODY", basic("NOBODY", "x"), ("ocpp1.6",), 404),
        ("nowhere/CP1", basic("CP1", "secret-of-cp1"), ("ocpp1.6",), 404),
        ("CP1", basic("CP1", "secret-of-cp1"), ("ocpp1.6",), 404),
        ("ampere/CP1/more", basic("CP1", "secret-of-cp1"), ("ocpp1.6",), 404),
        ("ampere/%00", basic("CP1", "secret-of-cp1"), ("ocpp1.6",), 404),
        ("ampere/CP1", basic("CP1", "wrong"), ("ocpp9.9",), 401),
        ("ampere/CP1", basic("CP1", "secret-of-cp1"), None, 400),
    ],
)
def test_who_may_not_connect(
    tmp_path: Path, path: str, headers: dict[str, str], protocols: tuple[str, ...] | None, status: int
) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house:
            with pytest.raises(InvalidStatus) as caught:
                await dial(house, path, headers=headers, protocols=protocols)
            response = caught.value.response
            assert response.status_code == status
            assert ("WWW-Authenticate" in response.headers) == (status == 401)
            assert house.broker.sent == []

    play(scene)


@pytest.mark.req("CHG-01")
@pytest.mark.parametrize("protocols", [("ocpp9.9",), ("OCPP1.6",), ("ocpp1.5", "ocpp2.0")])
def test_without_a_common_sub_protocol_the_connection_is_not_upgraded(
    tmp_path: Path, protocols: tuple[str, ...]
) -> None:
    """OCA's TC_088_CSMS (1.6) and TC_B_58_CSMS (2.0.1)."""

    async def scene() -> None:
        async with opened(tmp_path) as house:
            with pytest.raises(InvalidStatus) as caught:
                await dial(house, protocols=protocols)
            assert caught.value.response.status_code == 400
            assert house.broker.sent == []

    play(scene)


@pytest.mark.req("CHG-01")
def test_the_short_path_where_the_id_is_unique(tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            opened(tmp_path) as house,
            dial(house, "CP2", headers=basic("CP2", "secret-of-cp2"), protocols=("ocpp2.1", "ocpp1.6")) as it,
        ):
            assert it.subprotocol == "ocpp1.6"
            assert house.gateway.connection("st_2")

    play(scene)


@pytest.mark.req("CHG-01", "TEN-03")
def test_equal_ids_of_two_tenants_never_cross(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house:
            theirs = dial(house, "barq/CP1", headers=basic("CP1", "secret-of-barq"))
            async with dial(house) as ours, theirs as other:
                await ask(ours, "StartTransaction", START)
                await ask(other, "StartTransaction", START | {"meterStart": 7})
                assert [body["energy_wh"] for body in house.broker.of("event", "st_1")] == [100]
                assert [body["energy_wh"] for body in house.broker.of("event", "st_3")] == [7]

    play(scene)


@pytest.mark.req("CHG-01")
def test_the_newest_connection_of_a_station_wins(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as old:
            await ask(old, "StartTransaction", START)
            async with dial(house) as new:
                with pytest.raises(ConnectionClosed):
                    await asyncio.wait_for(old.recv(), 10)
                house.broker.command("st_1", id="c1", type="unlock", evse=1)
                assert (await hear(new))[2] == "UnlockConnector"
                assert (await ask(new, "Heartbeat", {}))[0] == 3
                connection = house.gateway.connection("st_1")
                assert connection and connection.state.registers == {1: 100}
                assert all(body["online"] for body in house.broker.of("status"))
            await until(lambda: not house.broker.of("status")[-1]["online"])

    play(scene)


@pytest.mark.req("CHG-01")
def test_a_stranger_replaces_nobody(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as old:
            with pytest.raises(InvalidStatus):
                await dial(house, headers=basic("CP1", "guess"))
            assert (await ask(old, "Heartbeat", {}))[0] == 3

    play(scene)


@pytest.mark.req("CHG-01")
def test_ids_are_percent_encoded_in_the_path(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house:
            house.answers.stations["ampere", "A/B|x"] = ("st_4", "secret-of-odd")
            headers = basic("A/B|x", "secret-of-odd")
            async with dial(house, "ampere/A%2FB%7cx", headers=headers) as socket:
                assert (await ask(socket, "Heartbeat", {}))[0] == 3
                assert house.gateway.connection("st_4")
            for path in ("ampere/A%2FB", "ampere/A/B|x", "ampere/%C3%A9", "ampere/A%20B", "ampere/" + "x" * 49):
                with pytest.raises(InvalidStatus) as caught:
                    await dial(house, path, headers=headers)
                assert caught.value.response.status_code in (401, 404)

    play(scene)


@pytest.mark.req("CHG-01")
def test_the_stations_order_of_sub_protocols_counts(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house:
            for offered, chosen in (
                (("ocpp2.0.1", "ocpp1.6"), "ocpp2.0.1"),
                (("ocpp1.6", "ocpp2.0.1"), "ocpp1.6"),
                (("ocpp2.1", "ocpp2.0.1"), "ocpp2.0.1"),
            ):
                async with dial(house, protocols=offered) as socket:
                    assert socket.subprotocol == chosen

    play(scene)
