"""What the apps above hear of stations, inside the transaction that stored it."""

from django.dispatch import Signal

# command=StationCommand, now: it was answered, refused, or there will be no answer any more.
answered = Signal()

# station=Station, action, payload, now: a station told something. A receiver may return the payload that answers it.
heard = Signal()

# station=Station, evse (its number, 0 all), said (status, error_code, info), at, now: a connector's newest word.
told = Signal()
