"""Random trees of circuits and the chargers on them."""

from hypothesis import strategies as st

from tenants.power.core import Charger, Circuit

CURRENTS = st.integers(0, 80).map(lambda amps: amps * 500)


@st.composite
def trees(draw: st.DrawFn) -> list[Circuit]:
    """One to five circuits; each but the first below one before it."""
    found = []
    for key in range(draw(st.integers(1, 5))):
        parent = draw(st.integers(0, key - 1)) if key else None
        limit_ma = draw(st.none() | st.integers(0, 200).map(lambda amps: amps * 500))
        limit_w = draw(st.integers(0, 120_000)) if limit_ma is None or draw(st.booleans()) else None
        building = draw(st.tuples(*[st.integers(0, 20_000)] * 3)) if draw(st.booleans()) else (0, 0, 0)
        found.append(Circuit(key, parent, limit_ma, limit_w, building))
    return found


@st.composite
def chargers(draw: st.DrawFn, key: int, circuits: int) -> Charger:
    """Anything that may hang on a circuit: unknown wiring, paused, fixed, idle, leased or not."""
    lines = draw(st.sampled_from([(1, 2, 3), (1,), (2,), (3,), (1, 2), (2, 3)]))
    fixed = draw(st.none() | st.none() | CURRENTS)
    return Charger(
        key=key,
        circuit=draw(st.integers(0, circuits - 1)),
        lines=lines,
        phases=draw(st.integers(1, len(lines))),
        max_ma=draw(CURRENTS),
        min_ma=draw(st.sampled_from([6_000, 6_000, 0])),
        floor_ma=draw(st.sampled_from([0, 0, 1_000])),
        fixed_ma=fixed,
        fallback_ma=draw(CURRENTS),
        leased=draw(st.booleans()),
        idle=draw(st.booleans()),
        priority=draw(st.integers(0, 2)),
        laxity_s=draw(st.none() | st.integers(-3_600, 36_000)),
        needed_ma=draw(st.none() | CURRENTS),
        present_ma=draw(CURRENTS),
        running_s=draw(st.integers(0, 4_000)),
        waiting_s=draw(st.integers(0, 4_000)),
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Circuit], list[Charger]]:
    """A tree and up to eight chargers."""
    tree = draw(trees())
    return tree, [draw(chargers(key, len(tree))) for key in range(draw(st.integers(0, 8)))]
