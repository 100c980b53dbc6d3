"""Words and bars of the operations pages."""

import json
from collections.abc import Mapping
from datetime import datetime

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from saas.web.words import number
from tenants.operations import words
from tenants.operations.queries import Counts, StageRow

register = template.Library()
COLUMNS = (("done", "good"), ("trouble", "bad"), ("skipped", "mute"), ("flying", "info"))


@register.inclusion_tag("web/c/badge.html")
def op_state(name: str) -> dict[str, str]:
    """A badge with the word of a state."""
    word, tone = words.state(name)
    return {"word": word, "tone": tone}


@register.simple_tag
def op_word(name: str) -> str:
    """The word alone."""
    return str(words.state(name)[0])


@register.inclusion_tag("web/c/badge.html")
def finding(kind: str) -> dict[str, str]:
    """A badge with what is wrong with a value."""
    word, tone = words.FINDINGS[kind]
    return {"word": str(word), "tone": tone}


@register.filter
def reason(name: str) -> str:
    """Why, in words."""
    return words.reason(name)


@register.filter
def kind_word(kind: str) -> str:
    """The kind of a group."""
    return str(words.KINDS[kind])


@register.filter
def pretty(answer: object) -> str:
    """JSON for people."""
    return json.dumps(answer, indent=1, ensure_ascii=False)


@register.filter(name="words")
def split(text: str) -> list[str]:
    """A list in a template."""
    return text.split()


@register.filter
def value(held: Mapping[str, object], key: str) -> object:
    """What a dictionary holds under a key that is a variable."""
    return held.get(key)


@register.filter
def moment(text: str) -> datetime:
    """A moment that lies in JSON."""
    return datetime.fromisoformat(text)


@register.simple_tag
def action_bar(counts: Counts, label: str) -> SafeString:
    """How far a group action is."""
    held = counts.by_state
    skipped = held.get("skipped", 0) + held.get("cancelled", 0)
    return _bar((counts.done, counts.trouble, skipped, held.get("sent", 0)), counts.total, label)


@register.simple_tag
def stage_bar(stage: StageRow, label: str) -> SafeString:
    """How far a stage of a roll-out is."""
    tally = stage.tally
    return _bar((tally.done, tally.failed, tally.skipped, tally.flying), stage.devices, label)


def _bar(parts: tuple[int, ...], total: int, label: str) -> SafeString:
    """Stacked shares. Widths are attributes: our pages allow no inline styles."""
    drawn, left = [], 0
    for (_name, tone), count in zip(COLUMNS, parts, strict=True):
        if count:
            drawn.append((tone, left, count))
            left += count
    rects = format_html_join("", '<rect class="{}" x="{}" width="{}" height="1"></rect>', drawn)
    spoken = f"{label}: {number(parts[0] + parts[1] + parts[2])}/{number(total)}"
    return format_html(
        '<svg class="shares flip" viewBox="0 0 {} 1" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        max(total, 1), spoken, rects,
    )  # fmt: skip
