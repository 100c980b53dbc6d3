"""The graph of assets is what was agreed: a change of it shows in a file that somebody reads."""

import json

import pytest

from pipelines.defs.catalogue import KNOWLEDGE, LEARNING, WHOLE
from tests.pipelines.graph import FILE, graph

pytestmark = pytest.mark.req("ANA-01")


def test_the_graph_is_the_one_beside_this_test() -> None:
    assert graph() == json.loads(FILE.read_text(encoding="utf-8")), "look at it, then: python -m tests.pipelines.graph"


def test_every_asset_has_an_owner_a_description_and_a_place_in_the_lineage() -> None:
    assets = graph()["assets"]
    roots = {name for name, asset in assets.items() if not asset["deps"]}
    assert {"business", "imported_sessions", "raw_telemetry"} <= roots
    for name, asset in assets.items():
        assert asset["owners"] and asset["says"] and asset["group"], name
        assert set(asset["deps"]) <= assets.keys(), name


def test_tables_by_day_say_how_fresh_they_must_be() -> None:
    assert all(asset["fresh_within_h"] for asset in graph()["assets"].values() if asset["by_day"])


def test_what_takes_minutes_holds_the_lake_only_to_publish() -> None:
    learned = {step.name for step in WHOLE if step.learns}
    assert learned == {"forecast", "risk", "risk_card"}
    assert {asset.op.name for asset in LEARNING} == learned | {"risks_told"}
    assert not any("lake" in asset.op.required_resource_keys for asset in LEARNING)
    assert not learned & {asset.op.name for asset in KNOWLEDGE}
