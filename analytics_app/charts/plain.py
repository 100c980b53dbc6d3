"""The plain look of charts that are made of layers."""

from typing import Any

HEIGHT = 300


def plain(chart: Any, height: int = HEIGHT) -> Any:
    """The same chart without frame and axis lines."""
    return chart.properties(height=height).configure_view(stroke=None).configure_axis(domain=False, ticks=False)
