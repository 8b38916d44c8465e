"""From plain language to a Blueprint, without a language model.

English and German. Every field says where its value came from: `said` in so many words, `inferred` from what was said,
or `unknown`. What is missing or said twice becomes a question; nothing is guessed silently. The reading itself is in
`tools.blueprint.reading`, the words are in `tools.blueprint.lexicon`, changes to a Blueprint in `refine`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from tools.blueprint.lexicon import get_lexicon
from tools.blueprint.model import Blueprint, Origin
from tools.blueprint.reading.counting import put_count
from tools.blueprint.reading.document import Document, read
from tools.blueprint.reading.draft import Draft, Question
from tools.blueprint.reading.geometry import main_field, put_sizes
from tools.blueprint.reading.looks import put_looks
from tools.blueprint.reading.mentions import Topic, find_topic
from tools.blueprint.reading.negation import denied_tokens
from tools.blueprint.reading.places import put_places
from tools.blueprint.reading.quantities import scan
from tools.blueprint.reading.scale import find_scale
from tools.blueprint.reading.sizes import assign
from tools.blueprint.reading.tokens import MAX_CHARACTERS
from tools.blueprint.registry import DEFECT_TYPES

__all__ = ["Parsed", "Question", "parse", "refine"]

FIELDS = (
    "defect_type", "material", "finish", "part", "geometry.length_mm", "geometry.width_mm", "geometry.depth_mm",
    "geometry.diameter_mm", "geometry.orientation_deg", "geometry.curvature", "count", "appearance.contrast",
    "appearance.colour", "appearance.gloss", "appearance.edge", "placement.zone", "placement.distribution", "severity",
    "mm_per_px",
)  # fmt: skip
"""The fields whose origin a parse always states."""


class Parsed(BaseModel):
    """What a text says: the Blueprint, what has to be asked, and what the reader should know."""

    model_config = ConfigDict(frozen=True)

    blueprint: Blueprint
    questions: tuple[Question, ...] = ()
    warnings: tuple[str, ...] = ()
    language: str = "en"


def parse(text: str, *, language: str | None = None) -> Parsed:
    """Read a description of a defect.

    Args:
        text: one or more sentences, or notes; anything is accepted, and nonsense leaves every field unknown.
        language: `en` or `de`; None finds out.

    Returns:
        Version 1 of a Blueprint whose `origin` has every field of `FIELDS`, at most three questions, and warnings.

    Raises:
        BlueprintError: there is no vocabulary for the language.
    """
    document = read(text, get_lexicon(language).language if language else None)
    draft = Draft(document.language)
    denied = denied_tokens(document)
    topic = find_topic(document, denied)
    quantities, numbers = scan(document)
    quantities = [quantity for quantity in quantities if quantity.start not in denied]
    numbers = [number for number in numbers if number.start not in denied]
    scale, used = find_scale(document, quantities)
    if scale is not None:
        draft.put("mm_per_px", scale, Origin.SAID)
    sizes = [quantity for quantity in quantities if quantity.start not in used]
    put_type(document, draft, topic)
    put_sizes(document, draft, assign(document, sizes, topic), topic, scale)
    put_count(document, draft, topic, numbers, quantities)
    put_places(document, draft, topic, denied, quantities)
    put_looks(document, draft, topic, denied, quantities)
    _ask_for_size(document, draft, topic)
    return build(document, draft)


def put_type(document: Document, draft: Draft, topic: Topic) -> None:
    """Set `defect_type`, or ask for it."""

    def label(name: str) -> str:
        return _label(name, draft.language)

    if topic.name is not None:
        named = topic.mention is not None and topic.mention.match.entry.kind != "adjective"
        outright = named or topic.name == "missing_part"
        draft.put("defect_type", topic.name, Origin.SAID if outright else Origin.INFERRED)
        if topic.others:
            joined = get_lexicon(draft.language).questions["and"].join(label(name) for name in topic.others)
            draft.warn("others", label=label(topic.name), others=joined)
    elif topic.alternatives:
        first, second = topic.alternatives[:2]
        options = tuple(label(name) for name in topic.alternatives)
        draft.ask("defect_type", "which_of", options, first=label(first), second=label(second))
    else:
        options = tuple(label(name) for name in DEFECT_TYPES)
        if topic.mention is not None and topic.mention.name == "unmapped":
            match = topic.mention.match
            word = document.text[document.tokens[match.start].start : document.tokens[match.end - 1].end]
            draft.ask("defect_type", "not_a_type", options, word=word)
        else:
            draft.ask("defect_type", "which_type", options)


def _label(name: str, language: str) -> str:
    labels = DEFECT_TYPES[name].label
    return labels.get(language, labels["en"])


def _ask_for_size(document: Document, draft: Draft, topic: Topic) -> None:
    """Ask for the main size where the text gives none at all."""
    if topic.name is None or any(path.startswith("geometry.") and path.endswith("_mm") for path in draft.values):
        return
    if any(question.field.startswith("geometry.") or question.field == "mm_per_px" for question in draft.questions):
        return
    kind = DEFECT_TYPES[topic.name]
    field = main_field(topic.name, document, topic)
    usual = kind.defaults.get(field, kind.defaults[kind.main_size])
    middle = float(f"{(usual.min * usual.max) ** 0.5:.1g}")
    options = tuple(f"{value:g} mm" for value in (usual.min, middle, usual.max))
    draft.ask(f"geometry.{field}", "how_big", options, label=_label(topic.name, draft.language))


def build(document: Document, draft: Draft) -> Parsed:
    """The Blueprint of a draft, with an origin for every field."""
    for _, (written, meant) in sorted(document.corrected.items()):
        draft.warn("corrected", written=written, meant=meant)
    if len(document.text) > MAX_CHARACTERS:
        draft.warn("too_long", count=MAX_CHARACTERS)
    origins = {path: draft.origins.get(path, Origin.UNKNOWN) for path in (*FIELDS, *draft.origins)}
    blueprint = Blueprint.model_validate({**nested(draft.values), "text": document.text, "origin": origins})
    return Parsed(
        blueprint=blueprint,
        questions=draft.sorted_questions(),
        warnings=tuple(draft.warnings),
        language=document.language,
    )


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Field paths to nested dictionaries: `geometry.length_mm` goes into `geometry`."""
    tree: dict[str, Any] = {}
    for path, value in values.items():
        *parents, leaf = path.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    return tree


def refine(blueprint: Blueprint, text: str) -> Parsed:
    """Change a Blueprint by words: "wider, and two of them", "make it 5 mm", "on the left instead", "no, a crack".

    See `tools.blueprint.refine.refine`.
    """
    from tools.blueprint.refine import refine as change

    return change(blueprint, text)
