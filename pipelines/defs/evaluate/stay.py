"""`wattlane evaluate stay --train FILE… --test FILE…`: departure and energy, said when the car is plugged in."""

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.defs.evaluate.task import BadInput, Evaluation, Scored
from pipelines.learning.stay import Judged, Known, Verdict, compete
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.reading import Options, read_sessions
from pipelines.transforms.importing.zones import is_zone
from pipelines.transforms.pricing.stays import LEAST_KWH, LEAST_MINUTES, Floats, Stays, stays

NAME = "stay"
SAYS = "departure and energy of each session, said when the car is plugged in"
LEAST_TRAIN, LEAST_TEST = 100, 10
DEFINITIONS = {
    "top level": "mae, rmse, smape and coverage beside the names are those of the departure",
    "departure": "minutes from plug-in to plug-out; mae and rmse in minutes",
    "energy": "energy delivered; mae and rmse in kWh",
    "smape": "mean of |forecast - truth| / (|forecast| + |truth|) in percent, 0 to 100",
    "coverage": "share of test sessions inside the 90 % interval (conformal, from folds in time of the training part)",
    "shipped": "lowest smape over folds in time of the training part; the test part had no say",
    "baselines": "named for what they are in these files: what a driver said, else the median or mean of all sessions",
    "known at arrival": "time, weekday, station, what the driver declared (where claimed), sessions that had ended",
}


def register(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--train", nargs="+", required=True, metavar="FILE", help="sessions to learn from")
    parser.add_argument("--test", nargs="+", required=True, metavar="FILE", help="sessions to be judged by")
    parser.add_argument(
        "--timezone", metavar="ZONE", help="of the site, such as America/Los_Angeles; else from the file"
    )


def run(arguments: argparse.Namespace) -> Evaluation:
    if arguments.timezone and not is_zone(arguments.timezone):
        raise BadInput(f"unknown time zone {arguments.timezone!r}; use a name such as Europe/Helsinki")
    train, test = (_sessions(files, arguments.timezone or "UTC") for files in (arguments.train, arguments.test))
    for rows, least, what in ((train, LEAST_TRAIN, "--train"), (test, LEAST_TEST, "--test")):
        if rows.height < least:
            raise BadInput(f"{what} has {rows.height} usable sessions, at least {least} are needed")
    known = stays(train, test, arguments.timezone or _zone(train))
    if (~known.test).sum() < LEAST_TRAIN:
        raise BadInput("nearly all sessions of --train are in --test as well: name different files")
    return _evaluation(known, train, test)


def _sessions(files: list[str], zone: str) -> pl.DataFrame:
    parts = []
    for name in files:
        try:
            file = read_sessions(Path(name).read_bytes(), Path(name).name, Options(zone, lambda driver: driver))
        except NotUnderstood as wrong:
            raise BadInput(f"{name}: {wrong.message}") from wrong
        parts.append(file.judged.filter(pl.col("_reason").is_null()))
    return pl.concat(parts, how="diagonal_relaxed").unique("session_key", keep="first", maintain_order=True)


def _zone(rows: pl.DataFrame) -> str:
    """The zone that most sessions name, where the file names one."""
    named = rows["timezone"].drop_nulls().value_counts(sort=True)
    usual = str(named[0, "timezone"]) if named.height else "UTC"
    return usual if is_zone(usual) else "UTC"


def _evaluation(rows: Stays, train: pl.DataFrame, test: pl.DataFrame) -> Evaluation:
    departure = compete(_known(rows, rows.minutes, rows.declared_minutes, LEAST_MINUTES), rows.test)
    energy = compete(_known(rows, rows.kwh, rows.declared_kwh, LEAST_KWH), rows.test)
    split: dict[str, object] = {
        "by": "files", "train_sessions": int((~rows.test).sum()), "test_sessions": int(rows.test.sum()),
        "train_sessions_in_test_too": train.height - int((~rows.test).sum()),
        "test_sessions_without_declaration": test["requested_departure_utc"].null_count(),
        "drivers": int(np.unique(rows.driver[rows.driver >= 0]).size),
    }  # fmt: skip
    pairs = zip(departure.baselines, energy.baselines, strict=True)
    more: dict[str, object] = {"targets": [_target("departure", departure), _target("energy", energy)]}
    return Evaluation(
        NAME, int(rows.test.sum()), split, _scored(departure.model, energy.model), [_scored(*pair) for pair in pairs],
        departure.shipped, more | {"interval": 0.9, "definitions": DEFINITIONS},
    )  # fmt: skip


def _known(rows: Stays, truth: Floats, declared: Floats, least: float) -> Known:
    hour, weekend = (rows.names.index(name) for name in ("hour", "weekend"))
    return Known(rows.x, truth, declared, rows.driver, least, hour, weekend)


def _target(name: str, verdict: Verdict) -> dict[str, object]:
    held = {one.name: one.validation for one in (verdict.model, *verdict.baselines)}
    return {"name": name, "model": verdict.model.name, "shipped": verdict.shipped, "validation": held}


def _scored(departure: Judged, energy: Judged) -> Scored:
    name = departure.name if departure.name == energy.name else f"{departure.name}; energy: {energy.name}"
    both: dict[str, object] = {
        "departure": {"name": departure.name, **departure.metrics}, "energy": {"name": energy.name, **energy.metrics}
    }  # fmt: skip
    return Scored(name, departure.metrics | both)  # type: ignore[arg-type]
