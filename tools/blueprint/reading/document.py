"""A text with its tags: which words mean what, where sentences end, what is denied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from tools.blueprint.lexicon import LANGUAGES, Entry, Lexicon, get_lexicon
from tools.blueprint.lexicon.inflect import noun_forms
from tools.blueprint.lexicon.load import CONTENT
from tools.blueprint.reading.compounds import split_compound
from tools.blueprint.reading.language import detect_language
from tools.blueprint.reading.tokens import Token, tokenise
from tools.blueprint.reading.typos import correct
from tools.blueprint.registry import DEFECT_TYPES

_PLACE_REACH = 8
_ACRONYMS = frozenset({"pet", "al", "pu", "va", "pur", "led", "pe", "pp"})
"""Materials that are ordinary words or syllables too: only in capitals."""
_SENTENCE_END = frozenset({".", ";", "!", "?", "–", "-", "|"})
_OPAQUE = frozenset({"defect", "material", "part", "zone", "not_zone", "severity", "colour", "orientation", "finish"})
"""A longer phrase of these hides the shorter ones inside it: "oil stain" hides "oil"."""
_HIDING = _OPAQUE | {
    "edge_look",
    "gloss",
    "contrast",
    "curvature",
    "distribution",
    "uncertain",
    "not_negation",
    "vague",
}


@dataclass(frozen=True)
class Match:
    """A phrase of the vocabulary in the text, over the tokens `start` to `end` (exclusive)."""

    entry: Entry
    start: int
    end: int
    corrected: bool = False

    @property
    def category(self) -> str:
        """Category of the entry."""
        return self.entry.category

    @property
    def value(self) -> str:
        """Value of the entry."""
        return self.entry.value


@dataclass
class Document:
    """One text, tokenised and tagged."""

    text: str
    tokens: list[Token]
    language: str
    keys: list[str]
    corrected: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Token index → what was written and what it was taken for."""
    matches: list[Match] = field(default_factory=list)

    @property
    def lexicon(self) -> Lexicon:
        """The words of its language."""
        return get_lexicon(self.language)

    @cached_property
    def _by_category(self) -> dict[str, list[Match]]:
        table: dict[str, list[Match]] = {}
        for match in self.matches:
            table.setdefault(match.category, []).append(match)
        return table

    @cached_property
    def _covering(self) -> dict[tuple[int, str], Match]:
        table: dict[tuple[int, str], Match] = {}
        for match in self.matches:
            for index in range(match.start, match.end):
                known = table.get((index, match.category))
                if known is None or match.end - match.start > known.end - known.start:
                    table[index, match.category] = match
        return table

    def all(self, *categories: str) -> list[Match]:
        """The matches of these categories in reading order."""
        found = [match for category in categories for match in self._by_category.get(category, ())]
        return sorted(found, key=lambda match: (match.start, -match.end))

    def covering(self, index: int, *categories: str) -> Match | None:
        """The longest match of one of these categories over a token."""
        for category in categories:
            match = self._covering.get((index, category))
            if match is not None:
                return match
        return None

    def starting(self, index: int, *categories: str) -> Match | None:
        """The longest match of one of these categories that begins at a token."""
        best: Match | None = None
        for category in categories:
            for match in self._by_category.get(category, ()):
                if match.start == index and (best is None or match.end > best.end):
                    best = match
        return best

    def ending(self, index: int, *categories: str) -> Match | None:
        """The longest match of one of these categories that ends before token `index`."""
        best: Match | None = None
        for category in categories:
            for match in self._by_category.get(category, ()):
                if match.end == index and (best is None or match.start < best.start):
                    best = match
        return best

    def is_a(self, index: int, *categories: str) -> bool:
        """Whether a token is covered by one of these categories."""
        return 0 <= index < len(self.tokens) and self.covering(index, *categories) is not None

    def key(self, index: int) -> str:
        """The folded, corrected word at a token; empty outside the text."""
        return self.keys[index] if 0 <= index < len(self.keys) else ""

    def is_unknown_word(self, index: int) -> bool:
        """A word that no vocabulary has."""
        return (
            0 <= index < len(self.tokens)
            and self.tokens[index].kind == "word"
            and not any((index, category) in self._covering for category in self._by_category)
        )

    @cached_property
    def sentence_ends(self) -> frozenset[int]:
        """Tokens that end a sentence: punctuation that is no part of an abbreviation or a number."""
        ends = set()
        for index, token in enumerate(self.tokens):
            if token.kind != "punct" or token.key not in _SENTENCE_END or self._inside_phrase(index):
                continue
            if token.key in ("–", "-") and not token.space_before:
                continue
            ends.add(index)
        return frozenset(ends | {i for i, token in enumerate(self.tokens) if i and "\n" in self._gap(i, token)})

    def _gap(self, index: int, token: Token) -> str:
        return self.text[self.tokens[index - 1].end : token.start]

    def _inside_phrase(self, index: int) -> bool:
        return any(
            match.start < index < match.end
            for match in self.matches
            if match.category in ("approx", "upper_bounds", "lower_bounds", "dimension", "unit")
        )

    def sentence_of(self, index: int) -> tuple[int, int]:
        """The tokens `start` to `end` (exclusive) of the sentence that a token is in."""
        start = max((end + 1 for end in self.sentence_ends if end < index), default=0)
        stop = min((end for end in self.sentence_ends if end >= index), default=len(self.tokens))
        return start, stop


def read(text: str, language: str | None = None) -> Document:
    """Tokenise, find the language, correct typos and tag.

    Args:
        text: anything.
        language: a code of `LANGUAGES`; None finds out.
    """
    tokens = tokenise(text)
    chosen = language or detect_language(tokens)
    keys = [token.key for token in tokens]
    document = Document(text=text, tokens=tokens, language=chosen, keys=keys)
    for index, token in enumerate(tokens):
        if token.kind == "word" and not _comes_apart(token.key, chosen):
            meant = correct(token.key, chosen)
            if meant is not None:
                keys[index] = meant
                document.corrected[index] = (token.text, meant)
    document.matches = [_by_place(document, match) for match in _prune(_tag(document))]
    return document


def _by_place(document: Document, match: Match) -> Match:
    """A word that means one defect in a part and another on it: "Beule in der Tür", "Beule auf der Dichtung"."""
    table = document.lexicon.grammar.get("depends_on_place", {}).get(document.keys[match.start])
    if not table or match.category != "defect" or match.end - match.start > 1:
        return match
    value = next((table[key] for key in document.keys[match.end : match.end + _PLACE_REACH] if key in table), None)
    return match if value is None else replace(match, entry=replace(match.entry, value=value))


def _comes_apart(word: str, language: str) -> bool:
    return language == "de" and bool(split_compound(word))


def _tag(document: Document) -> list[Match]:
    """Every phrase at every place, first in the own language, then content words that only another one knows."""
    found = list(_phrases(document, get_lexicon(document.language), None))
    found.extend(_registered(document))
    covered = {index for match in found for index in range(match.start, match.end)}
    own = get_lexicon(document.language).vocabulary
    for other in LANGUAGES:
        if other == document.language:
            continue
        for match in _phrases(document, get_lexicon(other), CONTENT):
            words = range(match.start, match.end)
            if not any(index in covered or document.keys[index] in own for index in words):
                found.append(match)
    for index, token in enumerate(document.tokens):
        if token.kind == "word" and document.keys[index] not in own:
            found.extend(Match(entry, index, index + 1) for entry in split_compound(document.keys[index]))
    return found


def _registered(document: Document) -> Iterable[Match]:
    """The labels, and their plurals, of defect types that were registered beyond the vocabulary."""
    for name, kind in DEFECT_TYPES.items():
        label = kind.label.get(document.language, kind.label["en"])
        for form, plural in noun_forms(label, document.language):
            words = [token.key for token in tokenise(form)]
            if tuple(words) in document.lexicon.phrases:
                continue
            for start in range(len(document.keys) - len(words) + 1):
                if document.keys[start : start + len(words)] == words:
                    yield Match(Entry("defect", name, "noun", plural), start, start + len(words))


def _phrases(document: Document, lexicon: Lexicon, only: frozenset[str] | None) -> Iterable[Match]:
    keys = document.keys
    for start, key in enumerate(keys):
        for length in range(min(lexicon.longest.get(key, 0), len(keys) - start), 0, -1):
            for entry in lexicon.phrases.get(tuple(keys[start : start + length]), ()):
                if only is not None and entry.category not in only:
                    continue
                if _in_lower_case(document, start, length, entry):
                    continue
                corrected = any(index in document.corrected for index in range(start, start + length))
                yield Match(entry, start, start + length, corrected)


def _in_lower_case(document: Document, start: int, length: int, entry: Entry) -> bool:
    token = document.tokens[start]
    return length == 1 and entry.category == "material" and token.key in _ACRONYMS and token.text.islower()


def _prune(matches: list[Match]) -> list[Match]:
    """Without the phrases that lie inside a longer one that hides them."""
    hiding = [match for match in matches if match.category in _HIDING and match.end - match.start > 1]
    kept = []
    for match in matches:
        length = match.end - match.start
        hidden = match.category in _OPAQUE and any(
            other.start <= match.start
            and match.end <= other.end
            and other.end - other.start > length
            and not _both_stand(match, other)
            for other in hiding
        )
        if not hidden:
            kept.append(match)
    return kept


def _both_stand(inner: Match, outer: Match) -> bool:
    """Pairs in which the shorter phrase keeps its own meaning."""
    if outer.category == "vague":
        return True
    if inner.category == "material":
        return outer.category in ("part", "zone", "not_zone") and inner.value not in ("solder", "tin")
    if outer.category == "severity" and inner.category == "defect":
        return outer.entry.kind == "weak"
    return outer.category == "part" and inner.category == "severity"
