"""OCPP stations of a depot: cards, calls of an operator, and who is refused."""

from typing import Any

from .story import Json, Story, must, wait_for

OLD, NEW = "KERAVA-1", "KERAVA-3"
CARDS = {OLD: "04A1B2C3", NEW: "04A1B2C4"}
ENERGY = """
    SELECT meter_stop_wh - meter_start_wh, energy_wh, state, stop_reason FROM volta.charging_session WHERE uid = %s
"""


def cards_charge_at_ocpp_stations(story: Story) -> str:
    operator = story.client("volta", "operator")
    for station in CARDS:
        wait_for(f"{station} online", lambda s=station: operator.api(f"/stations/{s}")["online"], 30)  # type: ignore[misc]
        must(_hands(story, "plug", station)["ok"], f"{station} could not be plugged")
        refused = _hands(story, "card", station, id_tag="04FFFFFF")
        must(refused.get("error") == "refused", f"an unknown card at {station}: {refused}")
        started = wait_for(f"{station} takes the card", lambda s=station: _card(story, s), 20)  # type: ignore[misc]
        must(started["ok"], f"the card was refused at {station}: {started}")
    uids = wait_for("both sessions", lambda: _running(story), 20)
    wait_for("energy on both", lambda: all(operator.api(f"/sessions/{uid}")["energy_wh"] > 0 for uid in uids), 30)
    for station in CARDS:
        _hands(story, "unplug", station)
    found = [wait_for("the end", lambda uid=uid: _ended(story, uid), 30) for uid in uids]  # type: ignore[misc]
    must(all(row[0] == row[1] > 0 for row in found), f"energy is not last minus first meter: {found}")
    figures = ", ".join(f"{row[1]} Wh ({row[3]})" for row in found)
    return f"OCPP 1.6 and 2.0.1: an unknown card refused, two fleet cards charged {figures}"


def an_operator_calls_a_station(story: Story) -> str:
    operator, driver = story.client("volta", "operator"), story.client("volta", "driver")
    old = operator.post(f"/stations/{OLD}/commands/GetConfiguration", {"key": ["HeartbeatInterval"]})
    must(old["state"] == "answered" and old["answer"]["configurationKey"], f"{OLD} answered {old}")
    variable = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
    body = {"setVariableData": [{**variable, "attributeValue": "45"}]}
    new = operator.post(f"/stations/{NEW}/commands/SetVariables", body)
    must(new["answer"]["setVariableResult"][0]["attributeStatus"] == "Accepted", f"{NEW} answered {new}")
    operator.post(f"/stations/{OLD}/commands/GetConfiguration", {"key": "no list"}, expect=422)
    operator.post(f"/stations/{OLD}/commands/SetVariables", body, expect=404)
    driver.post(f"/stations/{OLD}/commands/Reset", {"type": "Soft"}, expect=404)
    return (
        f"GetConfiguration answered in {old['took_ms']} ms, SetVariables in {new['took_ms']} ms; "
        "a broken payload got 422, a call of the other version 404, a driver 404"
    )


def _hands(story: Story, do: str, station: str, **more: Any) -> Json:
    return story.depot(do=do, station=station, outlet=1, **more)


def _card(story: Story, station: str) -> Json | None:
    """A station that has just been refused may be busy for a moment."""
    said = _hands(story, "card", station, id_tag=CARDS[station])
    return said if said["ok"] or said.get("error") == "in use" else None


def _running(story: Story) -> list[str] | None:
    rows = story.sql("SELECT uid FROM volta.charging_session WHERE state = 'charging' AND id_tag = ANY(%s)", _tags())
    return [str(row[0]) for row in rows] if len(rows) == len(CARDS) else None


def _tags() -> list[str]:
    return list(CARDS.values())


def _ended(story: Story, uid: str) -> tuple[Any, ...] | None:
    row = story.sql(ENERGY, uid)[0]
    return row if row[2] == "closed" else None
