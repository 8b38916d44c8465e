"""Read a language's JSON files into one table of phrases and a few grammar tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tools.blueprint.errors import BlueprintError
from tools.blueprint.lexicon.inflect import adjective_forms, noun_forms

FOLDER = Path(__file__).parent
LANGUAGES = tuple(sorted((path.name for path in FOLDER.iterdir() if (path / "grammar.json").exists()), reverse=True))
"""Languages that have a folder here: English first, then German."""
CONTENT = frozenset({"defect", "material", "finish", "part", "zone", "orientation", "severity", "colour"})
"""Categories that also count when a sentence of another language uses them."""
_SPELLING = {"gray": "grey", "light gray": "light grey", "dark gray": "dark grey", "blue gray": "blue grey"}


@dataclass(frozen=True)
class Entry:
    """What a phrase means: a category, a value in it, the kind of word and whether it is a plural."""

    category: str
    value: str
    kind: str = ""
    plural: bool = False


@dataclass
class Lexicon:
    """One language's words.

    Attributes:
        language: its code.
        phrases: folded words to what they mean.
        longest: first word to the longest phrase that starts with it.
        vocabulary: every word of every phrase.
        content_words: the words that typos are corrected to.
        ordinary: words that look like one of ours and are none ("stretch", "track").
        grammar: the tables of grammar.json that are not phrase lists.
        questions: texts for people.
    """

    language: str
    phrases: dict[tuple[str, ...], list[Entry]] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)
    vocabulary: set[str] = field(default_factory=set)
    content_words: set[str] = field(default_factory=set)
    ordinary: frozenset[str] = frozenset()
    grammar: dict[str, Any] = field(default_factory=dict)
    questions: dict[str, Any] = field(default_factory=dict)

    def add(self, phrase: str, entry: Entry) -> None:
        """File a phrase, in the order of priority: the first entry of a category wins."""
        from tools.blueprint.reading.tokens import tokenise

        words = tuple(token.key for token in tokenise(phrase))
        if not words:
            return
        known = self.phrases.setdefault(words, [])
        same_kind = entry.category == "dimension"
        if any(
            other.category == entry.category and other.value == entry.value and (not same_kind or other == entry)
            for other in known
        ):
            return
        known.append(entry)
        self.longest[words[0]] = max(len(words), self.longest.get(words[0], 0))
        self.vocabulary.update(words)
        if entry.category in _CORRECTED:
            self.content_words.update(word for word in words if len(word) >= 4 and word.isalpha())


_CORRECTED = CONTENT | {"edit", "number", "unit", "orientation_inferred", "vague", "dimension", "distribution", "gloss"}
_PLAIN_TABLES = ("numbers", "fractions")


def get_lexicon(language: str) -> Lexicon:
    """The words of a language; read once.

    Raises:
        BlueprintError: there is no folder for it.
    """
    if language not in LANGUAGES:
        raise BlueprintError(f"no vocabulary for the language {language!r}; there are {', '.join(LANGUAGES)}")
    return _load(language)


@cache
def _load(language: str) -> Lexicon:
    lexicon = Lexicon(language)
    for phrase, entry in _entries(language):
        lexicon.add(phrase, entry)
    lexicon.grammar = _read(language, "grammar")
    lexicon.questions = _read(language, "questions")
    ordinary = FOLDER / language / "ordinary.txt"
    lexicon.ordinary = frozenset(ordinary.read_text(encoding="utf-8").split()) if ordinary.exists() else frozenset()
    return lexicon


def _read(language: str, name: str) -> dict[str, Any]:
    path = FOLDER / language / f"{name}.json"
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return data


def _entries(language: str) -> Iterator[tuple[str, Entry]]:
    yield from _defects(language)
    yield from _materials(language)
    yield from _parts(language)
    yield from _places(language)
    yield from _looks(language)
    yield from _grammar(language)
    yield from _edits(language)


def _nouns(words: Iterable[str], language: str, category: str, value: str, kind: str) -> Iterator[tuple[str, Entry]]:
    for word in words:
        for form, plural in noun_forms(word, language):
            yield form, Entry(category, value, kind, plural)


def _adjectives(
    words: Iterable[str], language: str, category: str, value: str, kind: str = ""
) -> Iterator[tuple[str, Entry]]:
    for word in words:
        for form in adjective_forms(word, language):
            yield form, Entry(category, value, kind)


def _defects(language: str) -> Iterator[tuple[str, Entry]]:
    for name, words in _read(language, "defects").items():
        if isinstance(words, list):
            yield from _nouns(words, language, "defect", name, "noun")
            continue
        yield from _nouns(words.get("nouns", ()), language, "defect", name, "noun")
        yield from _nouns(words.get("long", ()), language, "defect", name, "long")
        for word in words.get("mass", ()):
            yield word, Entry("defect", name, "mass")
        yield from _adjectives(words.get("adjectives", ()), language, "defect", name, "adjective")


def _materials(language: str) -> Iterator[tuple[str, Entry]]:
    data = _read(language, "materials")
    for name, words in data["materials"].items():
        for word in words:
            yield word, Entry("material", name)
            if language == "de":
                yield f"{word}s", Entry("material", name)
    for name, words in data["finishes"].items():
        yield from _adjectives(words, language, "finish", name)


def _parts(language: str) -> Iterator[tuple[str, Entry]]:
    data = _read(language, "parts")
    for word in data["parts"]:
        value, colon, forms = word.partition(":")
        for form, plural in noun_forms(forms if colon else word, language):
            yield form, Entry("part", value, "noun", plural)
    for word in data["not_countable"]:
        for form, _ in noun_forms(word, language):
            yield form, Entry("not_countable", word)


def _places(language: str) -> Iterator[tuple[str, Entry]]:
    data = _read(language, "places")
    for category in ("orientation", "orientation_inferred", "distribution", "curvature"):
        for name, words in data[category].items():
            yield from _adjectives(words, language, category, name)
    for category, listed in (("zone", data["zones"]), ("not_zone", {"": data["not_zones"]})):
        for name, words in listed.items():
            for word in words:
                yield word, Entry(category, name)
    for word in data["orientation_free"]:
        yield word, Entry("orientation_free", "")


def _looks(language: str) -> Iterator[tuple[str, Entry]]:
    data = _read(language, "looks")
    for level, kinds in data["severity"].items():
        for kind, words in kinds.items():
            yield from _adjectives(words, language, "severity", level, kind)
    colours = data["colours"]
    named: Mapping[str, list[str]] = colours if isinstance(colours, Mapping) else {word: [word] for word in colours}
    for name, words in named.items():
        yield from _adjectives(words, language, "colour", _SPELLING.get(name, name))
    for category, table in (("gloss", "gloss"), ("edge_look", "edges"), ("contrast", "contrast")):
        for name, words in data[table].items():
            yield from _adjectives(words, language, category, name)
    for name, words in data["size_hints"].items():
        yield from _adjectives(words, language, "size_hint", name)
    for name, words in data["width_hints"].items():
        yield from _adjectives(words, language, "width_hint", name)
    yield from _adjectives(data["adjectives"], language, "adjective", "")
    for word in data["weak_minor"]:
        yield word, Entry("severity", "minor", "weak")


def _edits(language: str) -> Iterator[tuple[str, Entry]]:
    """Words that change a Blueprint: the entry's kind is the table, its value what the table gives, as JSON."""
    for table, words in _read(language, "refine").items():
        pairs = words.items() if isinstance(words, dict) else ((word, None) for word in words)
        for word, value in pairs:
            yield word, Entry("edit", json.dumps([table, value]), table)


def _grammar(language: str) -> Iterator[tuple[str, Entry]]:
    data = _read(language, "grammar")
    for name, words in data.items():
        if isinstance(words, list):
            for word in words:
                yield word, Entry(name, word)
    for field_name, kinds in data["dimensions"].items():
        for kind, words in kinds.items():
            for word in words:
                yield word, Entry("dimension", field_name, kind)
    for word, (low, high, said) in data["vague_counts"].items():
        yield word, Entry("vague", f"{low} {high}", "said" if said else "vague")
    for name, words in data["units"].items():
        for word in words:
            yield word, Entry("unit", name)
    for table in _PLAIN_TABLES:
        for word in data[table]:
            yield word, Entry("number", word)
