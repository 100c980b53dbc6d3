"""Double-entry books. The database enforces: entries sum to zero per posting, nothing ever changes, keys are unique."""

from django.db import models

from saas.kit.models import Public


class Account(Public):
    """`owner` is empty for the tenant's own accounts, `user:<uid>` or `organisation:<uid>` for others."""

    class Kind(models.TextChoices):
        PROVIDER = "provider"  # money at the payment provider (asset)
        DRIVER_HOLD = "driver_hold"  # taken, not yet earned (liability)
        HOST_PAYABLE = "host_payable"  # owed to hosts (liability)
        COMMISSION = "commission"  # income
        CANCELLATION_FEE = "cancellation_fee"  # income
        TAX_PAYABLE = "tax_payable"  # liability
        PAYOUT = "payout"  # paid out to bank accounts
        DRIVER_CREDIT = "driver_credit"  # owed to drivers for green charging (liability)
        GREEN_REWARD = "green_reward"  # what that cost the tenant (expense)

    kind = models.CharField(max_length=20, choices=Kind)
    owner = models.CharField(max_length=60, blank=True)
    currency = models.CharField(max_length=3)
    balance_minor = models.BigIntegerField(default=0, help_text="Sum of entries: debit positive, credit negative")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "owner", "currency"], name="account_once")]


class Posting(Public):
    """One balanced movement. `name` is the kind of movement (postings.py), `key` makes it happen once."""

    name = models.CharField(max_length=40)
    key = models.CharField(max_length=120, unique=True)
    reference = models.CharField(max_length=80, db_index=True, help_text="What it is about: `booking:<uid>`, …")
    at = models.DateTimeField()


class Entry(models.Model):
    """One line. Positive is debit, negative is credit."""

    id = models.BigAutoField(primary_key=True)
    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, related_name="entries")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    amount_minor = models.BigIntegerField()
    memo = models.CharField(max_length=120, blank=True)
