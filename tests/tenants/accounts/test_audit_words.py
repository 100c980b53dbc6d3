"""What the audit log says of an act."""

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tenants.accounts import audit
from tenants.accounts.models import AuditEntry

ROOT = Path(__file__).parents[3] / "tenants"
RECORDERS = {"record", "_note"}


def acts() -> set[str]:
    """Every act that is written into the log, from the source."""
    found = set()
    for path in ROOT.rglob("actions/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in RECORDERS:
                values = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "act")]
                texts = [v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str)]
                found |= {text for text in texts if "." in text}
    return found


@pytest.mark.req("ACC-05")
def test_every_act_has_a_word() -> None:
    assert {"power.circuit", "rollout.begun", "station.accepted"} <= acts()
    assert acts() - audit.WORDS.keys() == set()


def test_what_stayed_the_same_is_not_shown() -> None:
    entry = AuditEntry(at=datetime.now(UTC), details={"limit_ma": [63_000, 40_000], "name": ["M", "M"], "w": [None, 5]})
    assert audit.details(entry) == [("limit_ma", "63000", "40000"), ("w", "", "5")]
