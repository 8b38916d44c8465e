"""Whether what a clause claims is true; each check returns the problems of one kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from agent.report.checker_types import Problem
from agent.report.clauses import Clause, Mention
from agent.report.facts import Facts, canonical_type
from agent.report.looks import Predicate, looks
from tools.detection.regions import UNKNOWN_TYPE, Region

_SUBJECT_REACH = 14
_BY_A_SHARE = re.compile(
    r"\b(?:by (?:a )?|um (?:die |ein )?)(?P<share>half|third|quarter|hälfte|drittel|viertel)\b", re.IGNORECASE
)
_SHARES = {"half": 0.5, "hälfte": 0.5, "third": 1 / 3, "drittel": 1 / 3, "quarter": 0.25, "viertel": 0.25}
_SHARE_SLACK = 0.06
_FURTHER = re.compile(
    r"\b(?:other|further|more|additional|weitere\w*|anderen?|sonstige\w*|mehr)\b|다른|추가", re.IGNORECASE
)
_TOTAL = re.compile(r"\b(?:in total|total|together|altogether|combined|insgesamt|zusammen)\b|총|합계", re.IGNORECASE)
_PART_OF = re.compile(r"\bof (?:the|them|these|which)\b|\bvon (?:den|diesen)\b|\bdavon\b|중", re.IGNORECASE)
_PASSIVE = re.compile(r"\bby\b|\bvom?\b|\bdurch\b", re.IGNORECASE)


def verdict(clause: Clause, facts: Facts) -> list[Problem]:
    """OK, review, NG, cannot judge."""
    truth = facts.record.verdict
    return [
        Problem("verdict", f"the verdict is {truth}, not {mention.phrase!r}")
        for mention in clause.verdicts
        if (mention.name == truth) == mention.negated
    ]


def limit(clause: Clause, facts: Facts) -> list[Problem]:
    """Is the score above or below its threshold?"""
    lexicon, text, score = clause.lexicon, clause.text, facts.record.score
    limits = list(lexicon.limit.finditer(text))
    directions = [
        (match, up)
        for pattern, up in ((lexicon.above, True), (lexicon.below, False))
        for match in pattern.finditer(text)
    ]
    if not limits or not directions:
        return []
    if not lexicon.score.search(text) and any(
        lexicon.quantities[name].search(text) for name in ("length", "width", "area")
    ):
        return [] if _rule_stated(facts) else [Problem("comparison", "no limit on a size is in the record")]
    if score is None:
        return [Problem("comparison", "there is no score")]
    word, up = min(directions, key=lambda found: abs(found[0].start() - limits[0].start()))
    if lexicon.negation.search(text[max(0, word.start() - 26) : word.start()]):
        up = not up
    scores = [match.start() for match in lexicon.score.finditer(text) if not _overlaps(match, limits)]
    if (
        scores
        and limits[0].start() < word.start() < min(scores)
        and not _PASSIVE.search(text[word.end() : min(scores)])
    ):
        up = not up
    threshold = facts.record.score_threshold
    if lexicon.review_limit.search(text) and facts.record.score_review is not None:
        threshold = facts.record.score_review
    share = _BY_A_SHARE.search(text)
    if share and threshold > 0:
        part = _SHARES[share.group("share").lower()]
        if abs(abs(score / threshold - 1) - part) > _SHARE_SLACK:
            return [Problem("comparison", f"the score is {score / threshold:.3g} times the limit")]
    if (score >= threshold) == up:
        return []
    return [Problem("comparison", f"the score {score:.4g} is {'not ' if up else ''}above the limit {threshold:.4g}")]


def _overlaps(match: re.Match[str], others: Iterable[re.Match[str]]) -> bool:
    return any(match.start() < other.end() and other.start() < match.end() for other in others)


def _rule_stated(facts: Facts) -> bool:
    stated = " ".join((*facts.record.reasons, *(region.why for region in facts.regions)))
    return bool(re.search(r"\d\s*(?:mm|px)|rule|limit|allow", stated))


def counts(clause: Clause, facts: Facts, cited: Sequence[Region]) -> list[Problem]:
    """How many of what."""
    problems = []
    whole_named = any(claim.of_all for claim in clause.counts)
    for claim in clause.counts:
        others = [test for kind, _, test in predicates(clause, facts, cited) if kind != "type" or claim.noun is None]
        same = [region for region in facts.regions if claim.noun is None or canonical_type(region.type) == claim.noun]
        scoped = [region for region in same if all(test(region) for test in others)] if others else same
        truths = {len(same)} if claim.of_all else {len(scoped)}
        if _PART_OF.search(clause.text) and claim.noun is None and not whole_named:
            truths.add(len(facts.regions))
        if claim.number == 1 and scoped and (len(cited) == 1 or others) and not claim.of_all:
            truths.add(1)
        if claim.at_least and max(truths) >= claim.number:
            continue
        if claim.at_least or claim.number not in truths:
            problems.append(Problem("count", f"{claim.phrase!r}, but there are {max(truths)}"))
    return problems


def negations(clause: Clause, facts: Facts, cited: Sequence[Region]) -> list[Problem]:
    """ "no cracks", "nothing was found"."""
    problems = []
    for mention in clause.types:
        if mention.negated and facts.types[mention.name]:
            problems.append(Problem("type", f"there is a {mention.name}"))
    for mention in clause.severities:
        if mention.negated and any(region.severity == mention.name for region in facts.regions):
            problems.append(Problem("severity", f"there is a {mention.name} region"))
    if not clause.types and not clause.counts:
        for mention in clause.zones:
            if mention.negated and any(_in_zone(region, mention.name) for region in cited):
                problems.append(Problem("place", f"there is a region at {mention.phrase!r}"))
    lexicon, text = clause.lexicon, clause.text
    limited = bool(_FURTHER.search(text) or lexicon.exceptions.search(text)) or any(
        mention.negated for mention in (*clause.types, *clause.severities, *clause.zones)
    )
    if lexicon.none_found.search(text) and facts.regions and not limited:
        problems.append(Problem("count", f"there are {len(facts.regions)} regions"))
    return problems


def one_region(clause: Clause, facts: Facts, cited: Sequence[Region]) -> list[Problem]:
    """All that a clause says of a region must be true of one that is cited, and what it says of all of each."""
    lexicon = clause.lexicon
    compared = (*lexicon.compare.values(), *lexicon.equal.values())
    if any(pattern.search(clause.text) for pattern in compared):
        clause = replace(clause, numbers=tuple(claim for claim in clause.numbers if claim.unit != "x"))
        if not clause.numbers:
            return []
    if lexicon.every.search(clause.text) and len(facts.regions) > 1 and not clause.counts:
        return _each(clause, facts)
    wanted = predicates(clause, facts, cited)
    if not wanted:
        return []
    for region in cited:
        if all(test(region) for _, _, test in wanted):
            return []
    if not cited:
        return [Problem(kind, f"{said!r}, but nothing was found") for kind, said, _ in wanted]
    failing = min(([(kind, said) for kind, said, test in wanted if not test(region)] for region in cited), key=len)
    return [
        Problem(kind, f"{said!r} is not true of {' or '.join(region.id for region in cited)}") for kind, said in failing
    ]


def _each(clause: Clause, facts: Facts) -> list[Problem]:
    """ "all findings are minor", "every crack lies at the edge": true of each one that is meant."""
    match = clause.lexicon.every.search(clause.text)
    assert match is not None
    subjects = [
        mention
        for mention in clause.types
        if 0 <= mention.start - match.end() <= _SUBJECT_REACH
        and not clause.lexicon.things.search(clause.text[match.end() : mention.start])
    ]
    meant = [
        region
        for region in facts.regions
        if not subjects or canonical_type(region.type) in {mention.name for mention in subjects}
    ]
    said = replace(
        clause, types=tuple(one for one in clause.types if one not in subjects and one.start >= match.start())
    )
    return [
        Problem(kind, f"{phrase!r} is not true of {region.id}")
        for kind, phrase, test in predicates(said, facts, facts.regions)
        for region in meant
        if not test(region)
    ]


def predicates(clause: Clause, facts: Facts, cited: Sequence[Region]) -> list[Predicate]:
    """What a clause says of a region, as tests; numbers that are true of the whole part are left out."""
    found: list[Predicate] = []
    found += _any_of("type", clause.types, lambda region, name: canonical_type(region.type) == name, cited)
    found += _any_of("place", clause.zones, _in_zone, cited)
    found += _any_of("severity", clause.severities, lambda region, name: region.severity == name, cited)
    everything = facts.numbers()
    summed = bool(_TOTAL.search(clause.text))
    for claim in (replace(claim, quantity="total") if summed else claim for claim in clause.numbers):
        fitting = [fact for fact in everything if claim.fits(fact)]
        if any(fact.region is None for fact in fitting):
            continue
        owners = {fact.region for fact in fitting}
        found.append(("number", claim.text, lambda region, owners=owners: region.id in owners))  # type: ignore[misc]
    unknown = clause.lexicon.unknown_type.search(clause.text)
    if unknown:
        found.append(("type", unknown.group(), lambda region: region.type == UNKNOWN_TYPE))
    return [*found, *looks(clause, facts)]


def _any_of(
    kind: str, mentions: Sequence[Mention], is_true: Callable[[Region, str], bool], cited: Sequence[Region]
) -> list[Predicate]:
    """One test for all names of a kind: a region has one of them; a name that fits no cited region fails for all."""
    said = [mention for mention in mentions if not mention.negated]
    if not said:
        return []
    orphans = [mention for mention in said if not any(is_true(region, mention.name) for region in cited)]
    if orphans:
        return [(kind, mention.phrase, lambda _: False) for mention in orphans]
    names = [mention.name for mention in said]
    phrase = " / ".join(mention.phrase for mention in said)
    return [(kind, phrase, lambda region: any(is_true(region, name) for name in names))]


def _in_zone(region: Region, name: str) -> bool:
    """A broad word fits a narrow zone: "top" is true of `top_left`, "top left" is not true of `top`."""
    wanted = set(name.split("_"))
    return any(wanted <= set(zone.split("_")) for zone in (region.zone, *region.zones))


def matching(clause: Clause, facts: Facts, cited: Sequence[Region]) -> list[Region]:
    """The cited regions of which all is true that a clause says."""
    tests = predicates(clause, facts, cited)
    return [region for region in cited if all(test(region) for _, _, test in tests)]
