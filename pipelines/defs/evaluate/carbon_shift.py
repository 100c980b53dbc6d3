"""`wattlane evaluate carbon-shift`: what charging by the grid's marginal carbon would have saved, without losing a Wh.

Sessions of any layout (`wattlane import sessions` reads the same), marginal series of any layout (`wattlane import
carbon`). Immediate charging and perfect foresight bound what planning with forecasts reaches.
"""

import argparse
from pathlib import Path

import polars as pl

from pipelines.defs.evaluate.task import BadInput, Evaluation, Scored
from pipelines.transforms import carbon_shift
from pipelines.transforms.importing.carbon import CARBON
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.kind import Ask, read_kind
from pipelines.transforms.importing.power import power_w
from pipelines.transforms.importing.reading import Options, SessionFile, read_sessions
from pipelines.transforms.importing.zones import is_zone

NAME = "carbon-shift"
SAYS = "what carbon-aware charging would have saved: at once, with forecasts, with perfect foresight"
# 32 A at 208 V: the commonest workplace charger of North America, and nearly the 7 kW of Europe's single phase.
POWER_KW = 6.656
WAYS = {"none": "none_ug", "forecast": "forecast_ug", "perfect_foresight": "perfect_ug"}


def register(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sessions", nargs="+", required=True, metavar="FILE", help="charging sessions of any layout")
    parser.add_argument("--marginal", nargs="+", required=True, metavar="FILE", help="marginal carbon series")
    parser.add_argument(
        "--power-kw", type=float, default=POWER_KW, help="where the file says none (default %(default)s)"
    )
    parser.add_argument("--departure", choices=("actual", "requested"), default="actual", help="until when to plan")
    parser.add_argument("--timezone", default="UTC", help="zone of times written without one (default UTC)")
    parser.add_argument("--region", help="which grid, where the series hold several")
    parser.add_argument("--unit", help="unit of the series, where the file leaves it open, e.g. lb/MWh")


def run(arguments: argparse.Namespace) -> Evaluation:
    """Raises BadInput, saying what to do."""
    if not is_zone(arguments.timezone):
        raise BadInput(f"unknown time zone {arguments.timezone!r}; use a name such as America/Los_Angeles")
    if not 0 < arguments.power_kw <= 4000:
        raise BadInput("--power-kw must be a power in kW above 0")
    series, layouts = _series(arguments)
    files = [_session_file(path, arguments) for path in arguments.sessions]
    sessions = pl.concat([_sessions(file, arguments) for file in files]).unique(
        "session_key", keep="first", maintain_order=True
    )
    signal = carbon_shift.signal_of(series)
    judged = carbon_shift.shifted(sessions, signal)
    good = judged.filter(pl.col("_reason").is_null())
    if good.is_empty():
        raise BadInput(
            f"no session lies within the series, which is from {_text(series['from_utc'].min())} to "
            f"{_text(series['to_utc'].max())}: "
            f"{carbon_shift.counted(judged)}. Give sessions and series of the same time."
        )
    aside = carbon_shift.counted(judged) | _importer(files)
    return _evaluation(good, series, {"set_aside": aside, "series": layouts}, arguments)


def _read(path: str) -> bytes:
    if not Path(path).is_file():
        raise BadInput(f"no such file: {path}")
    return Path(path).read_bytes()


def _series(arguments: argparse.Namespace) -> tuple[pl.DataFrame, list[dict[str, object]]]:
    """The rows of all files, each instant once, of one region."""
    # A judged series needs no place: where the file names none, the file stands for it.
    given = {"kind": "marginal", "unit": arguments.unit or "", "region_else": arguments.region or "grid of the file"}
    found = []
    for path in arguments.marginal:
        try:
            ask = Ask(arguments.timezone, Path(path).name, None, given)
            found.append(read_kind(CARBON, _read(path), ask))
        except NotUnderstood as error:
            raise BadInput(f"{path}: {error.message}") from error
    rows = pl.concat([f.judged.filter(pl.col("_reason").is_null()) for f in found], how="diagonal_relaxed")
    if rows.is_empty():
        raise BadInput("the series files hold no usable row")
    regions = rows["region"].unique().sort().to_list()
    if arguments.region and arguments.region not in regions:
        raise BadInput(f"the series hold no grid {arguments.region!r}; they hold {', '.join(regions[:8]) or 'no rows'}")
    if len(regions) > 1 and not arguments.region:
        raise BadInput(f"the series hold several grids ({', '.join(regions[:8])}): choose one with --region")
    rows = rows.filter(pl.col("region") == (arguments.region or regions[0]))
    return rows.unique("row_key", keep="first", maintain_order=True), [f.layout for f in found]


def _session_file(path: str, arguments: argparse.Namespace) -> SessionFile:
    options = Options(arguments.timezone, lambda name: "driver")
    try:
        return read_sessions(_read(path), Path(path).name, options)
    except NotUnderstood as error:
        raise BadInput(f"{path}: {error.message}") from error


def _sessions(file: SessionFile, arguments: argparse.Namespace) -> pl.DataFrame:
    """Imported sessions as stays: power from the file where it says one, else from the time of charging, else asked."""
    own = power_w(file.table).rename("own_w")
    rows = file.judged.with_columns(own).filter(pl.col("_reason").is_null())
    meant = -(-pl.col("energy_wh") * 3600 // pl.col("charging_s"))
    from_time = pl.when(pl.col("charging_s") > 0).then(meant)
    default = round(arguments.power_kw * 1000)
    power = pl.coalesce("own_w", from_time, pl.lit(default, pl.Int64))
    how = pl.when(pl.col("own_w").is_not_null()).then(pl.lit("file")).when(from_time.is_not_null())
    depart = pl.col("end_utc")
    if arguments.departure == "requested":
        depart = pl.min_horizontal("end_utc", pl.coalesce("requested_departure_utc", "end_utc"))
        depart = pl.when(depart > pl.col("start_utc")).then(depart).otherwise("end_utc")
    return rows.select(
        "session_key", arrive_s=pl.col("start_utc").dt.epoch("s"), depart_s=depart.dt.epoch("s"),
        energy_wh="energy_wh", power_w=power,
        power_from=how.then(pl.lit("charging time")).otherwise(pl.lit("--power-kw")),
    )  # fmt: skip


def _evaluation(
    good: pl.DataFrame, series: pl.DataFrame, more: dict[str, object], arguments: argparse.Namespace
) -> Evaluation:
    scored = {name: _scored(name, good, column) for name, column in WAYS.items()}
    model, most = scored["forecast"], scored["perfect_foresight"].metrics["saved_kg"]
    powers = dict(good["power_from"].value_counts().sort("power_from").iter_rows())
    return Evaluation(
        task=NAME,
        rows=good.height,
        split={
            "rule": "no learning: each decision uses only rows of the series up to its own time and their forecasts",
            "series_from": _text(series["from_utc"].min()), "series_to": _text(series["to_utc"].max()),
            "replanned_every_s": int(series["resolution_s"].mode()[0]),
            "forecast_steps": int(series["forecast_mg"].list.len().max() or 0),  # type: ignore[arg-type]
        },
        model=model,
        baselines=[scored["none"], scored["perfect_foresight"]],
        shipped="forecast" if model.metrics["saved_kg"] > 0 else "none",
        more={
            "share_of_possible": round(model.metrics["saved_kg"] / most, 4) if most else 0.0,
            "departure": arguments.departure,
            "power": {
                "from": powers, "default_kw": arguments.power_kw, "raised_to_fit_the_stay": int(good["raised"].sum()),
            },
        }
        | more,
    )  # fmt: skip


def _scored(name: str, good: pl.DataFrame, column: str) -> Scored:
    at_once, ug = int(good["none_ug"].sum()), int(good[column].sum())
    saved = at_once - ug
    return Scored(
        name,
        {
            "saved_kg": round(saved / 1e9, 6), "saved_percent": round(100 * saved / at_once, 4) if at_once else 0.0,
            "emitted_kg": round(ug / 1e9, 6), "emitted_ug": ug, "energy_wh": int(good["energy_wh"].sum()),
        },
    )  # fmt: skip


def _importer(files: list[SessionFile]) -> dict[str, int]:
    """What the session importer set aside, over all files."""
    reasons = pl.concat([f.judged.filter(pl.col("_reason").is_not_null())["_reason"] for f in files])
    return dict(reasons.value_counts().sort("_reason").iter_rows())


def _text(at: object) -> str:
    return at.isoformat() if hasattr(at, "isoformat") else str(at)
