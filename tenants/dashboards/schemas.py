"""Shapes of the dashboards API."""

from typing import Annotated
from uuid import UUID

from ninja import Field, Schema

from saas.kit.schemas import Moment, Word

Rolename = Annotated[str, Field(max_length=16)]


class DashboardTile(Schema, extra="forbid"):
    """`measure` and `by` are words of `GET /dashboards/catalogue`; `width` in sixths of a row."""

    kind: Annotated[str, Field(pattern="^(metric|line|bar|table|heat)$")]
    measure: Annotated[str, Field(max_length=40, pattern="^[a-z][a-z0-9_]*$")]
    by: Annotated[list[Annotated[str, Field(max_length=40, pattern="^[a-z][a-z0-9_]*$")]], Field(max_length=2)] = []
    title: Word = ""
    width: Annotated[int, Field(ge=2, le=6)] = 3
    limit: Annotated[int, Field(ge=1, le=500)] = 20
    filters: dict[
        Annotated[str, Field(max_length=40, pattern="^[a-z][a-z0-9_]*$")], Annotated[list[Word], Field(max_length=50)]
    ] = {}


class DashboardSpec(Schema, extra="forbid"):
    """Tiles in order, over a period that ends today."""

    tiles: Annotated[list[DashboardTile], Field(min_length=1, max_length=24)]
    span: Annotated[str, Field(pattern="^p_(7|30|90|365|all)$")] = "p_30"
    source: Annotated[str, Field(pattern="^(all|live|imported)$")] = "all"


class NewDashboard(Schema):
    """No roles: only for oneself."""

    name: Annotated[Word, Field(min_length=1)]
    roles: Annotated[list[Rolename], Field(max_length=13)] = []
    spec: DashboardSpec


class ChangedDashboard(NewDashboard):
    version: Annotated[int, Field(ge=1, le=2_000_000_000, description="The version that was changed; 409 if older")]


class DashboardCopy(Schema):
    name: Annotated[Word, Field(min_length=1)]


class Dashboard(Schema):
    uid: UUID
    name: str
    roles: list[str]
    spec: DashboardSpec
    version: int
    owner: str
    may_edit: bool
    changed_at: Moment


class DashboardMeasure(Schema):
    """What can be shown, and by what it can be split and filtered."""

    name: str
    unit: str
    by: list[str]


class DashboardCatalogue(Schema):
    items: list[DashboardMeasure]
