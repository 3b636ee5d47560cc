"""The scripts that text is written in, for reports of how well a vocabulary fits each of them."""

from __future__ import annotations

import re
from collections import Counter

RANGES = {
    "Latin": "A-Za-zªºÀ-ÖØ-öø-ʸḀ-ỿ",
    "Greek": "Ͱ-Ͽἀ-῿",
    "Cyrillic": "Ѐ-ԯ",
    "Armenian": "Ա-֏",
    "Hebrew": "\u0591-\u05f4",
    "Arabic": "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff",
    "Devanagari": "\u0900-\u097f",
    "Bengali": "\u0980-\u09ff",
    "Tamil": "\u0b80-\u0bff",
    "Telugu": "\u0c00-\u0c7f",
    "Thai": "\u0e00-\u0e7f",
    "Georgian": "\u10a0-\u10ff",
    "Ethiopic": "\u1200-\u137f",
    "Kana": "\u3040-\u30ff",
    "Hangul": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    "Han": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff",
}
"""Unicode blocks of the scripts that are told apart; the rest of the letters count as `other`."""

_RUNS = re.compile("|".join(f"(?P<{name}>[{ranges}]+)" for name, ranges in RANGES.items()) + r"|(?P<other>[^\W\d_]+)")


def main_script(text: str) -> str:
    """Return the script of most letters of `text`; `none` without letters. A Kana line is Japanese, Han or not."""
    letters: Counter[str] = Counter()
    for run in _RUNS.finditer(text):
        letters[run.lastgroup or "other"] += run.end() - run.start()
    if letters["Kana"] * 10 > letters["Han"]:
        letters["Kana"] += letters["Han"]
    return letters.most_common(1)[0][0] if letters.total() else "none"
