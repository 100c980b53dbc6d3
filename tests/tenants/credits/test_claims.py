"""One kilowatt-hour, one claim: batches go one way, and the database keeps it so."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saas.contracts import methodologies
from saas.kit.errors import Forbidden, Invalid, NotFound
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.accounts.models import Organisation, User
from tenants.credits import actions, queries
from tenants.credits.errors import (
    BlockGone,
    MethodRefused,
    NothingCredited,
    NothingToClaim,
    WrongBatchState,
    WrongParts,
)
from tenants.credits.models import Batch, Block, BlockEvent, EnergyClaim, SerialCounter
from tests import builders
from tests.tenants.credits.street import NOW, START, manager, session, wanted

pytestmark = pytest.mark.req("ESG-04")


def sql(statement: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)  # type: ignore[arg-type]
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def verified(by: User, wh: int = 1_000_000) -> Batch:
    session(evse=builders.evse(), wh=wh)
    batch = actions.open_batch(wanted=wanted(), by=by, now=NOW)
    actions.lock_batch(uid=batch.uid, by=by, now=NOW)
    return actions.verify_batch(uid=batch.uid, verifier="TÜV", verification="R-1", by=by, now=NOW)


def test_a_batch_claims_what_is_free_and_says_what_is_not_and_why(ampere: Tenant) -> None:
    by, here = manager(), builders.evse()
    held = session(evse=here, wh=12_000)
    session(evse=here, wh=0)
    session(evse=here, start=START - timedelta(days=40))
    first = actions.open_batch(wanted=wanted(), by=by, now=NOW)
    assert (first.sessions, first.energy_wh, first.state) == (1, 12_000, "open")
    session(evse=here, wh=5000)
    shown = queries.preview(wanted=wanted(), viewer=by)
    assert (shown.sessions, shown.energy_wh, dict(shown.excluded)) == (1, 5000, {"claimed": 1, "no_energy": 1})
    assert {row.reason: row.session.pk for row in shown.examples}["claimed"] == held.pk
    assert queries.preview(wanted=wanted(region="DE"), viewer=by).excluded["other_region"] == 1


def test_the_grams_follow_from_the_record(ampere: Tenant) -> None:
    """VM0038 electric bus 0.783410 kg/kWh less 0.079 kg/kWh × 1/0.923 for 1,000 kWh."""
    by = manager()
    session(evse=builders.evse(), wh=1_000_000)
    batch = actions.open_batch(wanted=wanted(), by=by, now=NOW)
    locked = actions.lock_batch(uid=batch.uid, by=by, now=NOW)
    assert locked.grams == pytest.approx(783_410 - 79_000 * 1000 / 923, abs=1)
    assert locked.record is not None and methodologies.rebuild(locked.record).grams == locked.grams


def test_states_go_one_way(ampere: Tenant) -> None:
    by = manager()
    session(evse=builders.evse())
    batch = actions.open_batch(wanted=wanted(), by=by, now=NOW)
    with pytest.raises(WrongBatchState):
        actions.verify_batch(uid=batch.uid, verifier="T", verification="R", by=by, now=NOW)
    actions.lock_batch(uid=batch.uid, by=by, now=NOW)
    for act in (actions.lock_batch, actions.cancel_batch):
        with pytest.raises(WrongBatchState):
            act(uid=batch.uid, by=by, now=NOW)
    actions.verify_batch(uid=batch.uid, verifier="T", verification="R", by=by, now=NOW)
    for state in ("open", "locked", "cancelled"):
        with pytest.raises(DatabaseError):
            sql("UPDATE credits_batch SET state = %s WHERE id = %s", state, batch.pk)


def test_cancelling_an_open_batch_frees_its_energy(ampere: Tenant) -> None:
    by = manager()
    session(evse=builders.evse())
    batch = actions.open_batch(wanted=wanted(), by=by, now=NOW)
    with pytest.raises(NothingToClaim):
        actions.open_batch(wanted=wanted(), by=by, now=NOW)
    actions.cancel_batch(uid=batch.uid, by=by, now=NOW)
    assert actions.open_batch(wanted=wanted(), by=by, now=NOW).sessions == 1


TAMPER = [
    "UPDATE credits_energyclaim SET energy_wh = 1",
    "DELETE FROM credits_energyclaim",
    "UPDATE credits_batch SET grams = grams + 1",
    "UPDATE credits_batch SET beneficiary = 'me'",
    "DELETE FROM credits_batch",
    "UPDATE credits_block SET last = last + 1",
    "UPDATE credits_block SET state = 'split'",
    "DELETE FROM credits_block",
    "UPDATE credits_blockevent SET note = 'x'",
    "DELETE FROM credits_blockevent",
    "UPDATE credits_serialcounter SET last = 0",
]


@pytest.mark.parametrize("statement", TAMPER)
def test_the_database_refuses_what_no_program_may(ampere: Tenant, statement: str) -> None:
    verified(manager())
    with pytest.raises(DatabaseError):
        sql(statement)


def test_no_second_issue_and_no_block_out_of_nowhere(ampere: Tenant) -> None:
    batch = verified(manager())
    row = "INSERT INTO credits_block (uid, created_at, batch_id, first, last, state, owner, retired_for, reason) "
    for first, last in ((1, 5), (10**9, 10**9 + 5)):
        with pytest.raises(DatabaseError):
            sql(row + "VALUES (%s, now(), %s, %s, %s, 'held', 'me', '', '')", uuid.uuid4(), batch.pk, first, last)


def test_a_retirement_cannot_be_undone(ampere: Tenant) -> None:
    by = manager()
    (block,) = verified(by).blocks.all()
    gone = actions.retire(uid=block.uid, retired_for="Cabs Oy", reason="2026", by=by, now=NOW, grams=1000)
    assert (gone.grams, gone.state) == (1000, "retired")
    for act in (
        lambda: actions.transfer(uid=gone.uid, to="X", by=by, now=NOW),
        lambda: actions.split(uid=gone.uid, grams=[1, 999], by=by, now=NOW),
        lambda: actions.retire(uid=block.uid, retired_for="X", reason="", by=by, now=NOW),
    ):
        with pytest.raises(BlockGone):
            act()
    with pytest.raises(DatabaseError):
        sql("UPDATE credits_block SET state = 'held' WHERE id = %s", gone.pk)


def test_serials_have_no_gaps_and_name_the_tenant(ampere: Tenant) -> None:
    by = manager()
    first = verified(by).blocks.get()
    second = verified(by, wh=2_000_000).blocks.get()
    assert (first.first, second.first) == (1, first.last + 1)
    assert queries.serials(first)[0] == "WL-AMPERE-VM0038-1.0-FI-2026-000000000000001"
    assert SerialCounter.objects.get().last == second.last


@pytest.mark.parametrize("grams", [[], [1], [0, 10], [-1, 11], [5, 6]])
def test_parts_must_be_the_whole(ampere: Tenant, grams: list[int]) -> None:
    by = manager()
    block = verified(by).blocks.get()
    with pytest.raises(WrongParts):
        actions.split(uid=block.uid, grams=grams, by=by, now=NOW)


STEPS = st.lists(
    st.tuples(st.sampled_from(["split", "transfer", "retire"]), st.integers(0, 9), st.integers(1, 999)), max_size=12
)


@pytest.mark.slow
@given(STEPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_serials_are_conserved_whatever_happens(ampere: Tenant, steps: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        by = manager()
        batch = verified(by)
        retired: set[int] = set()
        for verb, which, share in steps:
            held = list(batch.blocks.filter(state="held").order_by("first"))
            if not held:
                break
            block = held[which % len(held)]
            part = max(1, block.grams * share // 1000)
            _do(verb, block, part, by)
            now_retired = _serials(batch, "retired")
            assert retired <= now_retired
            retired = now_retired
        assert _serials(batch, "held") | retired == set(range(0, batch.grams or 0, 997))
        live = batch.blocks.exclude(state="split")
        assert sum(block.grams for block in live) == batch.grams
        transaction.set_rollback(True)


def _do(verb: str, block: Block, part: int, by: User) -> None:
    if verb == "split" and part < block.grams:
        actions.split(uid=block.uid, grams=[part, block.grams - part], by=by, now=NOW)
    elif verb == "transfer":
        actions.transfer(uid=block.uid, to=f"owner {part}", by=by, now=NOW, grams=part)
    elif verb == "retire":
        actions.retire(uid=block.uid, retired_for="X", reason="r", by=by, now=NOW, grams=part)


def _serials(batch: Batch, state: str) -> set[int]:
    """Every 997th serial, counted from the batch's first: enough to see a loss, few enough to hold."""
    start = batch.blocks.order_by("first").values_list("first", flat=True)[0]
    rows = batch.blocks.filter(state=state).values_list("first", "last")
    return {n for first, last in rows for n in range(first - start, last - start + 1) if n % 997 == 0}


@pytest.mark.slow
def test_fifty_threads_that_claim_one_session_give_one_claim(spare: str) -> None:
    with tenant_schema(spare):
        by, here = manager(), builders.evse()
        for number in range(3):
            session(evse=here, wh=1000 + number)
        connection.close()

    def claim(_: int) -> int:
        with tenant_schema(spare):
            try:
                return actions.open_batch(wanted=wanted(), by=by, now=NOW).sessions
            except NothingToClaim:
                return 0
            finally:
                connection.close()

    with ThreadPoolExecutor(50) as pool:
        got = list(pool.map(claim, range(50)))
    assert sum(got) == 3
    with tenant_schema(spare):
        assert EnergyClaim.objects.count() == 3
        connection.close()


def test_who_may(ampere: Tenant) -> None:
    by = manager()
    batch = verified(by)
    auditor, outsider, analyst = (builders.person(r, *([r] if r != "outsider" else [])) for r in
                                  ("auditor", "outsider", "esg_analyst"))  # fmt: skip
    assert queries.batch(uid=batch.uid, viewer=auditor).pk == batch.pk
    assert len(queries.batches(viewer=analyst).items) == 1
    block = batch.blocks.get()
    doings: list[Callable[[User], object]] = [
        lambda u: queries.batch(uid=batch.uid, viewer=u),
        lambda u: queries.block(uid=block.uid, viewer=u),
        lambda u: queries.preview(wanted=wanted(), viewer=u),
        lambda u: actions.retire(uid=block.uid, retired_for="X", reason="", by=u, now=NOW),
        lambda u: actions.open_batch(wanted=wanted(), by=u, now=NOW),
    ]
    for doing in doings:
        with pytest.raises(NotFound):
            doing(outsider)
    with pytest.raises(Forbidden):
        actions.lock_batch(uid=batch.uid, by=auditor, now=NOW)


def test_batches_that_cannot_be(ampere: Tenant) -> None:
    by = manager()
    for bad in ({"period_end": date(2026, 11, 1)}, {"period_end": date(2027, 1, 2)}, {"region": "X"},
                {"inputs": {"fleet": "us-dc"}}):  # fmt: skip
        with pytest.raises(Invalid):
            actions.open_batch(wanted=wanted(**bad), by=by, now=NOW)
    with pytest.raises(MethodRefused):
        actions.open_batch(wanted=wanted(version="9"), by=by, now=NOW)
    with pytest.raises(MethodRefused):
        actions.open_batch(wanted=wanted(inputs={"grid_kind": "marginal"}), by=by, now=NOW)
    session(evse=builders.evse())
    dirty = actions.open_batch(
        wanted=wanted(inputs={"fleet": "electric-bus", "grid_mg_per_kwh": 2_000_000, "grid_source": "x"}),
        by=by,
        now=NOW,
    )
    with pytest.raises(NothingCredited):
        actions.lock_batch(uid=dirty.uid, by=by, now=NOW)


def test_direct_and_alternating_current_are_not_mixed_where_the_defaults_differ(ampere: Tenant) -> None:
    here = builders.evse()
    here.location.country = "US"
    here.location.save()
    session(evse=here)
    inputs = {"fleet": "us-dc", "grid_mg_per_kwh": 386_000, "grid_source": "EIA"}
    shown = queries.preview(wanted=wanted(region="US", inputs=inputs), viewer=manager())
    assert dict(shown.excluded) == {"other_current": 1}


def test_an_organisations_batch_holds_its_own_sites_only(ampere: Tenant) -> None:
    org = Organisation.objects.create(name="Cabs Oy", kind="fleet")
    here, there = builders.evse(), builders.evse()
    here.location.organisation = org
    here.location.save()
    mine = session(evse=here)
    session(evse=there)
    batch = actions.open_batch(wanted=wanted(organisation=org), by=manager(), now=NOW)
    assert [claim.session_id for claim in batch.claims.all()] == [mine.pk]
    assert batch.beneficiary == "Cabs Oy"


def test_the_history_tells_it_all(ampere: Tenant) -> None:
    by = manager()
    block = verified(by).blocks.get()
    actions.transfer(uid=block.uid, to="Buyer", by=by, now=NOW, grams=500)
    assert list(BlockEvent.objects.order_by("pk").values_list("verb", "grams", "owner_after")) == [
        ("issued", block.grams, "Ampère"), ("split", block.grams, "Ampère"), ("transferred", 500, "Buyer"),
    ]  # fmt: skip
