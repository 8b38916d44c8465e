"""Which defect a text is about: the words that name one, and the one that the sentence is built on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tools.blueprint.lexicon.inflect import fold
from tools.blueprint.reading.document import Document, Match
from tools.blueprint.reading.phrases import portioned, preposition_before

UNMAPPED = "unmapped"
GENERIC = "generic"
_MATTER = frozenset({"contamination"})
_PARTICLES = frozenset({"off", "out", "away", "through", "open", "apart"})
"""`where the paint flaked off`: with one of these the participle is the sentence's verb."""


@dataclass(frozen=True)
class Mention:
    """A place where a defect is named.

    Attributes:
        match: the words.
        rank: 0 names a defect outright, 1 a weak word or an adjective, 2 only says where another one is.
        denied: it stands under a negation.
    """

    match: Match
    rank: int
    denied: bool

    @property
    def name(self) -> str:
        """Defect type, `unmapped` or `generic`."""
        return self.match.value

    @property
    def specific(self) -> bool:
        """It names one of the registered types."""
        return self.name not in (UNMAPPED, GENERIC)


@dataclass(frozen=True)
class Topic:
    """What the text is about.

    Attributes:
        name: the defect type; None where it could not be told.
        mention: where it is named; with no name, the general or unmapped word there is.
        alternatives: types between which the text does not decide ("scratch or crack").
        others: further types that the text names as well.
        mentions: every mention, denied ones included.
    """

    name: str | None
    mention: Mention | None
    alternatives: tuple[str, ...]
    others: tuple[str, ...]
    mentions: tuple[Mention, ...]

    def is_topic(self, match: Match) -> bool:
        """Whether words name this topic, or speak of it in general terms."""
        if match.value == GENERIC or (self.name is None and match.category == "defect"):
            return True
        return match.value == self.name or (self.name is None and match.value in self.alternatives)


def find_topic(document: Document, denied: frozenset[int]) -> Topic:
    """Choose the defect that a text describes."""
    mentions = tuple(_mentions(document, denied))
    usable = [mention for mention in mentions if not mention.denied and mention.specific]
    alternatives = _alternatives(document, usable)
    if alternatives:
        first = next(mention for mention in usable if mention.name in alternatives)
        return Topic(None, first, alternatives, (), mentions)
    if not usable:
        rest = [mention for mention in mentions if not mention.denied]
        rest.sort(key=lambda mention: mention.name == GENERIC)
        return Topic(None, rest[0] if rest else None, (), (), mentions)
    best = min(mention.rank for mention in usable)
    chosen = next(mention for mention in usable if mention.rank == best)
    chosen = _declared(document, mentions) or _swapped(document, chosen, usable)
    others = tuple(
        dict.fromkeys(
            mention.name
            for mention in usable
            if mention.name != chosen.name and mention.rank == 0 and not _names_cause(document, mention)
        )
    )
    return Topic(chosen.name, chosen, (), others, mentions)


def _mentions(document: Document, denied: frozenset[int]) -> list[Mention]:
    matches = [
        match for match in _longest(document.all("defect"))
        if not _excluded(document, match) and portioned(document, match.end - 1) is None
    ]  # fmt: skip
    kept = [match for index, match in enumerate(matches) if not _absorbed(matches, index)]
    return [Mention(match, _rank(document, match, kept), _is_denied(match, denied)) for match in kept]


def _longest(matches: Sequence[Match]) -> list[Match]:
    """One match a place: the longest, nouns before adjectives."""
    kept: list[Match] = []
    for match in matches:
        rivals = [other for other in kept if other.start < match.end and match.start < other.end]
        if any(_weight(other) >= _weight(match) for other in rivals):
            continue
        kept = [other for other in kept if other not in rivals]
        kept.append(match)
    return sorted(kept, key=lambda match: match.start)


def _weight(match: Match) -> tuple[int, int]:
    return match.end - match.start, int(match.entry.kind != "adjective")


def _is_denied(match: Match, denied: frozenset[int]) -> bool:
    return all(index in denied for index in range(match.start, match.end))


def _excluded(document: Document, match: Match) -> bool:
    """`scratch-resistant`, `crack test`, `anti-corrosion`; `oil pump`; `on the chip` of a board."""
    grammar = document.lexicon.grammar
    if (
        document.key(match.end) in grammar["suffix_negations"]
        or document.key(match.start - 1) in (grammar["prefix_negations"])
    ):
        return document.key(match.start - 1) != "nicht" and not _own_phrase(document, match)
    if match.value in _MATTER and match.entry.kind == "mass":
        part = document.starting(match.end, "part")
        return part is not None and match.end - match.start == 1 and document.language == "en"
    return False


def _own_phrase(document: Document, match: Match) -> bool:
    """ "defect free of rust": "free" opens a negation and ends none; "crack, free of ..." likewise."""
    return document.key(match.end) == "free" and document.key(match.end + 1) in ("of", "from")


def _absorbed(matches: Sequence[Match], index: int) -> bool:
    """A noun right before another defect noun only describes it: "dust bump", "rust scratch", "crack defect"."""
    if index + 1 >= len(matches):
        return False
    match, after = matches[index], matches[index + 1]
    if after.start != match.end or match.value == after.value:
        return False
    if after.entry.kind == "adjective":
        return False
    return after.value not in (GENERIC, UNMAPPED) and match.value != "missing_part"


def _rank(document: Document, match: Match, all_matches: Sequence[Match]) -> int:
    if match.value in (GENERIC, UNMAPPED):
        return 1
    if _is_reference(document, match, all_matches):
        return 2
    words = document.keys[match.start : match.end]
    if match.entry.kind == "adjective":
        predicate = any(document.is_a(match.start - back, "copulas") for back in (1, 2, 3)) and not _attributive(
            document, match
        )
        strong = match.value == "missing_part" and not _listed(document, "weak_defects", words[0])
        strong = strong or (len(words) > 1 and words[-1] in _PARTICLES and not _attributive(document, match))
        return 0 if strong or predicate else 1
    weak = len(words) == 1 and _listed(document, "weak_defects", words[0])
    return 1 if weak else 0


def _attributive(document: Document, match: Match) -> bool:
    return document.is_a(match.end, "part", "material", "defect", "adjective")


def _is_reference(document: Document, match: Match, all_matches: Sequence[Match]) -> bool:
    """A defect word that only says where: "crack near the hole", "stain next to a scratch"."""
    if match is all_matches[0] and not _later_noun(match, all_matches):
        return False
    preposition = preposition_before(document, match.start)
    if preposition is None:
        return False
    reference = document.ending(preposition + 1, "reference_prepositions") or document.covering(
        preposition, "reference_prepositions"
    )
    place = document.covering(preposition, "place_prepositions")
    word = document.keys[match.end - 1]
    part_like = _listed(document, "part_like_defects", word)
    if reference is not None and match.entry.kind != "adjective":
        return True
    definite = document.is_a(preposition + 1, "definite")
    return place is not None and (part_like or definite) and match.entry.kind != "adjective"


def _later_noun(match: Match, all_matches: Sequence[Match]) -> bool:
    return any(
        other.start > match.start and other.entry.kind != "adjective" and other.value not in (GENERIC, UNMAPPED)
        for other in all_matches
    )


def _alternatives(document: Document, usable: Sequence[Mention]) -> tuple[str, ...]:
    """Types joined by "or" or a slash, or several where the text says that it is not sure."""
    for first, second in pairwise(usable):
        between = range(first.match.end, second.match.start)
        keys = [document.key(index) for index in between if not document.is_a(index, "determiners", "adjective")]
        keys = [key for key in keys if key not in (",", "either", "maybe", "vielleicht", "perhaps", "?", "possibly")]
        joined = keys in (["or"], ["/"], ["oder"]) or (not keys and "?" in [document.key(i) for i in between])
        if first.name != second.name and joined and first.rank <= 1 and second.rank <= 1:
            return (first.name, second.name)
    names = tuple(dict.fromkeys(mention.name for mention in usable if mention.rank == 0))
    return names[:3] if len(names) > 1 and document.all("uncertain") else ()


def _declared(document: Document, mentions: Sequence[Mention]) -> Mention | None:
    """ "The hole is intended; the defect is a burr": the one that is called the defect."""
    for first, second in pairwise(mentions):
        between = range(first.match.end, second.match.start)
        if first.name != GENERIC or first.match.entry.plural or second.denied or not second.specific or second.rank:
            continue
        if (
            between
            and document.is_a(between[0], "copulas")
            and not any(index in document.sentence_ends or document.is_a(index, "prepositions") for index in between)
        ):
            return second
    return None


def _swapped(document: Document, chosen: Mention, usable: Sequence[Mention]) -> Mention:
    """ "A particle caused a scratch": what was caused is the defect."""
    stop = document.sentence_of(chosen.match.end - 1)[1]
    for match in document.all("sentence_verbs_swap"):
        if chosen.match.end <= match.start < stop:
            later = [m for m in usable if match.end <= m.match.start < stop and m.rank == 0 and m.name != chosen.name]
            if later:
                return later[0]
    return chosen


def _names_cause(document: Document, mention: Mention) -> bool:
    """ "caused by a particle", "from a scratch"."""
    preposition = preposition_before(document, mention.match.start)
    return preposition is not None and document.key(preposition) in ("by", "from", "like", "as", "durch", "von", "wie")


def _listed(document: Document, table: str, word: str) -> bool:
    """Whether a word, or its singular, is in a list of grammar.json."""
    words = {fold(known) for known in document.lexicon.grammar[table]}
    return word in words or word.removesuffix("s") in words or word.removesuffix("es") in words
