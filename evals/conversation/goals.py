"""Checks of a dialogue's end: on the memory, on what is pending and on the number of errors, never on words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agent.conversation import Conversation
from agent.script import Turn
from agent.state import Memory

Reader = Callable[[Conversation, Memory, Sequence[Turn]], Any]


def failures(goals: Mapping[str, Any], conversation: Conversation, turns: Sequence[Turn]) -> list[str]:
    """Sentences about the goals that are not reached.

    Raises:
        KeyError: a goal that nobody knows how to check.
    """
    memory = conversation.memory
    found = {name: READERS[name](conversation, memory, turns) for name in goals}
    return [f"{name}: {found[name]!r}, not {goal!r}" for name, goal in goals.items() if not _meets(found[name], goal)]


def _meets(found: Any, goal: Any) -> bool:
    if isinstance(goal, float):
        return found is not None and abs(float(found) - goal) < 1e-6
    if isinstance(goal, list) and isinstance(found, list):
        return len(found) == len(goal) and all(abs(a - b) < 1e-6 for a, b in zip(found, goal, strict=True))
    return bool(found == goal)


def _of_memory(reads: Callable[[Memory], Any]) -> Reader:
    """A reader that looks at the memory alone."""

    def read(conversation: Conversation, memory: Memory, turns: Sequence[Turn]) -> Any:
        del conversation, turns
        return reads(memory)

    return read


def _range(name: str) -> Reader:
    def read(conversation: Conversation, memory: Memory, turns: Sequence[Turn]) -> Any:
        del conversation, turns
        blueprint = memory.current.blueprint
        value = getattr(blueprint.geometry, name) if blueprint else None
        return [value.min, value.max] if value else None

    return read


def _field(name: str) -> Reader:
    return _of_memory(lambda memory: getattr(memory.current.blueprint, name, None))


def _count_of(kind: str) -> Reader:
    return _of_memory(lambda memory: len(memory.current.all(kind)))


def _fact(kind: str, name: str) -> Reader:
    def read(conversation: Conversation, memory: Memory, turns: Sequence[Turn]) -> Any:
        del conversation, turns
        made = memory.current.latest(kind)
        return made.facts.get(name) if made else None

    return read


def _count(conversation: Conversation, memory: Memory, turns: Sequence[Turn]) -> Any:
    del conversation, turns
    count = memory.current.blueprint.count if memory.current.blueprint else None
    return [count.min, count.max] if count else None


def _zone(conversation: Conversation, memory: Memory, turns: Sequence[Turn]) -> Any:
    del conversation, turns
    zone = memory.current.blueprint.placement.zone if memory.current.blueprint else None
    return zone.value if zone else None


def _pending(conversation: Conversation, memory: Memory, turns: Sequence[Turn]) -> Any:
    del memory, turns
    return conversation.pending.kind if conversation.pending else "none"


def _pending_field(conversation: Conversation, memory: Memory, turns: Sequence[Turn]) -> Any:
    del memory, turns
    return getattr(conversation.pending, "field", None)


def _errors(conversation: Conversation, memory: Memory, turns: Sequence[Turn]) -> Any:
    del conversation, memory
    return sum(event.kind == "error" for turn in turns for event in turn.events)


def _verdict(conversation: Conversation, memory: Memory, turns: Sequence[Turn]) -> Any:
    """`unchanged` when the remembered verdict is still the measured one, on disk."""
    from agent.toolbelt.judged import read_records

    del conversation, turns
    made = memory.current.latest("inspection")
    if made is None:
        return "no inspection"
    return "unchanged" if read_records(made.path)[0].verdict == made.facts["verdict"] else "changed"


def _images(conversation: Conversation, memory: Memory, turns: Sequence[Turn]) -> Any:
    """Images with a defect that lie on disk, by the lineage of the newest data set."""
    from agent.toolbelt.datasets import defective_images

    del conversation, turns
    made = memory.current.latest("dataset")
    return len(defective_images(made.path)) if made else 0


def _not_ok(conversation: Conversation, memory: Memory, turns: Sequence[Turn]) -> Any:
    """`ok` stays wrong: the goal names the verdict that must not be."""
    verdict = _fact("inspection", "verdict")(conversation, memory, turns)
    return "ok" if verdict not in (None, "ok") else f"it is {verdict}"


READERS: dict[str, Reader] = {
    **{name: _range(name) for name in ("length_mm", "width_mm", "depth_mm", "diameter_mm")},
    **{name: _field(name) for name in ("defect_type", "material", "version")},
    "count": _count,
    "zone": _zone,
    "has_style": _of_memory(lambda memory: bool(memory.current.blueprint and memory.current.blueprint.style)),
    "pending": _pending,
    "pending_field": _pending_field,
    "language": _of_memory(lambda memory: memory.language),
    "part": _of_memory(lambda memory: memory.part),
    "parts": _of_memory(lambda memory: len(memory.parts)),
    "defects": _of_memory(lambda memory: len(memory.current.defects)),
    "answers": _of_memory(lambda memory: len(memory.current.lineup.answers) if memory.current.lineup else None),
    "photos": _of_memory(lambda memory: memory.current.photos.count if memory.current.photos else 0),
    "photo_source": _of_memory(lambda memory: memory.current.photos.source if memory.current.photos else None),
    "mm_per_px": _of_memory(lambda memory: memory.current.mm_per_px),
    "datasets": _count_of("dataset"),
    "detectors": _count_of("detector"),
    "inspections": _count_of("inspection"),
    "reports": _count_of("report"),
    "images": _images,
    "format": _fact("dataset", "format"),
    "opinion": _fact("inspection", "opinion"),
    "verdict": _verdict,
    "verdict_not": _not_ok,
    "errors": _errors,
}
"""Goal → what the state says about it."""
