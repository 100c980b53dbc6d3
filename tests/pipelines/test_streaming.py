"""No plain `collect()`: a query over the lake runs in the streaming engine, else a table comes whole into memory."""

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.req("ANA-01")
ROOT = Path(__file__).parents[2]
LOADS_ALL = {"collect", "collect_async", "collect_all"}


def plain(source: str) -> list[int]:
    """Lines that call `.collect()` without `engine="streaming"`, or read a whole Delta table at once."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = [(call, call.func.attr) for call in calls if isinstance(call.func, ast.Attribute)]
    return [call.lineno for call, name in named if name == "read_delta" or (name in LOADS_ALL and not _streams(call))]


def _streams(call: ast.Call) -> bool:
    words = {word.arg: word.value for word in call.keywords}
    engine = words.get("engine")
    return isinstance(engine, ast.Constant) and engine.value == "streaming"


@pytest.mark.parametrize("folder", ["pipelines", "analytics_app"])
def test_every_query_streams(folder: str) -> None:
    found = {str(path.relative_to(ROOT)): plain(path.read_text()) for path in sorted((ROOT / folder).rglob("*.py"))}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_what_counts_as_plain() -> None:
    assert plain("TABLE.scan().collect()\npl.read_delta('x')\ncollect(x)\n") == [1, 2]
    assert plain("TABLE.scan().collect(engine='streaming')\nx.collect_schema()") == []
