"""Does a machine fail, told from its sensors? A table in the layout of AI4I 2020; columns are found by their names."""

import argparse
import re
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.defs.evaluate.task import BadInput, Evaluation, Scored
from pipelines.learning import failures
from pipelines.learning.failures import Machines
from pipelines.learning.metrics import Floats
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.reading import read_table

NAME = "failures"
SAYS = "machine failures from sensor values (AI4I layout), 5 folds and 3 seeds"
GRADES = {"l": 0.0, "low": 0.0, "m": 1.0, "medium": 1.0, "h": 2.0, "high": 2.0}
# How each column may be called, in letters alone; the first that fits is taken.
CALLED = {
    "grade": (r"type", r"quality|grade|variant"),
    "air": (r"air.*temp", r"ambient.*temp"),
    "process": (r"proc.*temp",),
    "speed": (r"rotationalspeed", r"speed|rpm"),
    "torque": (r"torque",),
    "wear": (r"toolwear", r"wear"),
    "failed": (r"machinefailure", r"^(failure|failed|target|label)$"),
}
PARTS_OF_LABEL = ("twf", "hdf", "pwf", "osf", "rnf")
YES, NO = ("1", "1.0", "true", "yes"), ("0", "0.0", "false", "no")


def register(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="table with one machine a row")


def run(arguments: argparse.Namespace) -> Evaluation:
    """BadInput where a column is missing, or failures are too few for five folds."""
    table = _read(arguments.file)
    machines, left_out, unused = _machines(table)
    found = failures.compare(machines)
    rule, logistic, forest = (Scored(name, figures) for name, figures in found.items())
    shipped = max(found, key=lambda name: found[name]["average_precision"])
    split = {
        "by": "stratified folds", "folds": failures.FOLDS, "seeds": failures.SEEDS,
        "threshold": "best F1 on rows of the learning part that a model had not seen: out-of-bag votes of the forest, "
        f"{failures.INNER} inner folds of the logistic model",
    }  # fmt: skip
    more: dict[str, object] = {
        "base_rate": float(machines.failed.mean()), "rows_left_out": left_out, "columns_not_used": unused,
        "shipped_by": "average_precision",
    }  # fmt: skip
    return Evaluation(NAME, machines.failed.size, split, forest, [rule, logistic], shipped, more)


def _read(path: Path) -> pl.DataFrame:
    try:
        table, _, _ = read_table(path.read_bytes())
    except NotUnderstood as error:
        raise BadInput(f"{path.name}: {error}") from error
    return table.clean.select(pl.col(f"c{at}").alias(name) for at, name in enumerate(table.names))


def _machines(table: pl.DataFrame) -> tuple[Machines, int, list[str]]:
    """The rows that have every value, how many do not, and the columns that are no features."""
    named = _columns(table.columns)
    rows = table.select(_value(role, name) for role, name in named.items())
    whole = rows.drop_nulls()
    values: dict[str, Floats] = {role: whole[role].to_numpy() for role in named}
    failed = values.pop("failed") > 0
    least = failures.FOLDS * failures.INNER
    if min(failed.sum(), (~failed).sum()) < least:
        raise BadInput(f"{failed.sum()} failures among {failed.size} usable rows: at least {least} of each are needed")
    unused = [name for name in table.columns if name not in named.values()]
    return Machines(failed=np.asarray(failed), **values), table.height - whole.height, unused


def _columns(names: list[str]) -> dict[str, str]:
    free = {name: re.sub(r"[^a-z]", "", name.lower()) for name in names}
    found: dict[str, str] = {}
    for role, patterns in CALLED.items():
        fits = [n for p in patterns for n, plain in free.items() if re.search(p, plain) and plain not in PARTS_OF_LABEL]
        if not fits:
            raise BadInput(f"no column for {role} (as in AI4I 2020) among: {', '.join(names)}")
        found[role] = fits[0]
        del free[fits[0]]
    return found


def _value(role: str, name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars().str.to_lowercase()
    if role == "grade":
        return text.replace_strict(GRADES, default=text.cast(pl.Float64, strict=False), return_dtype=pl.Float64).alias(
            role
        )
    if role == "failed":
        words = dict.fromkeys(YES, 1.0) | dict.fromkeys(NO, 0.0)
        return text.replace_strict(words, default=None, return_dtype=pl.Float64).alias(role)
    return text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False).alias(role)
