"""What charging tells the apps above it. Sent inside the transaction that stored it."""

from django.dispatch import Signal

# A device answered a command of the outbox, for the first time: `command`, a DeviceCommand; `now`.
replied = Signal()
# A device said something that changes no session: `device`, `event` (wire.EV_NOTICE), `now`. May come twice.
noticed = Signal()
