"""An inspection looked at again: which of its photos is meant, and what was measured on it, in words.

Everything is read from the records on disk, in the language of the answer: the talk may have changed it since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.reading.photos import WORST, read_photo
from agent.toolbelt.reasons import reasons_in_words, type_name, zone_name
from agent.wording import listing, number, say
from tools.blueprint.model import Severity
from tools.errors import BadInputError

if TYPE_CHECKING:
    from agent.state import Made
    from tools.detection.records import InspectionRecord
    from tools.detection.regions import Region

RESULTS = "results.jsonl"
ORDER = {"ng": 0, "review": 1, "cannot_judge": 2, "ok": 3}
SEVERITIES = tuple(each.value for each in Severity)
MAX_SHOWN = 6
MAX_NAMED = 200
"""So many names of photos are remembered, for a talk about one of them."""
ABOUT = "about"
"""Of an inspection's facts: the photo that the talk is about."""


def read_records(folder: Path) -> list[InspectionRecord]:
    """The lines of an inspection.

    Raises:
        BadInputError: the folder holds no results any more.
    """
    from tools.detection.records import InspectionRecord

    file = folder / RESULTS
    if not file.is_file():
        raise BadInputError(f"{folder} holds no {RESULTS} any more; inspect again")
    lines = file.read_text(encoding="utf-8").splitlines()
    return [InspectionRecord.model_validate_json(line) for line in lines if line.strip()]


def photo_name(record: InspectionRecord) -> str:
    """The photo as the user calls it."""
    return Path(record.input).name


def worst_first(records: Sequence[InspectionRecord]) -> list[InspectionRecord]:
    """By verdict, then by score."""
    return sorted(records, key=lambda record: (ORDER[record.verdict], -(record.score or 0.0)))


def severity(record: InspectionRecord) -> int:
    """Of the most severe region; -1 where there is none."""
    return max((region_severity(one) for one in record.regions), default=-1)


def region_severity(region: Region) -> int:
    """0 minor to 3 critical; -1 where nobody said."""
    return SEVERITIES.index(region.severity) if region.severity in SEVERITIES else -1


def pick(made: Made, records: Sequence[InspectionRecord], image: str | None, language: str) -> InspectionRecord:
    """The photo that is meant; without a name the one that the talk is about, else the worst.

    Args:
        made: the inspection.
        records: its lines.
        image: a name, a number in the order of inspection, `worst`, or words that hold one of these.
        language: of the error.

    Raises:
        BadInputError: no such photo; the sentence names those that there are.
    """
    names = [photo_name(record) for record in records]
    wanted = image or str(made.facts.get(ABOUT) or WORST)
    found = read_photo(wanted, names) or wanted.strip()
    if found == WORST:
        return worst_first(records)[0]
    if found.isdigit() and found not in names and 1 <= int(found) <= len(names):
        return records[int(found) - 1]
    near = [record for record in records if found.lower() in (photo_name(record).lower(), record.input.lower())]
    near = near or [record for record in records if found.lower() in photo_name(record).lower()]
    if near:
        return near[0]
    if image is None:
        return worst_first(records)[0]
    known = listing(names[:MAX_SHOWN], language) + (" …" if len(names) > MAX_SHOWN else "")
    raise BadInputError(say("no_such_inspected", language, name=found[:60], count=len(names), known=known))


def record_facts(record: InspectionRecord, language: str) -> dict[str, Any]:
    """What was measured on one photo, numbers and verdict in words."""
    return {
        "verdict": record.verdict,
        "verdict_text": say(f"verdict_{record.verdict}", language),
        "image": photo_name(record),
        "score": number(record.score, language) if record.score is not None else "–",
        "threshold": number(record.score_threshold, language),
        "regions": len(record.regions),
        "reasons": reasons_in_words(record.reasons, language) or (record.error or ""),
        "worst": region_in_words(record.regions[0], language) if record.regions else "",
    }


def inspection_facts(records: Sequence[InspectionRecord], language: str) -> dict[str, Any]:
    """Counts of all photos, and the facts of the first."""
    counts = Counter(str(record.verdict) for record in records)
    return {
        "count": len(records),
        "verdicts": dict(counts),
        "summary": verdicts_in_words(counts, language),
        **record_facts(records[0], language),
        "names": [photo_name(record) for record in records[:MAX_NAMED]],
        "images": [
            {"input": record.input, "verdict": record.verdict, "regions": len(record.regions)}
            for record in records[:MAX_SHOWN]
        ],
    }


def verdicts_in_words(counts: Mapping[str, int], language: str) -> str:
    """How many photos got which verdict."""
    return ", ".join(f"{say(f'verdict_{name}', language)}: {count}" for name, count in counts.items())


def region_in_words(region: Region, language: str) -> str:
    """The most severe region of a photo: how large, where, how bad."""
    length, unit = (region.length_mm, "mm") if region.length_mm else (region.length_px, "px")
    return say(
        "worst_region",
        language,
        type=type_name(region.type, language),
        size=f"{number(length, language)} {unit}",
        zone=zone_name(region.zone, language),
        severity=say(f"value_{region.severity}", language),
    )
