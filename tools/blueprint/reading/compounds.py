"""German compounds taken apart: Aluminiumplatte → aluminium + plate; Rostfleck, Kantenausbruch, Glasrand."""

from __future__ import annotations

from functools import lru_cache

from tools.blueprint.lexicon import Entry, get_lexicon

_HEADS = ("defect", "part", "zone", "material", "not_countable")
_MODIFIERS = (
    "material",
    "zone",
    "defect",
    "orientation",
    "orientation_inferred",
    "part",
    "colour",
    "severity",
    "finish",
)
_LINKS = ("", "s", "n", "en", "es", "er", "e")
_SHORTEST = 4
_GUARD = {"rund", "dienst", "rostfrei", "rostfreier", "rostfreiem", "rostfreien"}


@lru_cache(maxsize=4096)
def split_compound(word: str) -> tuple[Entry, ...]:
    """What a long unknown German word means, its head first; empty where it does not come apart.

    Args:
        word: folded.
    """
    lexicon = get_lexicon("de")
    if len(word) < 7 or word in lexicon.vocabulary or word in lexicon.ordinary or word in _GUARD:
        return ()
    for cut in range(3, len(word) - _SHORTEST + 1):
        head = [entry for entry in lexicon.phrases.get((word[cut:],), ()) if entry.category in _HEADS]
        if not head or (len(word) - cut < 5 and head[0].category not in ("defect", "zone", "part", "material")):
            continue
        modifiers = _modifier(word[:cut])
        parts = [entry for entry in head if entry.category == "part"]
        if parts and any(entry.category == "material" for entry in modifiers):
            head = parts
        return (head[0], *modifiers)
    return _material_of(word)


def _material_of(word: str) -> tuple[Entry, ...]:
    """The material that a compound with an unknown head begins with: Messingarmatur → brass."""
    lexicon = get_lexicon("de")
    for cut in range(len(word) - _SHORTEST, _SHORTEST - 1, -1):
        found = [entry for entry in lexicon.phrases.get((word[:cut],), ()) if entry.category == "material"]
        if found:
            return (found[0],)
    return ()


def _modifier(prefix: str) -> tuple[Entry, ...]:
    """What the front of a compound means, its linking letters taken off."""
    lexicon = get_lexicon("de")
    for link in _LINKS:
        if link and not prefix.endswith(link):
            continue
        stem = prefix[: len(prefix) - len(link)] if link else prefix
        entries = [
            entry for entry in lexicon.phrases.get((stem,), ()) if entry.category in _MODIFIERS and len(stem) >= 3
        ]
        if entries:
            return tuple(entries[:2])
    return split_compound(prefix)[:2] if len(prefix) >= 8 else ()
