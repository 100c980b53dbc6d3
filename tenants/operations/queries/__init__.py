"""Reads of groups, actions, images, roll-outs and templates; each says who may see."""

from .actions import Counts, action, actions_of, counts, latest_of, task_page
from .groups import all_groups, below, group, group_page, location, locations
from .images import fits, image, image_page, images_for
from .members import Member, charging_among, everything, firmware_of, member_of, members_of, of_ids, resolve
from .rollouts import StageRow, device_page, progress, rollout, rollout_page, tally
from .seeing import check_list
from .templates import check_page, drift_counts, template, template_page, wanted_by

__all__ = (
    "Counts",
    "Member",
    "StageRow",
    "action",
    "actions_of",
    "all_groups",
    "below",
    "charging_among",
    "check_list",
    "check_page",
    "counts",
    "device_page",
    "drift_counts",
    "everything",
    "firmware_of",
    "fits",
    "group",
    "group_page",
    "image",
    "image_page",
    "images_for",
    "latest_of",
    "location",
    "locations",
    "member_of",
    "members_of",
    "of_ids",
    "progress",
    "resolve",
    "rollout",
    "rollout_page",
    "tally",
    "task_page",
    "template",
    "template_page",
    "wanted_by",
)
