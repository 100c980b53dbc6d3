"""`wattlane evaluate demand FILE --horizon H`: each station of a table, H steps ahead."""

import argparse
from pathlib import Path

from pipelines.defs.evaluate.task import BadInput, Evaluation, Scored
from pipelines.learning.demand import Contest, Grid, Part, TooShort, compete
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.pricing.table import Series, read_series

NAME = "demand"
SAYS = "forecast of each station of a table time × stations, H steps ahead"
DEFINITIONS = {
    "units": "rmse and mae in the units of the file, over all stations and times of the test part",
    "smape": "mean of |forecast - truth| / (|forecast| + |truth|) in percent, 0 to 100; 0 where both are 0",
    "coverage": "share of the test part inside its 90 % interval (split conformal, moved along with time)",
    "shipped": "lowest rmse on the validation part; the test part had no say",
    "baselines": "the value H steps earlier; the same time of the last day, of the last week, known by then",
}


def register(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", help="first column times, a column per station; or time, station, value"
    )
    parser.add_argument("--horizon", type=int, required=True, metavar="H", help="rows ahead: hours in an hourly table")


def run(arguments: argparse.Namespace) -> Evaluation:
    if arguments.horizon < 1:
        raise BadInput("--horizon is a number of steps, at least 1")
    try:
        series = read_series(Path(arguments.file).read_bytes())
        grid = Grid(series.values, series.stations, series.start_s, series.step_s)
        found = compete(grid, arguments.horizon)
    except NotUnderstood as wrong:
        raise BadInput(f"{arguments.file}: {wrong.message}") from wrong
    except TooShort as wrong:
        raise BadInput(f"{arguments.file}: {wrong}") from wrong
    return _evaluation(series, found, arguments.horizon)


def _evaluation(series: Series, found: Contest, horizon: int) -> Evaluation:
    learned, judged, tested = found.rows
    split: dict[str, object] = {
        "by": "time", "shares": [80, 10, 10], "train_times": learned, "validation_times": judged, "test_times": tested,
        "stations": len(series.stations), "step_seconds": series.step_s, "horizon_steps": horizon,
    }  # fmt: skip
    parts = [found.model, *found.naives]
    more: dict[str, object] = {
        "validation": [{"name": part.name, **part.validation} for part in parts],
        "interval": 0.9, "definitions": DEFINITIONS, "notes": series.notes,
    }  # fmt: skip
    rows = int((found.truth == found.truth).sum())
    return Evaluation(NAME, rows, split, _scored(found.model), [_scored(p) for p in found.naives], found.shipped, more)


def _scored(part: Part) -> Scored:
    return Scored(part.name, part.metrics)
