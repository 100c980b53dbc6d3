"""Following the feed: every event is handled in order, at least once, however often the follower dies."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from .models import Event, Reader

SETTLED = timedelta(seconds=2)  # transactions that took a lower id have committed by then
BATCH = 200


def follow(*, name: str, kinds: tuple[str, ...], handle: Callable[[Event], bool], now: datetime) -> int:
    """Hand the events since last time to `handle`, and remember how far it got. Returns how many it acted on.

    An exception of `handle` ends the round; the event comes again next time. One follower of a name works at a time.
    """
    failure: Exception | None = None
    with transaction.atomic():
        Reader.objects.get_or_create(name=name)
        reader = Reader.objects.select_for_update(skip_locked=True).filter(name=name).first()
        if reader is None:
            return 0
        events = Event.objects.filter(id__gt=reader.event_id, kind__in=kinds, at__lte=now - SETTLED)
        acted = 0
        for event in events.order_by("id")[:BATCH]:
            try:
                with transaction.atomic():
                    acted += handle(event)
            except Exception as error:  # raised again below, once the place is kept
                failure = error
                break
            reader.event_id = event.id
        reader.save(update_fields=["event_id"])
    if failure is not None:
        raise failure
    return acted
