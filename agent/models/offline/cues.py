"""Closed cues in a message: what the parser and the readers find in it, as a few numbers beside the embedding.

An embedding blurs "ich brauch nen Kratzer" and a rare word; that a defect, a size or a file is named does not blur.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from agent.reading import read_choice, read_days_ago, read_format, read_language, read_opinion, read_versions

_PATTERNS = {
    "asks": r"\?\s*$|^\s*(what|which|how|why|where|when|who|is|are|do|does|did|can|could|was|wie|warum|wieso|"
    r"weshalb|wo|"
    r"wer|welche\w*|ist|sind|hat|kannst|woher|wozu|womit|woran)\b",
    "asks_why": r"\b(why|how come|cause[sd]?|causes of|reasons?|warum|wieso|weshalb|woher|ursachen?|grund|"
    r"kommt das)\b",
    "asks_how_far": r"\b(eta|progress|status|done|finished|ready|running|percent|far|longer|fertig|weit|läuft|"
    r"fortschritt|"
    r"dauert|stand)\b",
    "file": r"\.(png|jpe?g|bmp|tiff?|webp)\b",
    "data_set": r"\b(data ?sets?|datens[aä]tz\w*|training (set|data|images)|trainings\w+|samples|export\w*)\b",
    "detector": r"\b(detectors?|detektor\w*|bundles?|model|modell\w*|patchcore|classifier)\b",
    "learn": r"\b(train\w*|fit|learn|teach|lern\w*|trainier\w*|anlern\w*)\b",
    "report": r"\b(reports?|bericht\w*|protokoll\w*|pdf|html|document|documentation|dokument\w*|certificate|"
    r"summar\w+)\b",
    "pictures": r"\b(images?|pictures?|photos?|pics?|bild\w*|fotos?|aufnahmen)\b",
    "pixel": r"\b(px|pixels?n?|dpi|scale|maßstab|massstab|resolution|auflösung|field of view|calibrat\w+)\b",
    "made_up": r"\b(rendered|synthetic|artificial|made[- ]up|make up|invent|fake|simulated|gerendert\w*|künstlich\w*|"
    r"ausgedacht\w*|erfunden\w*|erfind\w*|denk dir|virtuell\w*|built[- ]in)\b",
    "good_parts": r"\b(good|ok|clean|flawless|reference|defect[- ]free|gut(e[nr]?|teile\w*|muster\w*)?|fehlerfrei\w*|"
    r"referenz\w*)\s*(parts?|photos?|images?|pictures?|samples?|ones?|teile\w*|bilder\w*|fotos?|muster)?\b",
    "part": r"\b(parts?|products?|components?|teile?s?|produkt\w*|bauteil\w*)\b",
    "other": r"\b(another|different|other|next|new|switch|change to|anderes?|anderen|neues?|nächste[ns]?|wechs\w+)\b",
    "back": r"\b(undo|back|revert|rollback|previous|restore|oops|zurück|rückgängig|vorherige\w*|ups)\b",
    "stop": r"\b(stop|cancel|abort|kill|halt|quit|stopp\w*|abbrech\w*|brich|hör auf|anhalten|beend\w+)\b",
    "versus": r"\b(diff\w*|compare\w*|changed?|versus|vs|unterschied\w*|vergleich\w*|geändert|anders)\b",
    "mine": r"\b(so far|until now|have we|do we have|do i have|did we|did i|bisher|bislang|schon alles|"
    r"haben wir|hab ich|"
    r"habe ich|gibt es schon|library|bibliothek)\b",
    "which_all": r"\b(list|all|every\w*|which|what|alle|alles|welche\w*|liste)\b",
    "show": r"\b(show|see|view|display|preview|look like|zeig\w*|sehen|anzeigen|vorschau|aussieht|sieht)\b",
    "current": r"\b(current\w*|now|set to|so far|summary|aktuell\w*|eingestellt|gerade|derzeit|bisher)\b",
    "wants_help": r"\b(help|lost|stuck|options|possible|able to|explain|how does|how do i|hilfe|hilf|möglich\w*|"
    r"erklär\w*|"
    r"kannst du|anleitung|auskenn\w*|kenn)\b",
    "defective": r"\b(defect\w*|wrong|faulty|fehler\w*|defekt\w*|mangel\w*|kaputt)\b",
    "inspect": r"\b(inspect\w*|check|examine|analy[sz]e|test|assess|prüf\w*|untersuch\w*|analysier\w*|kontrollier\w*|"
    r"beurteil\w*)\b",
    "judged": r"\b(verdict|score|threshold|reject\w*|fail\w*|flag\w*|alarm\w*|judg\w*|confiden\w+|sure|"
    r"urteil\w*|bewert\w*|"
    r"schwelle\w*|durchgefallen|ausschuss|abgelehnt|sicher)\b",
    "more_or_less": r"\b(more|less|too|bit|slightly|much|twice|half|double|\w+er|mehr|weniger|etwas|bisschen|zu|"
    r"doppelt|"
    r"halb|deutlich|lieber|statt)\b",
    "thanks": r"\b(thanks?|thx|cheers|appreciated|danke\w*|merci|bye|tschüss|ciao)\b",
    "greets": r"^\s*(hi|hello|hey|moin|hallo|servus|good (morning|afternoon|evening)|guten|grüß\w*|yo)\b",
}
_COMPILED = {name: re.compile(pattern, re.I) for name, pattern in _PATTERNS.items()}
_READERS: dict[str, Callable[[str], bool]] = {
    "chooses": lambda text: read_choice(text) in ("1", "2", "tie", "both_bad"),
    "accepts": lambda text: (read_choice(text) or "").startswith("accept"),
    "takes_back": lambda text: read_choice(text) == "undo",
    "names_a_format": lambda text: read_format(text) is not None,
    "names_a_language": lambda text: read_language(text) is not None,
    "names_a_version": lambda text: bool(read_versions(text)),
    "names_a_day": lambda text: read_days_ago(text) is not None,
    "says_good": lambda text: read_opinion(text) == "good",
    "says_bad": lambda text: read_opinion(text) == "bad",
    "has_a_number": lambda text: any(letter.isdigit() for letter in text),
}
_LENGTHS = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 9), (10, 1000))
_PARSED = ("defect", "size", "material", "zone", "severity", "count", "edit", "scale", "nothing_of_a_defect")
NAMES = (*_PATTERNS, *_READERS, *(f"words_{low}" for low, _ in _LENGTHS), *_PARSED)
COUNT = len(NAMES)


def cues(texts: Sequence[str]) -> NDArray[np.float32]:
    """Which cues each message holds: 0 or 1, N x `COUNT`, in the order of `NAMES`."""
    return np.array([_of(text) for text in texts], np.float32).reshape(len(texts), COUNT)


def _of(text: str) -> list[float]:
    words = len(text.split())
    found = [pattern.search(text) is not None for pattern in _COMPILED.values()]
    found += [read(text) for read in _READERS.values()]
    found += [low <= words <= high for low, high in _LENGTHS]
    return [float(value) for value in [*found, *_parsed(text)]]


def _parsed(text: str) -> list[bool]:
    """What the Blueprint's parser finds, in the order of `_PARSED`."""
    from tools.blueprint.model import Origin
    from tools.blueprint.parser import parse
    from tools.blueprint.reading.document import read

    blueprint = parse(text).blueprint
    known = {path for path, origin in blueprint.origin.items() if origin is not Origin.UNKNOWN}
    sized = any(path.startswith("geometry.") and path.endswith("_mm") for path in known)
    named = [
        blueprint.defect_type is not None,
        sized,
        "material" in known,
        "placement.zone" in known,
        "severity" in known,
        "count" in known,
        bool(read(text, None).all("edit")),
        "mm_per_px" in known,
    ]
    return [*named, not any(named)]
