"""What operations refuse, by name."""

from saas.kit.errors import Refused


class NoDevices(Refused):
    """There is no device in this group. Add one, or choose another group."""

    code = "no_devices"


class ActionOver(Refused):
    """This action is over already."""

    code = "action_over"


class RolloutOver(Refused):
    """In its present state this roll-out cannot do that."""

    code = "rollout_state"


class AboveLimit(Refused):
    """More devices have failed than the limit allows. Retry them, or raise the limit."""

    code = "above_failure_limit"


class NothingToRevert(Refused):
    """No device of this roll-out has taken anything that could be given back."""

    code = "nothing_to_revert"


class ImageInUse(Refused):
    """There is an image of this version for this vendor and model already."""

    code = "image_exists"


class BadImage(Refused):
    """The image does not fit its signature."""

    code = "bad_image"
    status = 422


class GroupInUse(Refused):
    """Other groups lie in this one. Move them first."""

    code = "group_in_use"


class NameTaken(Refused):
    """There is one of this name already. Choose another name."""

    code = "name_taken"
