"""Two bookings, two sessions, and what must hold while parts die."""

import itertools
import time
import uuid
from datetime import UTC, datetime, timedelta

from .story import Client, Json, Listener, Story, must, wait_for

CUT_OFF_MS = 2000
SHORTEST = timedelta(minutes=1)
REGISTERS = """
    SELECT meter_stop_wh - meter_start_wh, energy_wh, stop_reason FROM ampere.charging_session WHERE uid = %s
"""
NUMBERS = """
    SELECT count(*), count(DISTINCT seq), min(seq), max(seq) FROM telemetry.message WHERE device = %s AND boot = %s
"""
UNBALANCED = """
    SELECT count(*) FROM (SELECT 1 FROM ampere.ledger_entry GROUP BY posting_id HAVING sum(amount_minor) <> 0) AS x
"""


def a_slot_is_held_once(story: Story) -> str:
    driver: Client = story.told["driver"]
    rival = story.client("ampere", "driver2")
    start = _next_minute()
    story.told["start"] = start
    for name, number in (("scanned", 0), ("typed", 1)):
        charger = story.charger("ampere", number)
        _wait_online(driver, charger)
        body = {"charger": charger["uid"], "start": start.isoformat(), "end": (start + SHORTEST).isoformat()}
        key = uuid.uuid4().hex
        booking = driver.post("/bookings", body, 201, key=key)
        again = driver.post("/bookings", body, 201, key=key)
        must(again == booking, "the same idempotency key gave another answer")
        rival.post("/bookings", body, 409, key=uuid.uuid4().hex)
        story.told[name] = {"booking": booking, "charger": charger}
    amount = story.told["scanned"]["booking"]["amount"]
    return (
        f"{start:%H:%M} UTC on two chargers, {amount['amount_minor']} {amount['currency']} minor units; rival got 409"
    )


def the_driver_pays(story: Story) -> str:
    driver: Client = story.told["driver"]
    for name in ("scanned", "typed"):
        uid = story.told[name]["booking"]["uid"]
        driver.post(f"/bookings/{uid}/confirm", {"method": "tok_declined"}, 402, key=uuid.uuid4().hex)
        story.told[name]["booking"] = driver.post(
            f"/bookings/{uid}/confirm", {"method": "tok_approved"}, key=uuid.uuid4().hex
        )
        story.told[name]["booking"] = driver.api(f"/bookings/{uid}")
        must(
            story.told[name]["booking"]["state"] == "confirmed",
            f"the booking is {story.told[name]['booking']['state']}",
        )
    held = story.sql("SELECT count(*), sum(amount_minor) FROM ampere.payments_payment WHERE state = 'held'")[0]
    return f"a declined card refused with 402, then {held[0]} payments held, {held[1]} minor units"


def power_comes_by_scan_and_by_code(story: Story) -> str:
    driver: Client = story.told["driver"]
    for name in ("scanned", "typed"):
        told = story.told[name]
        told["session"] = told["booking"]["session"]
        told["feed"] = Listener(driver, f"session:{told['session']}", story.told["driver_token"])
    pause = (story.told["start"] - datetime.now(UTC)).total_seconds()
    time.sleep(max(pause, 0) + 0.2)
    scanned, typed = story.told["scanned"], story.told["typed"]
    driver.post(f"/sessions/{scanned['session']}/activate", {"qr_token": scanned["charger"]["qr_token"]})
    answer = story.street(do="type_code", device=typed["charger"]["device"], code=typed["booking"]["code"])
    must(answer["ok"], f"the adapter refused the code: {answer}")
    for told in (scanned, typed):
        state = wait_for("the relay", lambda told=told: _charging(driver, told["session"]), 15)  # type: ignore[misc]
        told["started"] = state
    late = (datetime.now(UTC) - story.told["start"]).total_seconds()
    sessions = f"QR {scanned['session'][:8]}, code {typed['session'][:8]}"
    return f"both relays closed {late:.1f} s after the booked start: {sessions}"


def live_figures_move_every_second(story: Story) -> str:
    feed: Listener = story.told["scanned"]["feed"]
    wait_for("live samples", lambda: len(feed.of_kind("sample")) >= 5, 15)
    samples = feed.of_kind("sample")
    times = [at for at, kind, _ in feed.events if kind == "sample"]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    must(max(s["power_w"] for s in samples) > 500, f"no power in {samples[-1]}")
    last, gap = samples[-1], sorted(gaps)[len(gaps) // 2]
    figures = f"{last['power_w']} W, {last['energy_wh']} Wh, {last['cost_minor']} minor units"
    return f"{len(samples)} samples, median gap {gap:.2f} s, {figures}"


def the_ingester_dies_and_nothing_is_lost(story: Story) -> str:
    pid = story.supervisor.pid("ingester")
    story.supervisor.kill("ingester")
    before = len(story.told["scanned"]["feed"].of_kind("sample"))
    feed: Listener = story.told["scanned"]["feed"]
    wait_for("samples after the restart", lambda: len(feed.of_kind("sample")) > before + 2, 20)
    return f"kill -9 {pid}, now {story.supervisor.pid('ingester')}; samples went on"


def the_adapter_ends_on_time_without_its_broker(story: Story) -> str:
    end = story.told["start"] + SHORTEST
    time.sleep(max((end - timedelta(seconds=8) - datetime.now(UTC)).total_seconds(), 0))
    story.supervisor.kill("broker", hold=True)
    time.sleep(max((end - datetime.now(UTC)).total_seconds(), 0) + CUT_OFF_MS / 1000 + 1)
    late = []
    for name in ("scanned", "typed"):
        state = story.street(do="state", device=story.told[name]["charger"]["device"])["state"]
        must(not state["closed"], f"the relay is still closed {CUT_OFF_MS / 1000 + 1} s after the end: {state}")
        late.append(state["opened_at_ms"] - int(end.timestamp() * 1000))
    story.supervisor.release("broker")
    must(all(-1000 <= ms <= CUT_OFF_MS for ms in late), f"opened {late} ms after the end")
    return f"broker killed 8 s before the end; relays opened {late[0]} and {late[1]} ms after it"


def the_sessions_close_with_one_bill(story: Story) -> str:
    driver: Client = story.told["driver"]
    parts = []
    for name in ("scanned", "typed"):
        told = story.told[name]
        told["closed"] = wait_for("the session to close", lambda told=told: _closed(driver, told["session"]), 60)  # type: ignore[misc]
        register = story.sql(REGISTERS, told["session"])[0]
        must(register[0] == register[1] > 0, f"energy is not last minus first meter: {register}")
        must(register[2] == "time", f"it ended for another reason: {register[2]}")
        cost = told["closed"]["cost"]
        parts.append(f"{name} {register[1]} Wh, {cost['amount_minor']} {cost['currency']} minor units")
    ends = story.sql(
        "SELECT count(*) FROM telemetry.message WHERE session = %s AND type = 'stopped'", story.told["typed"]["session"]
    )
    must(ends[0][0] == 1, f"{ends[0][0]} ends stored for one session")
    return "; ".join(parts)


def nothing_was_lost_or_doubled(story: Story) -> str:
    device = story.told["scanned"]["charger"]["device"]

    def settled() -> tuple[int, int, int] | None:
        state = story.street(do="state", device=device)["state"]
        rows = story.sql(NUMBERS, device, state["boot"])[0]
        return (rows[0], rows[1], rows[3]) if rows[0] == rows[1] == rows[3] - rows[2] + 1 else None

    stored = wait_for("every number to be stored", settled, 30)
    quarantined = story.sql("SELECT count(*) FROM telemetry.quarantine")[0][0]
    return f"{device}: seq 1 to {stored[2]}, {stored[0]} stored, {stored[1]} distinct, {quarantined} set aside"


def the_host_is_credited_line_by_line(story: Story) -> str:
    host = story.client("ampere", "host")
    earnings = host.api("/host/earnings")
    lines = earnings["items"]
    must(len(lines) >= 2, f"the host sees {len(lines)} lines")
    books = story.sql(UNBALANCED)[0][0]
    must(books == 0, f"{books} postings do not balance")
    balance = earnings["balance"]
    must(balance["amount_minor"] > 0, f"balance {balance}")
    return (
        f"{len(lines)} lines, balance {balance['amount_minor']} {balance['currency']} minor; every posting sums to zero"
    )


def others_see_nothing(story: Story) -> str:
    session, booking = story.told["scanned"]["session"], story.told["scanned"]["booking"]["uid"]
    strangers = {
        "another driver": story.client("ampere", "driver2"),
        "the other tenant's owner": story.client("barq", "owner"),
        "the other tenant's driver": story.client("barq", "driver"),
    }
    for who, client in strangers.items():
        for path in (f"/sessions/{session}", f"/bookings/{booking}", f"/sessions/{session}/receipt"):
            answer = client.http.get(f"/api/v1{path}")
            must(answer.status_code == 404, f"{who} gets {answer.status_code} for {path}")
    stolen = Client(story.place.web_port, story.tenant("barq")["host"], story.told["driver_token"])
    must(stolen.http.get("/api/v1/me").status_code == 401, "a token of one tenant works at the other")
    return f"{len(strangers)} strangers × 3 addresses: 404; the driver's token at barq: 401"


def _wait_online(driver: Client, charger: Json) -> None:
    wait_for(f"{charger['title']} online", lambda: driver.api(f"/chargers/{charger['uid']}")["bookable"], 30)


def _charging(driver: Client, session: str) -> Json | None:
    state: Json = driver.api(f"/sessions/{session}")
    return state if state["state"] == "charging" else None


def _closed(driver: Client, session: str) -> Json | None:
    state: Json = driver.api(f"/sessions/{session}")
    return state if state["state"] == "closed" else None


def _next_minute() -> datetime:
    """The next whole minute that leaves time to book and pay."""
    return (datetime.now(UTC) + timedelta(seconds=75)).replace(second=0, microsecond=0)
