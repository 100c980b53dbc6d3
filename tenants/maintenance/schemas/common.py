"""Words that the shapes of maintenance share."""

from typing import Annotated, Literal

from ninja import Field

Severity = Literal["critical", "major", "minor", "info"]
CauseClass = Literal["hardware", "grid", "vehicle", "network", "payment", "planned", "vandalism"]
Excluded = Literal[
    "", "utility_interruption", "internet_failure", "vehicle_fault", "vandalism", "natural_disaster",
    "scheduled_maintenance", "outside_hours",
]  # fmt: skip
Mrec = Annotated[str, Field(max_length=12, description="CX001 to CX026 of ChargeX, or OtherError")]
Verb = Literal["assign", "accept", "decline", "travel", "start", "finish", "return", "verify", "cancel"]
