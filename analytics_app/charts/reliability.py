"""Said against came: a probability that keeps its word lies on the diagonal."""

import altair as alt
import polars as pl

HEIGHT = 320


def reliability(rows: pl.DataFrame, *, said: str, came: str, days: str, colours: tuple[str, str]) -> alt.LayerChart:
    """Points per bin (`said` and `came` from 0 to 1, `rows` as size) on the diagonal that they should lie on."""
    top = max(0.01, float(rows.select(pl.max_horizontal("said", "came").max()).item() or 0) * 1.1)
    scale = alt.Scale(domain=[0, top])
    x = alt.X("said:Q", title=said, scale=scale, axis=alt.Axis(format=".1%", tickCount=5))
    y = alt.Y("came:Q", title=came, scale=scale, axis=alt.Axis(format=".1%", tickCount=5))
    size = alt.Size("rows:Q", title=days, legend=None, scale=alt.Scale(range=[60, 400]))
    tips = [alt.Tooltip("said:Q", format=".2%"), alt.Tooltip("came:Q", format=".2%"), alt.Tooltip("rows:Q", format=",")]
    points = alt.Chart(rows).mark_circle(color=colours[0], opacity=0.9).encode(x=x, y=y, size=size, tooltip=tips)
    ends = pl.DataFrame({"said": [0.0, top], "came": [0.0, top]})
    line = alt.Chart(ends).mark_line(color=colours[1], strokeDash=[4, 4]).encode(x=x, y=y)
    drawn: alt.LayerChart = (line + points).properties(height=HEIGHT).configure_view(stroke=None)
    return drawn
