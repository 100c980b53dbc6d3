"""The plain look of charts that are made of layers."""

from typing import TypeVar

import altair as alt

C = TypeVar("C", alt.Chart, alt.LayerChart)
HEIGHT = 300


def plain(chart: C, height: int = HEIGHT) -> C:
    """No frame, no axis lines."""
    drawn: C = chart.properties(height=height).configure_view(stroke=None).configure_axis(domain=False, ticks=False)
    return drawn
