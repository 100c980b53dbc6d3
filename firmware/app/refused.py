"""A refusal that has a name of the wire (`words.W.REFUSE_…`)."""


class Refused(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
