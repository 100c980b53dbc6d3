"""What can be refused about cards, by name."""

from saas.kit.errors import Invalid, Refused


class CardTaken(Refused):
    """This card is registered already. If it is yours, ask support to free it."""

    code = "card_taken"


class GroupTaken(Refused):
    """There is a group with this parent id already."""

    code = "card_group_taken"


class BadIdTag(Invalid):
    """A card's number has 4 to 36 letters, digits or one of * - _ = : + | @ . without spaces."""

    code = "bad_id_tag"
