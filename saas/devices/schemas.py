"""Shapes of enrolment: what an adapter that nobody owns says of itself."""

from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import StringConstraints

Version = Annotated[str, StringConstraints(max_length=60, pattern=r"^[!-~ ]*$")]


class Enrolment(Schema):
    """The adapter made all of it at its first boot, at random."""

    device: Annotated[str, StringConstraints(pattern=r"^ad_[0-9a-f]{16}$")]
    secret: Annotated[str, StringConstraints(min_length=32, max_length=128, pattern=r"^[!-~]+$")]
    permit_key: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$")] = Field(description="32 bytes")
    claim: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{8}$")] = Field(description="On its sticker")
    fw: Version = ""
    hardware: Version = ""


class Enrolled(Schema):
    """`waiting` until somebody claims it, then `claimed`."""

    device: str
    state: Literal["waiting", "claimed"]
