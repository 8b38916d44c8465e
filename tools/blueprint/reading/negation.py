"""What a text denies: "no corrosion, just a stain", "kein Kratzer, sondern ein Riss", "paint run? no".

A negator reaches forward to the next comma, full stop or word such as "but"; a list ("no dents, scratches or cracks")
carries it on. A bare "no" answers what came before it and takes that back, and so does "sorry" or "I mean".
"""

from __future__ import annotations

from tools.blueprint.reading.document import Document, Match

_OWN_MEANING = ("severity", "not_negation", "uncertain", "corrections", "lower_bounds", "upper_bounds", "vague")
_ANSWERS = frozenset(
    {"no", "nein", "nope", "not", "nicht", "nah", "isn't", "isnt", "wasn't", "wasnt", "aren't", "arent"}
)
_JOINS = frozenset({"or", "nor", "and", "oder", "noch", "und", "/"})
_DEFECT_LIKE = ("defect", "adjective", "colour", "size_hint", "determiners", "severity")
_EMPTY = ("pronouns", "copulas", "verbs", "conjunctions")
_BREAKS = frozenset({",", "(", ")", ":", "?", "!", ";", "."})


def denied_tokens(document: Document) -> frozenset[int]:
    """The tokens that stand under a negation or were taken back."""
    denied: set[int] = set()
    for match in _negators(document):
        if _is_answer(document, match):
            denied.update(range(_back_to(document, match.start), match.start))
        else:
            denied.update(range(match.end, _reach(document, match.end)))
    for match in document.all("corrections"):
        denied.update(_taken_back(document, match, frozenset(denied)))
    return frozenset(denied)


def _negators(document: Document) -> list[Match]:
    found: list[Match] = []
    for match in document.all("negators"):
        inside = any(
            other.start <= match.start and match.end <= other.end and other.end - other.start >= match.end - match.start
            for other in document.all(*_OWN_MEANING)
            if other.end - other.start > 1 or other.category == "not_negation"
        )
        if not inside and not any(_within(match, other) for other in found):
            found.append(match)
    longest = [match for match in found if not any(_within(match, other) for other in found if other is not match)]
    extra = [
        Match(document.matches[0].entry, index, index + 1)
        for index, key in enumerate(document.keys)
        if document.matches and key in ("nein", "nope", "nah") and not document.is_a(index, "negators")
    ]
    return sorted(longest + extra, key=lambda match: match.start)


def _within(inner: Match, outer: Match) -> bool:
    return (
        outer.start <= inner.start and inner.end <= outer.end and (outer.end - outer.start) > (inner.end - inner.start)
    )


def _is_answer(document: Document, match: Match) -> bool:
    """Whether the negator closes what came before: "no" or "not" with punctuation or nothing after it."""
    if document.key(match.start) not in _ANSWERS or match.end - match.start > 1:
        return False
    after = document.key(match.end)
    if match.end >= len(document.tokens):
        return True
    return after in _BREAKS or match.end in document.sentence_ends


def _back_to(document: Document, index: int) -> int:
    """Where the sentence before an answering "no" begins; nothing where the answer opens the text."""
    cursor = index - 1
    while cursor >= 0 and document.tokens[cursor].kind == "punct":
        cursor -= 1
    if cursor < 0:
        return index
    start = document.sentence_of(cursor)[0]
    breaks = [at + 1 for at in range(start, cursor) if document.key(at) in (":", ",")]
    return next((at for at in reversed(breaks) if _says_something(document, at, index)), start)


def _says_something(document: Document, start: int, end: int) -> bool:
    """Whether there is anything to deny: in "I took it for a crack, it is not" that stands before the comma."""
    return any(document.tokens[at].kind != "punct" and not document.is_a(at, *_EMPTY) for at in range(start, end))


def _reach(document: Document, start: int) -> int:
    """One past the last token that a negator at `start` denies."""
    index = start
    while index < len(document.tokens):
        if index in document.sentence_ends or document.key(index) in ("(", ")", ":"):
            break
        if document.key(index) == "," and not _list_goes_on(document, index):
            break
        if index > start and document.is_a(index, "negation_stops") and not _opens(document, start, index):
            break
        if document.is_a(index, "not_negation"):
            break
        if index > start and document.is_a(index, "corrections"):
            break
        index += 1
    return index


def _opens(document: Document, start: int, index: int) -> bool:
    """A determiner or pronoun right after the negator ("not this") does not stop it."""
    return index == start + 1 and document.is_a(index, "determiners")


def _list_goes_on(document: Document, comma: int) -> bool:
    """`no scratches, dents or cracks`: after the comma only defect words up to an "or" or another such comma."""
    index = comma + 1
    seen = False
    while index < len(document.tokens) and index - comma < 6:
        key = document.key(index)
        if key in _JOINS:
            return seen and document.is_a(index + 1, *_DEFECT_LIKE)
        if key == ",":
            return seen and _list_goes_on(document, index)
        if not document.is_a(index, *_DEFECT_LIKE) or document.is_a(index, "indefinite"):
            return False
        seen = seen or document.is_a(index, "defect")
        index += 1
    return False


def _taken_back(document: Document, match: Match, denied: frozenset[int]) -> set[int]:
    """Tokens before a correction that something of the same kind after it replaces."""
    start = match.start
    stop = document.sentence_of(match.end)[1] if match.end < len(document.tokens) else match.end
    begin = document.sentence_of(start - 1)[0] if start else 0
    if start and start - 1 in document.sentence_ends:
        begin = document.sentence_of(max(start - 2, 0))[0]
    after = {
        found.category: found.value
        for found in document.matches
        if match.end <= found.start < stop and found.start not in denied
    }
    taken: set[int] = set()
    for found in document.matches:
        if begin <= found.start and found.end <= start and found.category in ("defect", "zone", "material", "severity"):
            new = after.get(found.category)
            if new is not None and new != found.value and _is_last(document, found, start):
                taken.update(range(found.start, found.end))
    if any(match.end <= index < stop and document.tokens[index].kind == "num" for index in range(match.end, stop)):
        numbers = [index for index in range(begin, start) if document.tokens[index].kind == "num"]
        taken.update(numbers[-1:])
    return taken


def _is_last(document: Document, found: Match, before: int) -> bool:
    """Whether no later one of its category stands before the correction."""
    return not any(other.category == found.category and found.end <= other.start < before for other in document.matches)
