"""Honest sentences about an inspection, in many wordings: filled from `paraphrases.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from agent.report.phrases import Phrases, get_phrases
from agent.report.schema import Report, Sentence
from tools.detection.records import InspectionRecord
from tools.detection.regions import UNKNOWN_TYPE, Region

_FILE = Path(__file__).parent / "paraphrases.json"
_COUNT_WORDS = {"en": ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]}


@lru_cache(maxsize=1)
def paraphrases() -> dict[str, dict[str, list[list[str]]]]:
    """Language → situation → (text with slots, evidence)."""
    found: dict[str, dict[str, list[list[str]]]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def honest_sentences(record: InspectionRecord, report: Report, language: str = "en") -> Iterator[Sentence]:
    """Every wording that is true of this inspection."""
    groups = paraphrases()[language]
    words = get_phrases(language)
    part = {"part": report.part, **_score_slots(record, words)}
    for text, evidence in groups.get(record.verdict, []):
        yield Sentence(text=text.format(**part), evidence=(evidence,))
    if record.score is not None:
        for text, evidence in groups["above" if record.score >= record.score_threshold else "below"]:
            yield Sentence(text=text.format(**part), evidence=(evidence,))
    if record.regions:
        yield from _region_sentences(record, groups, words)
    for advice in report.advice if language == "en" else ():
        wording = groups["cause"][:3] if advice.kind == "cause" else groups["cause"][3:]
        for text, _ in wording:
            item = advice.text[:1].lower() + advice.text[1:]
            yield Sentence(text=text.format(cause=item, action=item), evidence=(advice.record_id,))


def _region_sentences(
    record: InspectionRecord, groups: dict[str, list[list[str]]], words: Phrases
) -> Iterator[Sentence]:
    everything = tuple(region.id for region in record.regions)
    total = sum(region.area_px for region in record.regions)
    count = len(record.regions)
    listed = _COUNT_WORDS.get(words.language)
    slots = {"count": count, "total_area": f"{total} px"}
    if count > 1:
        for text, _ in groups["count"]:
            if "count_word" in text.lower() and (listed is None or count >= len(listed)):
                continue
            word = listed[count] if listed and count < len(listed) else ""
            yield Sentence(
                text=text.format(**slots, count_word=word, Count_word=word.capitalize()), evidence=everything
            )
    longest = max(record.regions, key=lambda region: region.length_px)
    for text, _ in groups["largest"]:
        yield Sentence(text=text.format(**region_slots(longest, words)), evidence=(longest.id,))
    for region in record.regions:
        for text, _ in groups["region"]:
            if "{type}" in text and region.type == UNKNOWN_TYPE:
                continue
            yield Sentence(text=text.format(**region_slots(region, words)), evidence=(region.id,))


def region_slots(region: Region, words: Phrases) -> dict[str, Any]:
    """The slots of a region's sentences."""
    value, unit = (region.length_px, "px") if region.length_mm is None else (region.length_mm, "mm")
    length = words.length(region.length_px, region.length_mm)

    def said(number: float) -> str:
        return words.number(number, digits=3)

    return {
        "id": region.id,
        "type": words.type_name(region.type),
        "zone": words.zones.get(region.zone, region.zone),
        "severity": words.severities.get(region.severity, region.severity),
        "length": length,
        "Length": length,
        "width": words.length(region.width_px, region.width_mm),
        "area": words.area(region.area_px, region.area_mm2),
        "peak": words.number(region.score_max),
        "length_about": f"{said(value * 1.05)} {unit}",
        "length_low": f"{said(value * 0.8)} {unit}",
        "length_low_bare": said(value * 0.8),
        "length_high": f"{said(value * 1.25)} {unit}",
        "x1": region.bbox_xyxy[0],
        "y1": region.bbox_xyxy[1],
    }


def _score_slots(record: InspectionRecord, words: Phrases) -> dict[str, str]:
    if record.score is None:
        return {}
    ratio = words.number(record.score / record.score_threshold, digits=3)
    score, threshold = words.number(record.score), words.number(record.score_threshold)
    return {"score": score, "threshold": threshold, "ratio": ratio}
