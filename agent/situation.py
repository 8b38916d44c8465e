"""How things stand, in a few lines of JSON: what the chat model is told about the memory."""

from __future__ import annotations

from typing import Any

from agent.state import Ask, Memory
from agent.toolbelt.talk import next_step
from agent.wording import summarise


def situation(memory: Memory, pending: Ask | None) -> dict[str, Any]:
    """The facts that matter for what to do next; nothing that grows with the number of photos."""
    part = memory.current
    blueprint, lineup = part.blueprint, part.lineup
    inspection, photos = part.latest("inspection"), part.photos
    return {
        "language": memory.language,
        "part": memory.part,
        "parts": sorted(memory.parts),
        "photos": {"count": photos.count, "source": photos.source, "kind": photos.kind} if photos else None,
        "mm_per_px": part.mm_per_px,
        "blueprint": {
            "version": blueprint.version,
            "summary": summarise(blueprint, "en"),
            "defect_type": blueprint.defect_type,
            "text": blueprint.text,
        }
        if blueprint
        else None,
        "defects": [summarise(defect.blueprint, "en") for defect in part.defects],
        "lineup_open": bool(lineup and lineup.open),
        "lineup_answers": len(lineup.answers) if lineup and lineup.open else 0,
        "open_question": {"field": pending.field, "text": pending.text} if pending else None,
        "attachments": [path.name for path in memory.attachments[:5]],
        "attachment_count": len(memory.attachments),
        "data_sets": len(part.all("dataset")),
        "detectors": len(part.all("detector")),
        "last_inspection": inspection.facts if inspection else None,
        "next_step": next_step(part, memory.language),
        "jobs": [{"id": job.id, "kind": job.kind} for job in memory.jobs[-3:]],
    }
