"""Which language a text is in, by the words that only one language has."""

from __future__ import annotations

from collections.abc import Sequence

from tools.blueprint.lexicon import LANGUAGES, get_lexicon
from tools.blueprint.reading.tokens import Token

_FUNCTION = ("determiners", "prepositions", "conjunctions", "copulas", "negators", "pronouns", "verbs", "number")


def detect_language(tokens: Sequence[Token]) -> str:
    """The language with most evidence; English where there is none.

    A function word counts twice, a content word once, a letter that only German has three times.
    """
    scores = {language: _score(tokens, language) for language in LANGUAGES}
    best = max(LANGUAGES, key=lambda language: (scores[language], language == "en"))
    return best if scores[best] > 0 else "en"


def _score(tokens: Sequence[Token], language: str) -> float:
    lexicon = get_lexicon(language)
    others = [get_lexicon(other) for other in LANGUAGES if other != language]
    score = 0.0
    for token in tokens:
        if token.kind != "word":
            continue
        if language == "de" and any(letter in "äöüß" for letter in token.text.lower()):
            score += 3.0
        if token.key not in lexicon.vocabulary or any(token.key in other.vocabulary for other in others):
            continue
        entries = lexicon.phrases.get((token.key,), ())
        score += 2.0 if any(entry.category in _FUNCTION for entry in entries) else 1.0
    return score
