"""The forms of a word: English plurals, German cases and adjective endings; and the key under which words meet."""

from __future__ import annotations

from collections.abc import Iterator

_FOLD = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "’": "'", "‘": "'", "μ": "µ"})
_GERMAN_ADJECTIVE = ("", "e", "er", "es", "en", "em")


def fold(word: str) -> str:
    """The key of a word: lower case, umlauts as two letters, one kind of apostrophe."""
    return word.lower().translate(_FOLD)


def english_plural(noun: str) -> str:
    """The regular plural of a noun or of a phrase's last word: `scratch` → `scratches`."""
    head, space, last = noun.rpartition(" ")
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        plural = f"{last[:-1]}ies"
    elif last.endswith(("s", "x", "z", "ch", "sh")):
        plural = f"{last}es"
    elif last.endswith("fe"):
        plural = f"{last[:-2]}ves"
    else:
        plural = f"{last}s"
    return f"{head}{space}{plural}"


def noun_forms(noun: str, language: str) -> Iterator[tuple[str, bool]]:
    """Every form of a noun with whether it is (only) a plural.

    Args:
        noun: English: the singular. German: `singular/plural`.
        language: `en` or `de`; another language's noun is taken as written, `singular/plural` where both are given.
    """
    singular, slash, plural = noun.partition("/")
    yield singular, False
    if language == "en" and not slash:
        yield english_plural(singular), True
        return
    if language == "de":
        for ending in ("s", "es"):
            yield f"{singular}{ending}", False
    if slash:
        if plural != singular:
            yield plural, True
        if language == "de" and not plural.endswith(("n", "s")):
            yield f"{plural}n", True


def adjective_forms(adjective: str, language: str) -> Iterator[str]:
    """Every form of an adjective or of a phrase's last word."""
    if language != "de":
        yield adjective
        return
    for ending in _GERMAN_ADJECTIVE:
        yield f"{adjective[:-1] if adjective.endswith('e') and ending else adjective}{ending}"
    if adjective.endswith("el"):
        for ending in _GERMAN_ADJECTIVE[1:]:
            yield f"{adjective[:-2]}l{ending}"
