"""Groups of chargers, actions on a whole group, firmware images, roll-outs, configuration templates."""

from .groups import Group, GroupAction, GroupDevice, GroupTask
from .images import AdapterReport, FirmwareImage
from .rollouts import Rollout, RolloutDevice
from .templates import ConfigurationTemplate, TemplateCheck

__all__ = (
    "AdapterReport",
    "ConfigurationTemplate",
    "FirmwareImage",
    "Group",
    "GroupAction",
    "GroupDevice",
    "GroupTask",
    "Rollout",
    "RolloutDevice",
    "TemplateCheck",
)
