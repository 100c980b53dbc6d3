"""Long texts that owners write: headings, lists, bold and links, and nothing else. Everything is escaped first."""

import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
LINK = re.compile(r"\[([^\[\]]{1,200})\]\(((?:https?://|mailto:|/(?!/))[^\s()<>]{1,500})\)")
HEADINGS = {"# ": "h2", "## ": "h3", "### ": "h4"}
ITEM = re.compile(r"(?:[-*•]|(\d{1,3})[.)])\s+(.*)")


def prose(text: str) -> SafeString:
    """`# Heading`, `- item`, `1. item`, `**bold**`, `[words](https://…)`; an empty line parts paragraphs."""
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return mark_safe("\n".join(_block(block.strip("\n")) for block in blocks if block.strip()))  # noqa: S308 - escaped


def _block(block: str) -> str:
    """A block may begin with a heading or end with a list without an empty line between."""
    parts: list[str] = []
    rest: list[str] = []
    for line in block.split("\n"):
        mark = next((mark for mark in HEADINGS if line.startswith(mark)), None)
        if mark:
            parts += [*_flow(rest), f"<{HEADINGS[mark]}>{_inline(line[len(mark) :])}</{HEADINGS[mark]}>"]
            rest = []
        else:
            rest.append(line)
    return "\n".join([*parts, *_flow(rest)])


def _flow(lines: list[str]) -> list[str]:
    """Lines as paragraphs and lists, in order."""
    made: list[tuple[str, list[str]]] = []
    for line in lines:
        item = ITEM.fullmatch(line.strip())
        kind = ("ol" if item.group(1) else "ul") if item else "p"
        if not made or made[-1][0] != kind:
            made.append((kind, []))
        made[-1][1].append(_inline(item.group(2) if item else line.strip()))
    return [_wrapped(kind, texts) for kind, texts in made]


def _wrapped(kind: str, texts: list[str]) -> str:
    if kind == "p":
        return f"<p>{'<br>'.join(texts)}</p>"
    return f"<{kind}>{''.join(f'<li>{text}</li>' for text in texts)}</{kind}>"


def _inline(text: str) -> str:
    safe = escape(text.strip())
    return LINK.sub(r'<a href="\2" rel="noopener nofollow">\1</a>', BOLD.sub(r"<strong>\1</strong>", safe))
