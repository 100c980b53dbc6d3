"""How one device takes firmware, or a configuration: step by step, each step a row. `KINDS` is the table."""

from .configuration import ConfigurationSteps
from .firmware import FirmwareSteps
from .steps import Steps

KINDS: dict[str, Steps] = {"firmware": FirmwareSteps(), "configuration": ConfigurationSteps()}

__all__ = ("KINDS", "Steps")
