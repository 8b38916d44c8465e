"""Every sentence against the structured record: numbers, counts, comparisons, verdict, places, types, severities,
causes, standards and citations.

A sentence is read clause by clause. What a clause says of a region must all be true of ONE of the regions that the
sentence cites, so that a true length cannot lend itself to another region's place. A sentence that makes no claim that
can be checked, and cites no record, is refused as well: it has no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.report import clause_checks as checks
from agent.report import comparisons
from agent.report.checker_types import Problem
from agent.report.clauses import Clause, read_clause
from agent.report.facts import Facts
from agent.report.lexicon import Lexicon, get_lexicon
from agent.report.schema import Citation, Sentence
from agent.report.support import Embed, content_words, is_supported
from knowledge.embedding import embed_texts
from tools.detection.regions import Region

KEYWORDS = frozenset({"verdict", "score", "picture", "confidence", "history"})
"""Evidence that is neither a region nor a record."""
_REGION_ID = re.compile(r"\br-[0-9a-f]{10}\b")
_RECORD_ID = re.compile(r"\[([\w.:/+ -]{3,200})\]")
_STANDARD = re.compile(
    r"\b(?:ISO|IEC|EN|DIN|ASTM|IPC|JIS|SEMI|MIL|AWS|IATF|VDA|VDI|ANSI|BS|JESD|J-STD|JEDEC|SAE|AMS|NADCA|KS|GB|IEEE|NAS|ASME|API)"
    r"(?:[ -](?:EN|ISO|STD|IEC|SM))*[ -]?[A-Z]{0,2}\d[\w.]*(?:-[A-Z]?\d[\w.]*)*"
)
_BETWEEN = re.compile(
    r"\b(?:between|zwischen)\s+(\d+(?:[.,]\d+)?)(?:\s*[a-zµ%²]{1,3})?\s+(?:and|und)\s+(?=\d)(\d+(?:[.,]\d+)?)",
    re.IGNORECASE,
)
_SCORE_WORDS = content_words(
    "its the anomaly score value limit threshold review well far clearly just slightly above over below under exceeds "
    "higher lower than lies stays reached crosses between two both limits Wert Grenzwert Grenze liegt über unter der "
    "die das"
)
"""Words that a reason may use which only repeats the score."""
_STRANGE_WORDS = 3
_REPORT_WORDS = content_words(
    "score peak highest value limit threshold good reference held samples scored nothing none else found detected "
    "belongs location size shape colour type kind verdict decision part component piece product "
    "picture photo image shown seen visible marked outlined listed below above table report overlay attached see "
    "details inspection inspected inspector system detector model software camera automatic overall result summary "
    "conclusion note please evidence reference respectively therefore thus hence consequently however surroundings "
    "surface material Wert Grenzwert Gutteile nichts sonst gefunden erkannt Lage Größe Form Farbe Art Urteil "
    "Entscheidung Bild Foto gezeigt sichtbar markiert siehe Bericht Prüfung geprüft System Detektor Ergebnis insgesamt "
    "Umgebung Oberfläche Teil Bauteil daher deshalb somit dabei hat haben hatte sie er es ihr ihn wird werden "
    "wurde wurden ist sind war waren der die das den dem des ein eine einen einem einer eines und oder "
    "mit auf im am bei zu zur zum "
    "von vom für nicht kein keine auch nur noch als wie nach vor sich dass benannt named"
)
"""Words that a clause may use that claims nothing."""
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|\s?UTC|[+-]\d{2}:?\d{2})?)?")


def check_sentence(
    sentence: Sentence, facts: Facts, *, language: str = "en", embed: Embed = embed_texts
) -> tuple[Problem, ...]:
    """What is wrong with a sentence; nothing where every claim holds.

    Args:
        sentence: its text and the evidence it names.
        facts: what is true.
        language: of the text: `en`, `de` or `ko`.
        embed: texts to unit vectors, for causes and actions.
    """
    if sentence.text in facts.history:
        return ()
    lexicon = get_lexicon(language)
    text, problems = _without_names(sentence.text, facts)
    problems += _unknown_evidence(sentence.evidence, facts)
    cited = _cited_regions(sentence, facts)
    records = [found for name in _record_ids(sentence) if (found := facts.citation(name)) is not None]
    problems += _standards(text, facts)
    text = _STANDARD.sub(" ", text)
    problems += _beyond_record(text, sentence, facts, records, lexicon, embed)
    excused = _RecordWords(records)
    clauses = [read_clause(part, lexicon) for part in lexicon.clause.split(_joined_ranges(text)) if part.strip()]
    for clause in clauses:
        problems += _check_clause(clause, facts, cited, excused)
    checkable = (
        any(clause.is_checkable for clause in clauses) or bool(records) or bool(_REGION_ID.search(sentence.text))
    )
    if not problems and not checkable:
        problems.append(Problem("nothing_checkable", "it says nothing that the record could confirm"))
    if not problems and not records:
        problems += _beside_the_point(clauses)
    return tuple(dict.fromkeys(problems))


def _beside_the_point(clauses: Sequence[Clause]) -> list[Problem]:
    """A clause that claims nothing checkable, yet says much, does not pass in the company of one that is true."""
    for clause in clauses:
        strange = [] if clause.is_checkable else content_words(clause.text) - _REPORT_WORDS
        if len(strange) >= _STRANGE_WORDS:
            return [Problem("nothing_checkable", f"the record cannot confirm {clause.text.strip()!r}")]
    return []


class _RecordWords:
    """Words that a cited record uses may be used, whatever the regions are."""

    def __init__(self, records: Sequence[Citation]) -> None:
        self._text = " ".join(record.text for record in records).lower()
        self._words = content_words(self._text)
        self._plain = set(re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+", self._text))

    @property
    def speaks_of_limits(self) -> bool:
        """A record may say "above the limit" of something that is not the score."""
        return "limit" in self._words

    def counts(self, number: str) -> bool:
        """True when the record has this number, in digits or as a word: "under two lights"."""
        return number.split(" ", 1)[0].lower() in self._plain

    def covers(self, phrase: str) -> bool:
        """True when the record has all content words of the phrase."""
        wanted = content_words(phrase)
        return bool(self._text) and bool(wanted) and wanted <= self._words


def _joined_ranges(text: str) -> str:
    """ "between 3 and 5 mm" as "3 to 5 mm", so that it is not cut at the "and"."""
    return _BETWEEN.sub(r"\1 to \2", text)


def _without_names(text: str, facts: Facts) -> tuple[str, list[Problem]]:
    """The text without names, ids and the inspection's own date, none of which is a claim."""
    problems = []
    for region_id in _REGION_ID.findall(text):
        if facts.region(region_id) is None:
            problems.append(Problem("citation", f"there is no region {region_id}"))
    text = _REGION_ID.sub(" ", text)
    for name in sorted(facts.names, key=len, reverse=True):
        if len(name) >= 2:
            text = text.replace(name, " ")
    for record_id in {citation.record_id for citation in facts.citations}:
        text = text.replace(record_id, " ")
    known = facts.record.time_utc
    text = _DATE.sub(lambda found: " " if known and found.group()[:10] == known[:10] else found.group(), text)
    return text, problems


def _unknown_evidence(evidence: Sequence[str], facts: Facts) -> list[Problem]:
    known = KEYWORDS | {region.id for region in facts.regions} | {citation.record_id for citation in facts.citations}
    return [Problem("citation", f"there is no evidence {name!r}") for name in evidence if name not in known]


def _cited_regions(sentence: Sentence, facts: Facts) -> tuple[Region, ...]:
    names = {*sentence.evidence, *_REGION_ID.findall(sentence.text)}
    cited = tuple(region for region in facts.regions if region.id in names)
    return cited or facts.regions


def _record_ids(sentence: Sentence) -> list[str]:
    return [*sentence.evidence, *_RECORD_ID.findall(sentence.text)]


def _standards(text: str, facts: Facts) -> list[Problem]:
    known = {_plain(name) for citation in facts.citations for name in citation.standards}
    known |= {_plain(name) for citation in facts.citations for name in _STANDARD.findall(citation.text)}
    return [
        Problem("standard", f"{name} is in no cited record")
        for name in _STANDARD.findall(text)
        if _plain(name) not in known
    ]


def _plain(standard: str) -> str:
    return re.sub(r"[\s-]+", "", standard).lower().rstrip(".")


def _beyond_record(
    text: str, sentence: Sentence, facts: Facts, records: Sequence[Citation], lexicon: Lexicon, embed: Embed
) -> list[Problem]:
    """Claims that no inspection can make by itself: causes, advice, history, certainty."""
    problems = []
    if _gives_cause(text, lexicon) or lexicon.advice.search(text) or _is_order(text, lexicon):
        if not records:
            problems.append(Problem("cause", "a cause or an advice must cite a retrieved record"))
        elif not any(is_supported(text, record, embed=embed) for record in records):
            problems.append(Problem("cause", f"{records[0].record_id} does not say that"))
    elif records and not any(is_supported(text, record, embed=embed) for record in records):
        names = [region.id for region in facts.regions]
        if not set(sentence.evidence) & {*names, *KEYWORDS}:
            problems.append(Problem("cause", f"{records[0].record_id} does not say that"))
    if lexicon.history.search(text) and not records:
        problems.append(Problem("history", "nothing is known about earlier parts here"))
    beyond = lexicon.unmeasured_words.search(text)
    if beyond and not any(beyond.group().lower() in record.text.lower() for record in records):
        problems.append(Problem("nature", f"{beyond.group()!r} is nothing that was measured"))
    if lexicon.prediction.search(text) and not records:
        problems.append(Problem("prediction", "what will happen is nothing that was measured"))
    if any(not _negated(text, match.start(), lexicon) for match in lexicon.certainty.finditer(text)):
        problems.append(Problem("certainty", "how sure this is was not measured"))
    return problems


def _gives_cause(text: str, lexicon: Lexicon) -> bool:
    """ "because of a worn tool", but not "NG because its score is over the limit", which is checked as a comparison."""
    match = lexicon.cause.search(text)
    if match is None:
        return False
    after = text[match.end() :]
    plain = content_words(re.sub(r"\d+(?:[.,]\d+)?", " ", after))
    about_score = lexicon.score.search(after) and lexicon.limit.search(after)
    return not (about_score and any(p.search(text) for p in lexicon.verdicts.values()) and plain <= _SCORE_WORDS)


def _is_order(text: str, lexicon: Lexicon) -> bool:
    """ "must be cleaned", but not "must not be accepted", which is the verdict."""
    return any(
        lexicon.modal.search(part) and not any(pattern.search(part) for pattern in lexicon.verdicts.values())
        for part in lexicon.clause.split(text)
    )


def _negated(text: str, position: int, lexicon: Lexicon) -> bool:
    return bool(lexicon.negation.search(text[max(0, position - 20) : position]))


def _check_clause(clause: Clause, facts: Facts, cited: tuple[Region, ...], excused: _RecordWords) -> list[Problem]:
    clause = replace(clause, numbers=tuple(claim for claim in clause.numbers if not excused.counts(claim.text)))
    clause = clause.without(excused.covers)
    return [
        *checks.verdict(clause, facts),
        *(
            []
            if excused.speaks_of_limits and not clause.lexicon.score.search(clause.text)
            else checks.limit(clause, facts)
        ),
        *checks.counts(clause, facts, cited),
        *checks.negations(clause, facts, cited),
        *comparisons.between_regions(clause, facts, cited),
        *comparisons.good_parts(clause, facts),
        *comparisons.reviewed(clause, facts),
        *checks.one_region(clause, facts, cited),
    ]
