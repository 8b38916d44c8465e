"""Changes to a Blueprint in words: relative ("wider", "twice as long", "one more") or absolute ("5 mm", "on the left").

What changed has the origin `edited`. A relative change of a size that nobody knows starts from the type's usual range,
and a warning says so. "Undo" is the history's business (`tools.blueprint.versions`).
"""

from __future__ import annotations

from typing import Any

from tools.blueprint.model import Blueprint, Origin
from tools.blueprint.parser import Parsed, put_type
from tools.blueprint.reading.appended import Owner
from tools.blueprint.reading.counting import put_count
from tools.blueprint.reading.dimensions import Quantity
from tools.blueprint.reading.document import Document, read
from tools.blueprint.reading.draft import Draft
from tools.blueprint.reading.edits import Edits, find_edits
from tools.blueprint.reading.geometry import main_field, put_sizes
from tools.blueprint.reading.language import detect_language
from tools.blueprint.reading.looks import put_looks
from tools.blueprint.reading.mentions import Topic, find_topic
from tools.blueprint.reading.negation import denied_tokens
from tools.blueprint.reading.places import put_places
from tools.blueprint.reading.quantities import scan
from tools.blueprint.reading.scale import find_scale
from tools.blueprint.reading.sizes import Owned, assign
from tools.blueprint.reading.tokens import tokenise

_KEEPS = frozenset({"part"})
"""Fields that a passing mention does not change: "make the scratch on the plate longer"."""


def refine(blueprint: Blueprint, text: str, *, language: str | None = None) -> Parsed:
    """Apply the changes that a text asks for.

    Args:
        blueprint: what to change; it is left as it is.
        text: the change.
        language: `en` or `de`; None finds out, and takes the Blueprint's own where the text does not tell.

    Returns:
        The next version with the changed fields marked `edited`; the same Blueprint and a question where nothing in
        the text could be understood.
    """
    document = read(text, language or _language(blueprint, text))
    draft = Draft(document.language)
    edits = find_edits(document, blueprint, draft)
    _absolute(document, draft, blueprint, edits)
    changes = _without_noise({**draft.values, **edits.changes})
    if blueprint.placement.box is not None and "placement.zone" in changes:
        changes["placement.box"] = None
    if blueprint.placement.polygon is not None and "placement.zone" in changes:
        changes["placement.polygon"] = None
    _move_main_size(blueprint, changes)
    if not changes:
        if not draft.questions:
            draft.ask("", "not_understood", text=text.strip())
        return _result(blueprint, draft, document)
    changed = blueprint.with_changes(changes, Origin.EDITED)
    joined = f"{blueprint.text}\n{text}" if blueprint.text else text
    return _result(changed.model_copy(update={"text": joined}), draft, document)


def _result(blueprint: Blueprint, draft: Draft, document: Document) -> Parsed:
    for written, meant in document.corrected.values():
        draft.warn("corrected", written=written, meant=meant)
    return Parsed(
        blueprint=blueprint,
        questions=draft.sorted_questions(),
        warnings=tuple(draft.warnings),
        language=document.language,
    )


def _language(blueprint: Blueprint, text: str) -> str:
    own = detect_language(tokenise(text))
    return own if own != "en" else detect_language([*tokenise(text), *tokenise(text), *tokenise(blueprint.text)])


def _absolute(document: Document, draft: Draft, blueprint: Blueprint, edits: Edits) -> None:
    """What the text says outright, read as a description of the same defect."""
    denied = denied_tokens(document) | edits.used
    topic = find_topic(document, denied)
    if topic.name is not None and topic.mention is not None:
        if topic.name != blueprint.defect_type and topic.mention.rank < 2:
            put_type(document, draft, topic)
    elif topic.alternatives:
        put_type(document, draft, topic)
    else:
        topic = Topic(blueprint.defect_type, None, (), (), topic.mentions)
    quantities, numbers = scan(document)
    quantities = [quantity for quantity in quantities if quantity.start not in denied]
    numbers = [number for number in numbers if number.start not in denied]
    scale, used = find_scale(document, quantities)
    if scale is not None:
        draft.put("mm_per_px", scale, Origin.SAID)
    sizes = [quantity for quantity in quantities if quantity.start not in used]
    put_sizes(document, draft, _owned(document, sizes, topic), topic, scale or blueprint.mm_per_px)
    put_places(document, draft, topic, denied, quantities)
    put_looks(document, draft, topic, denied, quantities)
    _count(document, draft, topic, numbers, quantities, denied)


def _owned(document: Document, sizes: list[Quantity], topic: Topic) -> list[Owned]:
    """Without the defect's name in the text, a bare size is the defect's."""
    owned = assign(document, sizes, topic)
    if topic.mention is not None or any(item.owner is Owner.DEFECT for item in owned):
        return owned
    return [Owned(item.quantity, Owner.DEFECT, None) if item.noun is None else item for item in owned]


def _count(
    document: Document,
    draft: Draft,
    topic: Topic,
    numbers: list[Quantity],
    quantities: list[Quantity],
    denied: frozenset[int],
) -> None:
    if topic.mention is not None:
        own = Draft(draft.language)
        put_count(document, own, topic, numbers, quantities)
        if "count" in own.values and not _from_article(own):
            draft.put("count", own.values["count"], Origin.SAID)
        return
    for number in numbers:
        low, high = number.values[0]
        whole = low == int(low) and high == int(high) and 1 <= low <= high <= 10_000
        article = document.key(number.start) in document.lexicon.grammar["indefinite"]
        if document.is_unknown_word(number.end):
            end = document.tokens[number.end].end
            surface = document.text[document.tokens[number.start].start : end]
            draft.ask(f"geometry.{main_field(topic.name)}", "unknown_unit", surface=surface)
            return
        if whole and not article:
            draft.put("count", {"min": int(low), "max": int(high)}, Origin.SAID)
            return
    for match in document.all("vague"):
        if match.start in denied:
            continue
        low_text, high_text = match.value.split()
        draft.put("count", {"min": int(low_text), "max": int(high_text)}, Origin.SAID)
        return


def _from_article(own: Draft) -> bool:
    """`no, a crack`: the article does not change how many there are."""
    return own.origins["count"] is Origin.INFERRED and bool(own.values["count"].max == 1)


def _without_noise(changes: dict[str, Any]) -> dict[str, Any]:
    return {path: value for path, value in changes.items() if path not in _KEEPS or len(changes) == 1}


def _move_main_size(blueprint: Blueprint, changes: dict[str, Any]) -> None:
    """A new type keeps the size: what was the length of a scratch is the diameter of a dent."""
    new = changes.get("defect_type")
    if new is None or blueprint.defect_type is None:
        return
    old_main, new_main = main_field(blueprint.defect_type), main_field(new)
    value = getattr(blueprint.geometry, old_main)
    if old_main == new_main or value is None or getattr(blueprint.geometry, new_main) is not None:
        return
    if f"geometry.{new_main}" not in changes:
        changes[f"geometry.{new_main}"] = value
    if f"geometry.{old_main}" not in changes:
        changes[f"geometry.{old_main}"] = None
