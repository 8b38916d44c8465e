"""What it is on and what it looks like: material, finish, part, severity, colour, gloss, edge, contrast."""

from __future__ import annotations

from collections.abc import Sequence

from tools.blueprint.model import Origin, Range, Severity
from tools.blueprint.reading.dimensions import Quantity
from tools.blueprint.reading.document import Document, Match
from tools.blueprint.reading.draft import Draft
from tools.blueprint.reading.mentions import Topic
from tools.blueprint.reading.phrases import noun_at, phrase_at, preposition_before

_LEVELS = [level.value for level in Severity]
_COLOUR_METALS = frozenset({"gold", "silver", "chrome"})
_CONTRAST = {
    "very_dark": (-0.9, -0.6), "dark": (-0.6, -0.25), "bright": (0.25, 0.6), "very_bright": (0.6, 0.9),
    "faint": (-0.15, -0.05), "strong": (-0.8, -0.4),
}  # fmt: skip
_PAIR_REACH = 5
_MATERIAL_IS_MATTER = frozenset({"contamination", "stain", "bump"})


def put_looks(
    document: Document, draft: Draft, topic: Topic, denied: frozenset[int], quantities: Sequence[Quantity]
) -> None:
    """Fill material, finish, part, severity and appearance of a draft."""
    _put_material(document, draft, topic, denied)
    _put_part(document, draft, denied)
    _put_finish(document, draft, denied)
    _put_severity(document, draft, denied, quantities)
    _put_appearance(document, draft, topic, denied)


def _put_material(document: Document, draft: Draft, topic: Topic, denied: frozenset[int]) -> None:
    found = [match for match in document.all("material") if match.start not in denied and _is_material(document, match)]
    unique: list[Match] = []
    for match in found:
        if not any(
            o.start <= match.start and match.end <= o.end and o.end - o.start > match.end - match.start for o in found
        ):
            unique.append(match)
    if not unique:
        return
    best = min(unique, key=lambda match: (_material_rank(document, match, topic), match.start))
    if _material_rank(document, best, topic) < 4:
        draft.put("material", best.value, Origin.SAID)


def _is_material(document: Document, match: Match) -> bool:
    """Not a colour ("silver scratch"), nor a word that only grades ("stainless-looking")."""
    if document.key(match.end) in ("coloured", "colored", "looking", "like", "farben", "free", "frei"):
        return False
    if match.value in _COLOUR_METALS and document.covering(match.start, "colour") is not None:
        return document.is_a(match.end, "part", "finish") or document.is_a(match.start - 1, "place_prepositions")
    return True


def _material_rank(document: Document, match: Match, topic: Topic) -> int:
    """0 what it is on ("on the steel door"), 1 of a part or alone, 3 right before the defect's name, 4 its matter."""
    covering = document.covering(match.start, "defect")
    if (
        covering is not None
        and covering.start <= match.start
        and match.end <= covering.end
        and match.end != covering.end
    ):
        return 4
    after = noun_at(document, match.end)
    if after is not None and after.category == "defect" and after.entry.kind != "adjective":
        return 4 if topic.name in _MATERIAL_IS_MATTER and after.value == topic.name else 3
    preposition = preposition_before(document, match.start)
    if preposition is not None and document.is_a(preposition, "place_prepositions"):
        mention = topic.mention.match if topic.mention is not None else None
        if document.key(preposition) == "of" and after is None and mention is not None and mention.end == preposition:
            return 2 if topic.name in _MATERIAL_IS_MATTER else 0
        return 0
    if preposition is not None:
        return 2
    return 1


def _put_part(document: Document, draft: Draft, denied: frozenset[int]) -> None:
    """The thing the defect is on: the first part that a preposition of place governs, else the first."""
    heads = [
        match for match in document.all("part")
        if match.start not in denied and noun_at(document, match.start) is not None
    ]  # fmt: skip
    heads = [match for match in heads if not any(other.start == match.end for other in heads)]
    if not heads:
        return
    governed = [
        match for match in heads
        if (p := preposition_before(document, match.start)) is not None and document.is_a(p, "place_prepositions")
    ]  # fmt: skip
    draft.put("part", (governed or heads)[0].value, Origin.SAID)


def _put_finish(document: Document, draft: Draft, denied: frozenset[int]) -> None:
    for match in document.all("finish"):
        if match.start in denied:
            continue
        long = match.end - match.start > 1
        noun = phrase_at(document, match.end, unknown=False)
        described = noun.head is not None and noun.head.category in ("part", "material")
        if long or described or document.is_a(match.start, "material"):
            draft.put("finish", match.value, Origin.SAID)
            return


def _put_severity(document: Document, draft: Draft, denied: frozenset[int], quantities: Sequence[Quantity]) -> None:
    """What was said outright wins; of what is implied, the worst."""
    said: list[str] = []
    implied: list[str] = []
    weak: list[str] = []
    for match in _severities(document):
        if not _grades_the_defect(document, match, quantities):
            continue
        level = match.value
        if match.start in denied:
            opposite = _opposite(level)
            if opposite:
                implied.append(opposite)
        elif match.entry.kind == "said" and not _common_adjective(document, match):
            said.append(level)
        elif match.entry.kind == "weak":
            weak.append(level)
        else:
            implied.append(level)
    implied += _severity_pairs(document, denied)
    if said:
        draft.put("severity", Severity(max(said, key=_LEVELS.index)), Origin.SAID)
    elif implied or weak:
        draft.put("severity", Severity(max(implied or weak, key=_LEVELS.index)), Origin.INFERRED)


def _severity_pairs(document: Document, denied: frozenset[int]) -> list[str]:
    """Verdicts in two words with others between them: "stop the whole line", "the customer would send it back"."""
    graded = {index for match in _severities(document) for index in range(match.start, match.end)}
    found: list[str] = []
    for level, pairs in document.lexicon.grammar.get("severity_pairs", {}).items():
        for firsts, seconds in pairs:
            for index, key in enumerate(document.keys):
                if key not in firsts or index in denied or index in graded:
                    continue
                stop = min(index + 1 + _PAIR_REACH, document.sentence_of(index)[1])
                if any(document.key(at) in seconds and at not in denied for at in range(index + 1, stop)):
                    found.append(level)
    return found


def _severities(document: Document) -> list[Match]:
    found: list[Match] = []
    for match in document.all("severity"):
        if not any(o.start <= match.start and match.end <= o.end for o in found):
            found.append(match)
    return found


def _opposite(level: str) -> str | None:
    return {"critical": "minor", "severe": "minor", "minor": "severe"}.get(level)


def _common_adjective(document: Document, match: Match) -> bool:
    """ "light", "slight": they grade the look; a verdict beside them ("scrap") weighs more."""
    return document.key(match.start) in ("light", "lightly", "slight", "slightly", "leicht", "mild", "mildly")


def _grades_the_defect(document: Document, match: Match, quantities: Sequence[Quantity]) -> bool:
    """Not "heavy plate", "light bulb", "medium grey", "strong magnet", "leicht gebogen"."""
    if any(q.start <= match.start < q.tail for q in quantities) or _means_something_else(document, match):
        return False
    attributive = document.lexicon.grammar["attributive_severity"]
    if match.end - match.start > 1 or not any(document.key(match.start).startswith(word) for word in attributive):
        return True
    return _is_said_of_the_defect(document, match)


def _means_something_else(document: Document, match: Match) -> bool:
    """Part of a defect's name, or of a colour, a curvature or a part."""
    if document.covering(match.start, "defect") is not None and match.entry.kind != "weak":
        return True
    other = document.covering(match.start, "curvature", "colour", "contrast", "part")
    return other is not None and match.end - match.start == 1 and match.entry.kind == "said"


def _is_said_of_the_defect(document: Document, match: Match) -> bool:
    """Whether an adjective such as "light" stands with the defect, or alone."""
    if document.is_a(match.end, "zone", "orientation", "prepositions", "curvature"):
        return document.tokens[match.end].kind == "word" and document.is_a(match.start - 1, "copulas")
    if document.language == "en" and document.key(match.start).endswith("ly"):
        return document.is_a(match.end, "defect") or match.end >= len(document.tokens)
    phrase = phrase_at(document, match.end)
    if phrase.start == phrase.end:
        return True
    if document.covering(match.end, "colour", "finish") is not None and phrase.defect is None:
        return False
    has_defect = any(document.is_a(index, "defect") for index in range(phrase.start, phrase.end))
    return has_defect or phrase.head is None


def _put_appearance(document: Document, draft: Draft, topic: Topic, denied: frozenset[int]) -> None:
    for category, path in (("colour", "appearance.colour"), ("gloss", "appearance.gloss")):
        for match in _longest(document, category):
            if match.start not in denied and _describes_topic(document, match, topic):
                draft.put(path, match.value, Origin.SAID)
                break
    for match in _longest(document, "edge_look"):
        if match.start not in denied and (match.end - match.start > 1 or _describes_topic(document, match, topic)):
            draft.put("appearance.edge", match.value, Origin.SAID)
            break
    for match in _longest(document, "contrast"):
        if match.start not in denied and _describes_topic(document, match, topic):
            low, high = _CONTRAST[match.value]
            draft.put("appearance.contrast", Range(min=low, max=high), Origin.INFERRED)
            break


def _longest(document: Document, category: str) -> list[Match]:
    found: list[Match] = []
    for match in document.all(category):
        if not any(o.start <= match.start and match.end <= o.end for o in found):
            found.append(match)
    return found


def _describes_topic(document: Document, match: Match, topic: Topic) -> bool:
    """Whether a colour or sheen is the defect's: before its name, or after it with no part between."""
    after = phrase_at(document, match.end, unknown=False)
    if topic.mention is None:
        return topic.name is not None and after.head is None
    for index in range(after.start, after.end):
        found = document.covering(index, "defect")
        if found is not None and topic.is_topic(found):
            return True
    if after.head is not None:
        return False
    before = noun_at(document, match.start - 1)
    if before is not None and before.category in ("part", "material"):
        return False
    mention = topic.mention.match
    if match.start >= mention.end:
        between = range(mention.end, match.start)
        return not any((noun := noun_at(document, i)) is not None and noun.category == "part" for i in between)
    return False
