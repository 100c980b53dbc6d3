"""What apps above hear of places. Sent inside the transaction that stored it."""

from django.dispatch import Signal

# The device of an EVSE goes on under a new one: `old`, which has no device any more, and `new`.
renewed = Signal()
