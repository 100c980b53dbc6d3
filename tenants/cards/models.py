"""Cards and the groups they belong to: who may charge by RFID."""

from django.db import models
from django.db.models.functions import Upper

from saas.kit.models import Public


class CardGroup(Public):
    """Cards that stand in for each other: OCPP's parentIdTag (1.6) and groupIdToken (2.0.1). A session that one of
    them started, another may stop.
    """

    name = models.CharField(max_length=80)
    parent_id = models.CharField(max_length=20, help_text="What stations are told; 20 characters are OCPP 1.6's most")
    organisation = models.ForeignKey("accounts.Organisation", null=True, blank=True, on_delete=models.PROTECT)
    most_at_once = models.PositiveSmallIntegerField(null=True, help_text="Cards that may charge at a time; empty: all")

    class Meta:
        constraints = [models.UniqueConstraint(Upper("parent_id"), name="card_group_parent_once")]

    def __str__(self) -> str:
        return self.name


class Card(Public):
    """An RFID card, key fob or other token (OCPP IdToken). Upper and lower case are the same, as OCPP 1.6 says."""

    class Kind(models.TextChoices):
        """OCPP 2.0.1 IdTokenEnumType, as far as a card can be one."""

        ISO14443 = "ISO14443"
        ISO15693 = "ISO15693"
        CENTRAL = "Central"
        EMAID = "eMAID"
        KEY_CODE = "KeyCode"
        LOCAL = "Local"
        MAC_ADDRESS = "MacAddress"

    class State(models.TextChoices):
        ACTIVE = "active"
        BLOCKED = "blocked"

    id_tag = models.CharField(max_length=36)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.ISO14443)
    name = models.CharField(max_length=80, blank=True, help_text="What its owner calls it")
    driver = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="cards")
    group = models.ForeignKey(CardGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="cards")
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    expires_at = models.DateTimeField(null=True, blank=True)
    month_limit_wh = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Energy per calendar month of the tenant; empty: any"
    )
    most_at_once = models.PositiveSmallIntegerField(
        null=True, blank=True, default=1, help_text="Sessions that may run on it at a time; empty: any number"
    )
    changed_at = models.DateTimeField(auto_now=True, db_index=True, help_text="Stations' local lists follow it")

    class Meta:
        constraints = [models.UniqueConstraint(Upper("id_tag"), name="card_once")]

    def __str__(self) -> str:
        return self.name or self.id_tag
