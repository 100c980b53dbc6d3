"""Everything that changes groups, actions on them, images, roll-outs and templates."""

from .groups import Wanted, change_group, create_group, delete_group, put_devices, take_device
from .images import Described, add_image, withdraw_image
from .rollouts import Plan, abort, begin_configuration, begin_firmware, pause, resume, retry_failed, revert
from .running import cancel_action, retry_action, start_action
from .templates import Wanted as WantedTemplate
from .templates import change_template, check_now, create_template, delete_template, fix_drift

__all__ = (
    "Described",
    "Plan",
    "Wanted",
    "WantedTemplate",
    "abort",
    "add_image",
    "begin_configuration",
    "begin_firmware",
    "cancel_action",
    "change_group",
    "change_template",
    "check_now",
    "create_group",
    "create_template",
    "delete_group",
    "delete_template",
    "fix_drift",
    "pause",
    "put_devices",
    "resume",
    "retry_action",
    "retry_failed",
    "revert",
    "start_action",
    "take_device",
    "withdraw_image",
)
