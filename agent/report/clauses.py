"""One clause of a sentence, taken apart into what it claims."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from agent.report.claims import NumberClaim, number_claims
from agent.report.lexicon import Lexicon
from agent.report.lexicon.model import Pattern
from tools.detection.regions import UNKNOWN_TYPE

_NEGATION_REACH = 26
"""How many letters before a word a "no" or "not" still speaks for it."""
_PLACE_NEGATION_REACH = 40
"""For a place: "neither finding lies in the centre"."""
_SEVERAL = 2
_OF_THE = re.compile(
    r"\b(?:of|among|out of|between) (?:the|these|all|those)\s+$|\b(?:der|von den|dieser|aller)\s+$", re.I
)
_REFERENCE = re.compile(
    r"\b(?:region|finding|defect|befund|bereich|fehler|영역)\s*#?\s?\d{1,2}\b(?![.,]\d)", re.IGNORECASE
)


@dataclass(frozen=True)
class Mention:
    """A word that names a type, a place, a severity or a verdict."""

    name: str
    phrase: str
    negated: bool
    start: int


@dataclass(frozen=True)
class CountClaim:
    """`number` of `noun`: a type's name, or None for defects of any kind."""

    number: int
    noun: str | None
    phrase: str
    at_least: bool = False
    """True for "several": so many or more."""
    of_all: bool = False
    """True for "one of the two scratches": a number of all of them, whatever else the clause says."""


@dataclass(frozen=True)
class Clause:
    """What one clause says."""

    text: str
    lexicon: Lexicon
    types: tuple[Mention, ...]
    zones: tuple[Mention, ...]
    severities: tuple[Mention, ...]
    verdicts: tuple[Mention, ...]
    numbers: tuple[NumberClaim, ...]
    counts: tuple[CountClaim, ...]

    @property
    def is_checkable(self) -> bool:
        """Does it say anything that the record can confirm or deny?"""
        said = (self.types, self.zones, self.severities, self.verdicts, self.numbers, self.counts)
        patterns = (
            *self.lexicon.compare.values(),
            *self.lexicon.superlative.values(),
            *self.lexicon.equal.values(),
            self.lexicon.horizontal,
            self.lexicon.vertical,
            self.lexicon.diagonal,
            self.lexicon.whole,
            self.lexicon.unknown_type,
            self.lexicon.none_found,
            self.lexicon.line,
            self.lexicon.spot,
            self.lexicon.darker,
            self.lexicon.brighter,
        )
        compared = self.lexicon.limit.search(self.text) and (
            self.lexicon.above.search(self.text) or self.lexicon.below.search(self.text)
        )
        return any(said) or bool(compared) or any(pattern.search(self.text) for pattern in patterns)

    def without(self, excused: Callable[[str], bool]) -> Clause:
        """The clause without the mentions whose words are excused."""

        def kept(mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
            return tuple(mention for mention in mentions if not excused(mention.phrase))

        return replace(
            self,
            types=kept(self.types),
            zones=kept(self.zones),
            severities=kept(self.severities),
            verdicts=tuple(one for one in self.verdicts if one.name != "review" or not excused(one.phrase)),
            counts=tuple(claim for claim in self.counts if not excused(claim.phrase)),
        )


def read_clause(text: str, lexicon: Lexicon) -> Clause:
    """Take a clause apart; `text` has no names and ids in it any more."""
    text = _REFERENCE.sub(" ", text)
    counts, counted = _counts(text, lexicon)
    numbers = tuple(
        claim for claim in number_claims(text, lexicon) if not any(low <= claim.start < high for low, high in counted)
    )
    types, rest = _mentions(text, lexicon.types, lexicon)
    zones, rest = _mentions(rest, lexicon.zones, lexicon, reach=_PLACE_NEGATION_REACH)
    for rank in ("worse", "better"):
        for patterns in (lexicon.compare, lexicon.superlative):
            if rank in patterns:
                rest = patterns[rank].sub(lambda match: "_" * len(match.group()), rest)
    severities, rest = _mentions(rest, lexicon.severities, lexicon)
    verdicts, _ = _mentions(rest, lexicon.verdicts, lexicon)
    return Clause(text, lexicon, types, zones, severities, verdicts, numbers, counts)


def _mentions(
    text: str, patterns: Mapping[str, Pattern], lexicon: Lexicon, *, reach: int = _NEGATION_REACH
) -> tuple[tuple[Mention, ...], str]:
    """What is named, and the text with those words blanked, so that "top left" is not "left" as well."""
    found = []
    original = text
    for name, pattern in patterns.items():
        for match in pattern.finditer(text):
            negated = _negated(original, match, lexicon, reach)
            found.append(Mention(name, match.group(), negated, match.start()))
        text = pattern.sub(lambda match: "_" * len(match.group()), text)
    return tuple(sorted(found, key=lambda mention: mention.start)), text


def _negated(text: str, match: re.Match[str], lexicon: Lexicon, reach: int) -> bool:
    """Denied before it ("no crack", but not "nothing except a crack") or behind it ("cracks were not found")."""
    before = text[max(0, match.start() - reach) : match.start()]
    denials = list(lexicon.negation.finditer(before))
    if denials:
        return not lexicon.exceptions.search(before[denials[-1].end() :])
    denial = lexicon.not_found.search(text, match.end())
    return denial is not None and denial.start() - match.end() <= reach


def _counts(text: str, lexicon: Lexicon) -> tuple[tuple[CountClaim, ...], list[tuple[int, int]]]:
    """ "two cracks", "3 small defects"; and where in the text they stand."""
    words = "|".join(sorted(map(re.escape, lexicon.number_words), key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w.,])(?P<number>\d{{1,4}}(?![\d.,]*\d)|{words})(?=[\s개]|건)", re.IGNORECASE)
    claims, spans = [], []
    for match in pattern.finditer(text):
        if any(unit.match(text, match.end()) for unit, _, _ in lexicon.units.values()):
            continue
        noun = _noun(text[match.end() : match.end() + 40], lexicon)
        if lexicon.glued and noun is not None:
            noun = (_type_before(text[: match.start()], lexicon), noun[1])
        word = match.group("number").lower()
        if noun is None or not (word.isdigit() or float(lexicon.number_words[word]).is_integer()):
            continue
        number = int(word) if word.isdigit() else int(lexicon.number_words[word])
        of_all = bool(_OF_THE.search(text[: match.start()]))
        claims.append(CountClaim(number, noun[0], (match.group() + noun[1]).strip(), of_all=of_all))
        spans.append((match.start(), match.end()))
    for match in lexicon.plural_words.finditer(text):
        noun = _noun(text[match.end() : match.end() + 40], lexicon)
        if noun is not None:
            claims.append(CountClaim(_SEVERAL, noun[0], (match.group() + noun[1]).strip(), at_least=True))
    for match in lexicon.only_words.finditer(text):
        noun = _noun(text[match.end() : match.end() + 40], lexicon)
        if noun is not None:
            claims.append(CountClaim(1, noun[0], (match.group() + noun[1]).strip(), of_all=True))
    return tuple(claims), spans


def _type_before(text: str, lexicon: Lexicon) -> str | None:
    """The type right before a number: "균열 2개"."""
    near = text[-8:]
    if any(not near[m.end() :].strip() for m in lexicon.unknown_type.finditer(near)):
        return UNKNOWN_TYPE
    ends = {name: [m.end() for m in pattern.finditer(near)] for name, pattern in lexicon.types.items()}
    named = [name for name, found in ends.items() if found and not near[max(found) :].strip()]
    return named[0] if named else None


def _noun(after: str, lexicon: Lexicon) -> tuple[str | None, str] | None:
    """The counted noun within the next three words: (type or None, its words)."""
    best: tuple[int, int, str | None] | None = None
    for name, pattern in (*lexicon.types.items(), (None, lexicon.count_nouns)):
        match = pattern.search(after)
        if match and (best is None or match.start() < best[0]):
            best = (match.start(), match.end(), name)
    if best is None:
        return None
    between = after[: best[0]]
    if len(between.split()) > 3 or re.search(r"\d|\bthan\b|\bals\b|\bto\b|\bbis\b|\bin\b|\bwith\b|\bmit\b", between):
        return None
    return best[2], after[: best[1]]
