"""Whether what a clause compares is so: regions with one another, and scores with those of good parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from agent.report.checker_types import Problem
from agent.report.claims import NumberClaim
from agent.report.clause_checks import matching
from agent.report.clauses import Clause, read_clause
from agent.report.facts import Facts, canonical_type
from tools.detection.regions import Region

_ATTRIBUTES: dict[str, tuple[str, bool]] = {
    "longer": ("length_px", True),
    "shorter": ("length_px", False),
    "larger": ("area_px", True),
    "smaller": ("area_px", False),
    "wider": ("width_px", True),
    "narrower": ("width_px", False),
    "worse": ("score_max", True),
    "better": ("score_max", False),
}
_NUMBER_NEXT = re.compile(r"\s*(?:[~≈]|about |etwa |rund )?\d")
_EQUAL = 0.1
"""How much "as long as" may differ."""
_RATIO = re.compile(
    r"(?<![\w.,])(?P<some>\w+)\s+(?:out of|of|in|von|aus|/)\s+(?:the |den |all )?(?P<all>\w+)", re.IGNORECASE
)
_COUNTED = re.compile(r"(?<![\w.,])(\d+)(?![.,]?\d)")


def between_regions(clause: Clause, facts: Facts, cited: Sequence[Region]) -> list[Problem]:
    """ "longer than the scratch", "twice as long as the void", "the largest"."""
    problems = []
    lexicon, text = clause.lexicon, clause.text
    for name, pattern in lexicon.compare.items():
        match = pattern.search(text)
        if match and name == "unmeasured":
            problems.append(Problem("comparison", f"nothing in the record tells {match.group()!r}"))
        elif match and not _NUMBER_NEXT.match(text[match.end() :]):
            problems += _compare(clause, facts, name, match, equal=False)
    for name, pattern in lexicon.equal.items():
        match = pattern.search(text)
        if match:
            problems += _compare(clause, facts, name, match, equal=True)
    for name, pattern in lexicon.superlative.items():
        match = pattern.search(text)
        if match and facts.regions:
            field, most = _ATTRIBUTES[name]
            value = attrgetter(field)
            among = _of_the_kind(clause, facts, match.end())
            extreme = (max if most else min)(value(region) for region in among)
            meant = matching(clause, facts, cited)
            if meant and extreme not in [value(region) for region in meant]:
                problems.append(Problem("comparison", f"it is not the {match.group()}"))
    return problems


def _of_the_kind(clause: Clause, facts: Facts, after: int) -> Sequence[Region]:
    """The regions among which a superlative is said: "the longest scratch" speaks of scratches only."""
    names = {mention.name for mention in clause.types if mention.start >= after}
    return [region for region in facts.regions if canonical_type(region.type) in names] or facts.regions


def _compare(clause: Clause, facts: Facts, name: str, match: re.Match[str], *, equal: bool) -> list[Problem]:
    lexicon = clause.lexicon
    left = read_clause(clause.text[: match.start()], lexicon)
    right = read_clause(clause.text[match.end() :], lexicon)
    times = next((claim for claim in clause.numbers if claim.unit == "x" and claim.start < match.start()), None)
    if times is not None:
        left = replace(left, numbers=tuple(claim for claim in left.numbers if claim.start != times.start))
    named = right.types or right.zones or right.severities
    if not named and lexicon.quantities["width"].search(right.text) and name == "longer":
        return []  # "longer than it is wide": how many times is checked as the aspect ratio.
    if lexicon.limit.search(right.text) or not named:
        if lexicon.limit.search(right.text) or right.numbers:
            return []  # A limit, or "longer than three millimetres": read elsewhere.
        return [Problem("comparison", f"nothing in the record to compare with: {right.text.strip()!r}")]
    value = attrgetter(_ATTRIBUTES[name][0])
    pairs = [
        (value(one), value(other))
        for one in matching(left, facts, facts.regions)
        for other in matching(right, facts, facts.regions)
        if one.id != other.id
    ]
    if any(_holds(one, other, times, equal=equal, more=_ATTRIBUTES[name][1]) for one, other in pairs):
        return []
    return [Problem("comparison", f"the record does not show {match.group()!r}")]


def _holds(one: float, other: float, times: NumberClaim | None, *, equal: bool, more: bool) -> bool:
    if times is not None:
        large, small = (one, other) if more else (other, one)
        return small > 0 and times.low <= large / small <= times.high
    if equal:
        return abs(one - other) <= _EQUAL * max(one, other)
    return (one > other) == more and one != other


def good_parts(clause: Clause, facts: Facts) -> list[Problem]:
    """ "none of the 110 good parts scored as high", "one in ten good parts": against the counted ones."""
    lexicon, text, known = clause.lexicon, clause.text, facts.confidence
    if not lexicon.good_parts.search(text) or not lexicon.scored_words.search(text):
        return []
    if known.good_as_high is None or not known.good_total:
        return [Problem("confidence", "no good parts were held out to compare with")]
    high, total = known.good_as_high, known.good_total
    return _share_problem(clause, total - high if lexicon.lower_words.search(text) else high, total)


def reviewed(clause: Clause, facts: Facts) -> list[Problem]:
    """ "18 of 20 reviewed parts were confirmed": against the review log."""
    known = facts.confidence
    if not clause.lexicon.reviewed.search(clause.text) or not _RATIO.search(clause.text):
        return []
    if known.confirmed is None or not known.reviewed:
        return []
    return _share_problem(clause, known.confirmed, known.reviewed)


def _share_problem(clause: Clause, some: int, total: int) -> list[Problem]:
    stated = _stated_share(clause, total)
    if stated is None or stated[0] <= some / total <= stated[1]:
        return []
    return [Problem("confidence", f"it is {some} of {total}")]


def _stated_share(clause: Clause, total: int) -> tuple[float, float] | None:
    """The share of good parts that a clause states, lowest and highest; None where it states none."""
    lexicon, text = clause.lexicon, clause.text
    for match in _RATIO.finditer(text):
        some, everything = (_whole_number(match[name], clause) for name in ("some", "all"))
        if some is not None and everything:
            slack = 0.0 if everything == total else 0.5
            return (some - slack) / everything, (some + slack) / everything
    rough = (
        (lexicon.none_of, (0.0, 0.0)),
        (lexicon.half_of, (0.4, 0.6)),
        (lexicon.most_of, (0.5, 1.0)),
        (lexicon.every, (1.0, 1.0)),
    )
    for pattern, share in rough:
        if pattern.search(text):
            return share
    counted = _COUNTED.findall(text)
    if len(counted) == 1:
        return int(counted[0]) / total, int(counted[0]) / total
    return None


def _whole_number(word: str, clause: Clause) -> int | None:
    if word.isdigit():
        return int(word)
    value = clause.lexicon.number_words.get(word.lower())
    if value is None:
        return 0 if clause.lexicon.none_of.fullmatch(word) else None
    return int(value) if float(value).is_integer() else None
