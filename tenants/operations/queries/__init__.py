"""Reads of groups, actions, images, roll-outs and templates; each says who may see."""

from .actions import Counts, action, actions_of, counts, latest_of, task_page
from .groups import all_groups, below, group, group_page
from .images import fits, image, image_page, images_for
from .members import Member, charging_among, everything, member_of, members_of, of_ids
from .rollouts import StageRow, device_page, progress, rollout, rollout_page, tally
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
    "check_page",
    "counts",
    "device_page",
    "drift_counts",
    "everything",
    "fits",
    "group",
    "group_page",
    "image",
    "image_page",
    "images_for",
    "latest_of",
    "member_of",
    "members_of",
    "of_ids",
    "progress",
    "rollout",
    "rollout_page",
    "tally",
    "task_page",
    "template",
    "template_page",
    "wanted_by",
)
