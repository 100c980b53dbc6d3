"""The words of the documents: `<document>/words.json`, key → language → text. A new language: a value each there."""

import json
from functools import cache
from pathlib import Path


@cache
def words(document: str, language: str) -> dict[str, str]:
    """All words of a document in one language. KeyError for a language without words."""
    file = Path(__file__).parent / document / "words.json"
    return {key: texts[language] for key, texts in json.loads(file.read_text(encoding="utf-8")).items()}
