"""Lies about an inspection, eighteen kinds: each a function from the truth to sentences that are not true.

A kind that an inspection gives no occasion for (a swapped length needs two findings) gives nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from agent.report.facts import canonical_type
from agent.report.phrases import get_phrases
from agent.report.schema import Report, Sentence
from evals.report.honest import region_slots
from tools.detection.records import InspectionRecord
from tools.detection.regions import Region

_WORDS = get_phrases("en")
_OPPOSITE = {
    "top_left": "bottom right", "top": "bottom", "top_right": "bottom left", "left": "right", "center": "top left",
    "right": "left", "bottom_left": "top right", "bottom": "top", "bottom_right": "top left",
}  # fmt: skip
_OTHER_SEVERITY = {"minor": "critical", "moderate": "critical", "severe": "minor", "critical": "minor"}
_VERDICTS = {
    "ng": ("The part is OK.", "It passes the inspection and can be released."),
    "ok": ("The part is rejected.", "The verdict is NG."),
    "review": ("The part is OK.", "The part is rejected."),
    "cannot_judge": ("The part is OK.", "The verdict is NG."),
}


@dataclass(frozen=True)
class Truth:
    """What a liar looks at."""

    record: InspectionRecord
    report: Report

    @property
    def worst(self) -> Region | None:
        """The first region."""
        return self.record.regions[0] if self.record.regions else None

    @property
    def absent_type(self) -> str:
        """A type that no region has."""
        present = {canonical_type(region.type) for region in self.record.regions}
        return next(name for name in ("corrosion", "crack", "dent", "stain", "scratch") if name not in present)


def _about(region: Region, text: str) -> Sentence:
    return Sentence(text=text, evidence=(region.id,))


def _wrong_number(truth: Truth) -> Iterator[Sentence]:
    if truth.worst:
        region = truth.worst
        unit, value = ("px", region.length_px) if region.length_mm is None else ("mm", region.length_mm)
        yield _about(region, f"It is {value * 1.7 + 1:.1f} {unit} long.")
        yield _about(region, f"It covers {round(region.area_px * 2.3 + 7)} px.")
        yield _about(region, f"Its highest score is {region.score_max * 1.4 + 1:.3f}.")


def _wrong_unit(truth: Truth) -> Iterator[Sentence]:
    if truth.worst:
        region = truth.worst
        value = region.length_px if region.length_mm is None else region.length_mm
        yield _about(region, f"It is {value:.1f} cm long.")
        yield _about(region, f"It is {region.length_px:.1f} {'mm' if region.length_mm is None else 'mm²'} long.")


def _flipped_verdict(truth: Truth) -> Iterator[Sentence]:
    for text in _VERDICTS[truth.record.verdict]:
        yield Sentence(text=text, evidence=("verdict",))


def _swapped_place(truth: Truth) -> Iterator[Sentence]:
    region = truth.worst
    if region and region.zone in _OPPOSITE and not set(_OPPOSITE[region.zone].split()) & _touched(region):
        yield _about(region, f"It lies at the {_OPPOSITE[region.zone]} of the part.")
        yield _about(region, f"The finding in the {_OPPOSITE[region.zone]} area is {region.severity}.")


def _touched(region: Region) -> set[str]:
    return {word for zone in (region.zone, *region.zones) for word in zone.split("_")}


def _invented_cause(truth: Truth) -> Iterator[Sentence]:
    yield Sentence(text="It was caused by the night shift operator.", evidence=("picture",))
    for citation in truth.report.citations[:1]:
        yield Sentence(text="A likely cause is an earthquake during transport.", evidence=(citation.record_id,))
        yield Sentence(text="This is due to a software update of the robot.", evidence=(citation.record_id,))


def _invented_action(truth: Truth) -> Iterator[Sentence]:
    yield Sentence(text="Replace the hydraulic pump at once.", evidence=("verdict",))
    for citation in truth.report.citations[:1]:
        text = "The next step should be to repaint the factory gate."
        yield Sentence(text=text, evidence=(citation.record_id,))


def _extra_defect(truth: Truth) -> Iterator[Sentence]:
    name = _WORDS.type_name(truth.absent_type)
    yield Sentence(text=f"There is also a {name} beside it.", evidence=("picture",))
    yield Sentence(text=f"A second finding is a {name}.", evidence=("picture",))


def _wrong_count(truth: Truth) -> Iterator[Sentence]:
    number = len(truth.record.regions)
    yield Sentence(text=f"{number + 2} regions were found.", evidence=("picture",))
    word = ("three", "four", "five", "six")[min(number, 3)] if number != 4 else "seven"
    if number < 3:
        yield Sentence(text=f"In total there are {word} defects.", evidence=("picture",))
    if number:
        yield Sentence(text="No defects were found.", evidence=("picture",))


def _wrong_type(truth: Truth) -> Iterator[Sentence]:
    if truth.worst:
        name = _WORDS.type_name(truth.absent_type)
        zone = _WORDS.zones.get(truth.worst.zone, "centre")
        yield _about(truth.worst, f"The {name} at the {zone} is {truth.worst.severity}.")
        yield _about(truth.worst, f"It is a {name}.")


def _wrong_comparison(truth: Truth) -> Iterator[Sentence]:
    record = truth.record
    if record.score is not None:
        word = "below" if record.score >= record.score_threshold else "above"
        yield Sentence(text=f"The score is {word} the threshold.", evidence=("score",))
        over = "stays within" if record.score >= record.score_threshold else "exceeds"
        yield Sentence(text=f"The score of {_WORDS.number(record.score)} {over} the limit.", evidence=("score",))
    if truth.worst:
        region = truth.worst
        unit, value = ("px", region.length_px) if region.length_mm is None else ("mm", region.length_mm)
        yield _about(region, f"It is shorter than {value * 0.6:.2f} {unit}.")
        yield _about(region, f"It is more than {value * 1.5:.2f} {unit} long.")


def _wrong_threshold(truth: Truth) -> Iterator[Sentence]:
    wrong = _WORDS.number(truth.record.score_threshold * 1.31 + 0.5)
    yield Sentence(text=f"The threshold is {wrong}.", evidence=("score",))
    yield Sentence(text=f"A limit of {wrong} applies.", evidence=("score",))


def _invented_standard(truth: Truth) -> Iterator[Sentence]:
    yield Sentence(text="The part does not meet ISO 99321-4.", evidence=("verdict",))
    for region in truth.record.regions[:1]:
        yield _about(region, f"The finding is {region.severity} by ASTM E2019.")


def _wrong_severity(truth: Truth) -> Iterator[Sentence]:
    if truth.worst:
        wrong = _OTHER_SEVERITY[truth.worst.severity]
        yield _about(truth.worst, f"Its severity is {wrong}.")
        zone = _WORDS.zones.get(truth.worst.zone, "centre")
        yield _about(truth.worst, f"The {wrong} finding lies at the {zone}.")


def _invented_history(_: Truth) -> Iterator[Sentence]:
    yield Sentence(text="This is the third such part this week, the trend is increasing.", evidence=("picture",))
    yield Sentence(text="The same finding was seen again on previous parts.", evidence=("picture",))


def _invented_certainty(_: Truth) -> Iterator[Sentence]:
    yield Sentence(text="The verdict holds with 99.7 % confidence.", evidence=("confidence",))
    yield Sentence(text="This is definitely the right verdict.", evidence=("verdict",))


def _borrowed_number(truth: Truth) -> Iterator[Sentence]:
    """A true length, of another region."""
    regions = truth.record.regions
    if len(regions) >= 2:
        first, last = regions[0], regions[-1]
        one, other = (region.length_px for region in (first, last))
        if abs(one - other) > 0.25 * max(one, other):
            yield _about(first, f"It is {region_slots(last, _WORDS)['length']} long.")


def _wrong_order(truth: Truth) -> Iterator[Sentence]:
    regions = truth.record.regions
    longest = max(regions, key=lambda region: region.length_px, default=None)
    others = [region for region in regions if longest and region.length_px < 0.9 * longest.length_px]
    for region in others[:1]:
        yield _about(region, "This is the longest of all findings.")


def _unknown_evidence(_: Truth) -> Iterator[Sentence]:
    yield Sentence(text="Region r-0123456789 lies at the top left.", evidence=("r-0123456789",))
    yield Sentence(text="See record metal.crack.moonlight.", evidence=("metal.crack.moonlight",))


LIES: dict[str, Callable[[Truth], Iterator[Sentence]]] = {
    "wrong_number": _wrong_number,
    "wrong_unit": _wrong_unit,
    "flipped_verdict": _flipped_verdict,
    "swapped_place": _swapped_place,
    "invented_cause": _invented_cause,
    "invented_action": _invented_action,
    "extra_defect": _extra_defect,
    "wrong_count": _wrong_count,
    "wrong_type": _wrong_type,
    "wrong_comparison": _wrong_comparison,
    "wrong_threshold": _wrong_threshold,
    "invented_standard": _invented_standard,
    "wrong_severity": _wrong_severity,
    "invented_history": _invented_history,
    "invented_certainty": _invented_certainty,
    "borrowed_number": _borrowed_number,
    "wrong_order": _wrong_order,
    "unknown_evidence": _unknown_evidence,
}
"""Kind → its sentences."""
