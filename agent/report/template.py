"""The template writer: the same record gives the same words, and every word is in the record."""

from __future__ import annotations

from collections import Counter

from agent.report.facts import Facts, canonical_type
from agent.report.phrases import Phrases
from agent.report.schema import Finding, Sentence
from tools.detection.regions import UNKNOWN_TYPE, Region


def summary(facts: Facts, part: str, words: Phrases) -> tuple[Sentence, ...]:
    """The verdict, the score against its limit, and what was found."""
    record = facts.record
    found = [Sentence(text=words.say(record.verdict, part=part), evidence=("verdict",))]
    found += _score(facts, words)
    if record.verdict != "cannot_judge":
        found.append(_count(facts, words))
    return tuple(found)


def finding_sentences(finding: Finding, words: Phrases) -> tuple[Sentence, ...]:
    """What, where, how large, how it looks, how bad."""
    region = finding.region
    kind = words.type_name(region.type)
    place = words.zones.get(region.zone)
    name, where = ("found", place) if place else ("found_free", region.zone)
    texts = [words.say(name, Type=kind[:1].upper() + kind[1:], zone=where)]
    texts.append(
        words.say(
            "size",
            length=words.length(region.length_px, region.length_mm),
            width=words.length(region.width_px, region.width_mm),
            area=words.area(region.area_px, region.area_mm2),
        )
    )
    if finding.contrast is not None:
        texts.append(words.say("darker" if finding.contrast < 0 else "brighter"))
    texts.append(words.say("peak", peak=words.number(region.score_max)))
    texts.append(words.say("severity", severity=words.severities.get(region.severity, region.severity)))
    found = [Sentence(text=text, evidence=(region.id,)) for text in texts]
    if region.type == UNKNOWN_TYPE:
        found.append(Sentence(text=words.say("unknown_type"), evidence=(region.id,)))
    return tuple(found)


def _score(facts: Facts, words: Phrases) -> list[Sentence]:
    record = facts.record
    if record.score is None:
        return []
    score, threshold = _apart(record.score, record.score_threshold, words)
    difference = record.score - record.score_threshold
    name = "score_equal" if score == threshold else "score_above" if difference > 0 else "score_below"
    found = [Sentence(text=words.say(name, score=score, threshold=threshold), evidence=("score",))]
    review = record.score_review
    if review is not None and review < record.score < record.score_threshold and record.verdict == "review":
        score, limit = _apart(record.score, review, words)
        if score != limit:
            found.append(Sentence(text=words.say("score_review", score=score, review=limit), evidence=("score",)))
    return found


def _apart(one: float, other: float, words: Phrases) -> tuple[str, str]:
    """Both numbers with as few digits as show that they differ."""
    for digits in (4, 6, 9):
        texts = words.number(one, digits=digits), words.number(other, digits=digits)
        if texts[0] != texts[1] or one == other:
            break
    return texts


def _count(facts: Facts, words: Phrases) -> Sentence:
    regions = facts.regions
    if not regions:
        return Sentence(text=words.say("none"), evidence=("picture",))
    text = words.say("one" if len(regions) == 1 else "many", count=len(regions), list=_listed(regions, words))
    return Sentence(text=text, evidence=tuple(region.id for region in regions))


def _listed(regions: tuple[Region, ...], words: Phrases) -> str:
    numbers = Counter(UNKNOWN_TYPE if r.type == UNKNOWN_TYPE else canonical_type(r.type) for r in regions)
    parts = []
    for name, count in sorted(numbers.items(), key=lambda item: (-item[1], item[0])):
        if name == UNKNOWN_TYPE:
            parts.append(words.say("list_item_unknown", count=count))
        elif count == 1:
            parts.append(words.say("list_item_one", type=words.type_name(name)))
        else:
            parts.append(words.say("list_item_many", count=count, types=words.type_plural(name)))
    return ", ".join(parts)
