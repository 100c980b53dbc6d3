"""What stations and commands to them are refused for."""

from saas.kit.errors import Refused


class AcceptedAlready(Refused):
    """This station was accepted already."""

    code = "accepted_already"
