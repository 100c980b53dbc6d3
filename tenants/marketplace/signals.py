"""What apps above hear of the marketplace."""

from django.dispatch import Signal

# Somebody looked for chargers somewhere: `asked` (queries.search.Search), `met` (a charger was found within reach).
searched = Signal()
# A listing has a price from now on: `listing` (with its tariff), `now`. Sent inside the transaction that stored it.
priced = Signal()
