"""Models as bytes and back, by skops: a file that was tampered with names a type, it never runs code."""

from dataclasses import asdict
from typing import Any
from zipfile import ZIP_DEFLATED

from skops import io as skops_io

from pipelines.learning.calibration import Calibration
from pipelines.learning.models import Blend, Boosted, Fewest, Fitted, Linear, Scorer

# What trees are made of beside what skops trusts by itself.
TRUSTED = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)


class NotOurs(ValueError):
    """The bytes hold types that no model of ours has."""


def dumps(model: Fitted, data_version: str) -> bytes:
    """The model with the version of the data that it learned from."""
    said = {
        "name": model.name, "names": list(model.names), "data_version": data_version,
        "calibration": asdict(model.calibration), "scorer": _parts(model.scorer),
    }  # fmt: skip
    return bytes(skops_io.dumps(said, compression=ZIP_DEFLATED))


def loads(raw: bytes) -> tuple[Fitted, str]:
    """(model, version of its data). NotOurs when the bytes hold anything else."""
    strange = set(skops_io.get_untrusted_types(data=raw)) - set(TRUSTED)
    if strange:
        raise NotOurs(", ".join(sorted(strange)))
    said: dict[str, Any] = skops_io.loads(raw, trusted=list(TRUSTED))
    scorer = _scorer(said["scorer"])
    calibration = Calibration(**said["calibration"])
    return Fitted(said["name"], tuple(said["names"]), scorer, calibration), said["data_version"]


def _parts(scorer: Scorer) -> dict[str, Any]:
    if isinstance(scorer, Blend):
        return {"line": scorer.linear.line, "trees": scorer.boosted.trees, "split": scorer.split}
    return {"line": scorer.line} if isinstance(scorer, Linear) else {}


def _scorer(parts: dict[str, Any]) -> Scorer:
    if "trees" in parts:
        return Blend(Linear(parts["line"]), Boosted(parts["trees"]), parts["split"])
    return Linear(parts["line"]) if parts else Fewest()
