"""What the feed does at regular times."""

from datetime import datetime, timedelta

from .models import IdempotentAnswer

KEPT = timedelta(days=7)


def forget_answers(now: datetime) -> int:
    """Delete answers whose Idempotency-Key is a week old."""
    return IdempotentAnswer.objects.filter(at__lt=now - KEPT).delete()[0]
