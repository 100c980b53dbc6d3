"""What every process that refreshes a day imports, and what it does not pay for."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.req("ANA-01")
ASKED = "import sys, pipelines.definitions\nprint(*sorted({name.partition('.')[0] for name in sys.modules}), sep='\\n')"


@pytest.mark.slow
def test_definitions_load_nothing_that_learns() -> None:
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True, timeout=170)
    loaded = set(done.stdout.split())
    assert {"dagster", "polars", "pipelines"} <= loaded
    assert not loaded & {"sklearn", "scipy", "skops", "distributed", "mapie", "joblib"}
