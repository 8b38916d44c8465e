"""What was made so far, for this part or for all, and going from one part to another."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from agent.state import DEFAULT_PART, Made, PartMemory, now
from agent.toolbelt.base import Arguments, Context, Outcome, tool
from agent.toolbelt.judged import verdicts_in_words
from agent.wording import say, summarise

Kind = Literal["blueprint", "dataset", "detector", "inspection", "report", "part", "photos"]
MADE: tuple[Literal["dataset", "detector", "inspection", "report"], ...] = (
    "dataset",
    "detector",
    "inspection",
    "report",
)


class ListArguments(Arguments):
    """What to list."""

    kind: Kind | None = None
    days_ago: int | None = Field(default=None, ge=0, le=36500, description="1 means made yesterday")


@tool("list_library", ListArguments, aside=True)
def list_library(context: Context, kind: Kind | None, days_ago: int | None) -> Outcome:
    """List Blueprints, data sets, detectors, inspections, reports and parts of this conversation."""
    language = context.language
    lines: list[str] = []
    for name, part in context.memory.parts.items():
        found = _lines(part, kind, days_ago, language)
        if found or kind in (None, "part"):
            marker = " ←" if name == context.memory.part else ""
            lines += [f"**{name}**{marker}", *found]
    if not any(line.startswith("- ") for line in lines) and kind != "part":
        return Outcome("library_empty", {})
    return Outcome("library", {"items": "\n".join(lines)})


def _lines(part: PartMemory, kind: Kind | None, days_ago: int | None, language: str) -> list[str]:
    lines: list[str] = []
    if part.photos and kind in (None, "photos"):
        lines.append(f"- {say('library_photos', language, count=part.photos.count)}")
    if kind in (None, "blueprint"):
        for number, defect in enumerate(part.defects, 1):
            if days_ago is None or (now() - defect.made_at).days == days_ago:
                text = summarise(defect.blueprint, language)
                lines.append(f"- {say('library_blueprint', language, number=number, text=text)}")
    for wanted in MADE:
        if kind in (None, wanted):
            lines += [_made_line(made, language) for made in part.all(wanted) if _from_day(made, days_ago)]
    return lines


def _from_day(made: Made, days_ago: int | None) -> bool:
    return days_ago is None or (now().date() - made.made_at.date()) == timedelta(days=days_ago)


def _made_line(made: Made, language: str) -> str:
    kind = say(f"kind_{made.kind}", language)
    told = dict(made.facts)
    if made.kind == "inspection" and "verdicts" in told:  # in the language of now, not of then
        told["summary"] = verdicts_in_words(told["verdicts"], language)
    facts = say(f"library_{made.kind}", language, **told)
    return f"- {kind} {made.name}: {facts} ({made.made_at:%Y-%m-%d %H:%M} UTC) `{made.path}`"


class SwitchArguments(Arguments):
    """Which part."""

    name: str | None = Field(default=None, max_length=80, description="its name; leave out for a new, unnamed one")
    back: bool = Field(default=False, description="to the part that was talked about before")


@tool("switch_part", SwitchArguments)
def switch_part(context: Context, name: str | None, back: bool) -> Outcome:
    """Talk about another part (product): its photos, Blueprints and detectors are its own."""
    memory = context.memory
    names = list(memory.parts)
    if name is None and back:
        name = next((other for other in names if other != memory.part), memory.part)
    if name is None:
        name = f"{DEFAULT_PART} {len(names) + 1}"
    known = next((other for other in names if other.lower() == name.lower().strip()), None)
    if known is None and len(name.strip()) > 3:
        known = next(
            (other for other in names if other != DEFAULT_PART and name.lower().strip() in other.lower()), None
        )
    chosen = known or name.strip()
    if known is None:
        memory.parts[chosen] = PartMemory(name=chosen)
    memory.part = chosen
    part = memory.current
    facts = {
        "name": chosen,
        "photos": part.photos.count if part.photos else 0,
        "defects": len(part.defects),
        "detectors": len(part.all("detector")),
    }
    return Outcome("part_switched" if known else "part_new", facts)


@tool("name_part", SwitchArguments)
def name_part(context: Context, name: str | None, back: bool) -> Outcome:  # noqa: ARG001
    """Give the part that the talk is about a name, so that one can come back to it."""
    memory = context.memory
    chosen = (name or "").strip() or memory.part
    if chosen != memory.part and chosen not in memory.parts:
        memory.parts = {chosen if key == memory.part else key: part for key, part in memory.parts.items()}
        memory.part = chosen
        memory.current.name = chosen
    return Outcome("part_named", {"name": chosen})
