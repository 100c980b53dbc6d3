"""What must hold after every fault. One function, `hold`, for the whole matrix."""

from collections.abc import Sequence
from typing import Any

from tests.saas.edge.processes import until

from .swarm import Adapter
from .world import World

TWICE = "SELECT device, boot, seq FROM telemetry.message GROUP BY 1, 2, 3 HAVING count(*) > 1"
FOREIGN = """
    SELECT m.device FROM telemetry.message m LEFT JOIN public.devices_device d ON d.device_id = m.device
    LEFT JOIN public.tenancy_tenant t ON t.id = d.tenant_id WHERE t.schema_name IS DISTINCT FROM m.tenant"""
UNBALANCED = "SELECT posting_id FROM {0}.ledger_entry GROUP BY posting_id HAVING sum(amount_minor) <> 0"
BALANCES = """
    SELECT a.id FROM {0}.ledger_account a LEFT JOIN {0}.ledger_entry e ON e.account_id = a.id
    GROUP BY a.id HAVING a.balance_minor <> coalesce(sum(e.amount_minor), 0)"""
OVERLAPS = """
    SELECT a.id FROM {0}.bookings_booking a JOIN {0}.bookings_booking b
    ON a.listing_id = b.listing_id AND a.id < b.id AND a.during && b.during
    WHERE a.state IN ('held', 'confirmed', 'active') AND b.state IN ('held', 'confirmed', 'active')"""
ENERGY = """
    SELECT s.uid FROM {0}.charging_session s JOIN (
        SELECT session, min(energy_wh) AS first, max(energy_wh) AS last FROM telemetry.message
        WHERE energy_wh IS NOT NULL GROUP BY session) m ON m.session = s.uid::text
    WHERE s.state = 'closed' AND abs(s.energy_wh - (m.last - m.first)) > 1"""
ENDS = """
    SELECT s.uid FROM {0}.charging_session s JOIN {0}.charging_sessionchange c ON c.session_id = s.id
    WHERE c.state IN ('ended', 'closed') GROUP BY s.uid, c.state HAVING count(*) > 1"""
WRONG_SCHEMA = """
    SELECT s.uid FROM {0}.charging_session s JOIN public.devices_device d ON d.device_id = s.device_id
    JOIN public.tenancy_tenant t ON t.id = d.tenant_id WHERE t.schema_name <> '{0}'"""
LATE = """
    SELECT s.uid FROM {0}.charging_session s JOIN telemetry.message m ON m.session = s.uid::text
    WHERE m.type = 'stopped' AND m.reason = 'time'
    AND m.ts_ms > extract(epoch FROM s.permit_end_at) * 1000 + 2000"""
LEDGER = "SELECT id, posting_id, account_id, amount_minor FROM {0}.ledger_entry ORDER BY id"
BY_TENANT = {
    "a posting that does not sum to zero": UNBALANCED, "a balance that is not the sum of its entries": BALANCES,
    "overlapping bookings": OVERLAPS, "a session whose energy is not last minus first": ENERGY,
    "a session that ended twice": ENDS, "a session in another tenant's schema": WRONG_SCHEMA,
    "a cut-off more than 2 s late": LATE,
}  # fmt: skip
_entries: dict[str, list[tuple[Any, ...]]] = {}  # of the ledgers, as last seen: none may ever change


def hold(world: World, adapters: Sequence[Adapter], *, seconds: float, closed: bool = True) -> None:
    """Everything is acknowledged within `seconds`, and the store, the sessions and the books are right.

    `closed`: the adapters told whole sessions, so each has exactly one end and one bill.
    """
    until(lambda: not any(one.outbox for one in adapters), seconds=seconds, what=_open(adapters))
    assert world.sql(TWICE) == [] and world.sql(FOREIGN) == []
    for adapter in adapters:
        _acknowledged_is_stored(world, adapter)
    for schema in ("ampere", "barq"):
        for what, query in BY_TENANT.items():
            assert world.sql(query.format(schema)) == [], f"{schema}: {what}"
        _nothing_was_rewritten(world, schema)
    if closed:
        _each_session_has_one_end(world, adapters)


def _open(adapters: Sequence[Adapter]) -> str:
    return "every message acknowledged; open: " + ", ".join(f"{a.device_id} {len(a.outbox)}" for a in adapters)


def _acknowledged_is_stored(world: World, adapter: Adapter) -> None:
    """What the ring dropped was plain telemetry, and is a gap unless it had arrived before."""
    found = world.sql(
        "SELECT seq FROM telemetry.message WHERE device = %s AND boot = %s", adapter.device_id, adapter.boot
    )
    stored = {seq for (seq,) in found}
    said = set(adapter.sent)
    assert said - adapter.dropped <= stored <= said, sorted((said - adapter.dropped) - stored)[:10]
    assert all(adapter.sent[seq]["kind"] == "telemetry" for seq in adapter.dropped)


def _nothing_was_rewritten(world: World, schema: str) -> None:
    now = world.sql(LEDGER.format(schema))
    before = _entries.get(f"{world.folder}{schema}", [])
    assert now[: len(before)] == before, f"{schema}: an entry of the ledger changed"
    _entries[f"{world.folder}{schema}"] = now


def _each_session_has_one_end(world: World, adapters: Sequence[Adapter]) -> None:
    for adapter in adapters:
        schema, session = adapter.held["tenant"], adapter.held["session"]
        found = world.sql(f"SELECT state, bill IS NOT NULL FROM {schema}.charging_session WHERE uid = %s", session)
        assert found == [("closed", True)], f"{session}: {found}"
        stops = world.sql("SELECT count(*) FROM telemetry.message WHERE session = %s AND type = 'stopped'", session)
        assert stops == [(1,)]
