"""What apps above hear of places. Sent inside the transaction that stored it."""

from django.dispatch import Signal

# The device of an EVSE goes on under a new one: `old`, which has no device any more, and `new`.
renewed = Signal()
# The status of an EVSE changed: `evse`, saved; `before`, its status until now; `at`, by the device's clock.
status_changed = Signal()
