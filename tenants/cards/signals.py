"""What apps above hear of."""

from django.dispatch import Signal

changed = Signal()  # card: Card; it was added, changed or removed, so stations' lists are out of date
