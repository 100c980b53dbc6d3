"""What charging tells the apps above it. Sent inside the transaction that stored it."""

from django.dispatch import Signal

# A device answered a command of the outbox, for the first time: `command`, a DeviceCommand; `now`.
replied = Signal()
# A device said something that changes no session: `device`, `event` (wire.EV_NOTICE), `now`. May come twice.
noticed = Signal()
# A station uses an EVSE that is not there: `device`, `evse` (its number), `now`. A receiver may make it at once.
evse_missing = Signal()
# A session began to deliver: `session`; `reservation`, the station's number of the one that it uses up, or None; `now`.
began = Signal()
# A session of a station is over, billed or not: `session`, `now`.
ended = Signal()
# A permit is about to be signed: `session`. A receiver may return the current in mA that it may not exceed.
permitting = Signal()
# A device raised a fault, or cleared it: `device`, `evses`, `event` (wire.EV_FAULT or EV_CLEARED), `at`, `now`.
faulted = Signal()
# A start was refused: `device`, `evse` (its number, 0 unknown), `reason`, `by_device`, `now`.
refused = Signal()
