"""The words of the ESG report, from `words.json`. A new language: a value each there, a locale in `reports.brand`."""

import json
from functools import cache
from pathlib import Path


@cache
def words(language: str) -> dict[str, str]:
    """All words in one language. KeyError for a language without words."""
    table = json.loads((Path(__file__).parent / "words.json").read_text(encoding="utf-8"))
    return {key: texts[language] for key, texts in table.items()}
