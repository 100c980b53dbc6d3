"""Does a charger fall silent for 5 days or more within the next 7? Session files of any layout."""

import argparse
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from pipelines.defs.evaluate.task import BadInput, Evaluation, Scored
from pipelines.learning import silent
from pipelines.learning.rows import Rows
from pipelines.marts._table import collect
from pipelines.transforms import sessions, usage
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.reading import Options, read_sessions
from pipelines.transforms.silence import SILENT_DAYS, USED_LATELY, USED_WINDOW

NAME = "silent"
SAYS = "charger silent for 5 days or more within the next 7"
ASKED_OF = f"chargers with a session a day over {USED_WINDOW} days, and one in the last {USED_LATELY}"
_EPOCH = date(1970, 1, 1)


def register(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--train", nargs="+", type=Path, required=True, metavar="FILE", help="session files, any order")
    parser.add_argument("--test", type=Path, required=True, metavar="FILE", help="a session file of a later time")
    parser.add_argument("--timezone", default="UTC", help="of times that name none; days are local ones (UTC)")


def run(arguments: argparse.Namespace) -> Evaluation:
    """Learns on the one, judges by the other. BadInput when a file, or what it holds, does not do."""
    zone = _zone(arguments.timezone)
    train = pl.concat([_days(path, zone) for path in arguments.train])
    test = _days(arguments.test, zone)
    grid = usage.grid(collect(usage.daily(pl.concat([train, test]).unique().lazy())))
    start, end = _span(test)
    rows = silent.rows_of(grid)
    try:
        learn, judge = silent.parts(rows, judge_from=start, judge_to=end + 1)
    except silent.TooLittle as error:
        raise BadInput(str(error)) from error
    found = silent.compare(learn, judge)
    *baselines, model = [Scored(one.name, one.figures) for one in found]
    split = _split(learn, judge) | {"only_in_test": _strangers(train, test)}
    return Evaluation(NAME, judge.height, split, model, baselines, silent.best(found), _more(learn, judge))


def _days(path: Path, zone: str) -> pl.DataFrame:
    """Good sessions of a file: unit, local day as a number, energy, duration, and what tells one from another."""
    try:
        good = read_sessions(path.read_bytes(), path.name, Options(zone, lambda name: name)).judged.filter(
            pl.col("_reason").is_null() & pl.col("charger").is_not_null()
        )
    except NotUnderstood as error:
        raise BadInput(f"{path.name}: {error}") from error
    if not good.height:
        raise BadInput(f"{path.name} holds no session of a named charger: a column with the charger's id is needed")
    zones = good["timezone"].unique().drop_nulls().to_list()
    day = sessions.local("start_utc", zones).dt.date().cast(pl.Int32).cast(pl.Int64)
    unit = pl.col("charger").str.strip_chars()
    return good.select("start_utc", "connector", "energy_wh", "duration_s", unit=unit, day=day)


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadInput(f"{name} is no time zone: write one as Europe/London") from error


def _span(days: pl.DataFrame) -> tuple[int, int]:
    first, last = days.select(first=pl.col("day").min(), last=pl.col("day").max()).row(0)
    return int(first), int(last)


def _split(learn: Rows, judge: Rows) -> dict[str, object]:
    return {
        "by": "time", "unit": "charger and local day", "gap_days": silent.GAP, "horizon_days": silent.HORIZON,
        "silent_days": SILENT_DAYS, "asked_of": ASKED_OF,
        "train": _said(learn), "test": _said(judge),
    }  # fmt: skip


def _said(rows: Rows) -> dict[str, object]:
    first, last = (_EPOCH + timedelta(days=int(day)) for day in (rows.time.min(), rows.time.max()))
    return {
        "first": first.isoformat(), "last": last.isoformat(), "rows": rows.height, "positives": rows.positives,
        "chargers": len(set(rows.unit.tolist())),
    }  # fmt: skip


def _strangers(train: pl.DataFrame, test: pl.DataFrame) -> int:
    """Chargers of the test file that no train file knows."""
    return len(set(test["unit"]) - set(train["unit"]))


def _more(learn: Rows, judge: Rows) -> dict[str, object]:
    said: dict[str, object] = {
        "base_rate": judge.positives / judge.height,
        "train_base_rate": learn.positives / learn.height,
        "shipped_by": "average_precision",
    }
    if not judge.positives:
        said["note"] = "No charger falls silent in the test file: only the Brier score can be told."
    return said
