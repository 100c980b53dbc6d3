"""Demand of many stations, H steps ahead: three naive forecasts, one learned for all stations at once, intervals."""

from pipelines.learning.demand.contest import Contest, Part, compete
from pipelines.learning.demand.grid import Grid, TooShort
from pipelines.learning.demand.model import Effort

__all__ = ["Contest", "Effort", "Grid", "Part", "TooShort", "compete"]
