"""Closed kinds of sentences that a router of meanings blurs: how good the detector is, starting over, what a word of
ours means, what the part is called, and training on so many photos."""

from __future__ import annotations

import re
from collections.abc import Sequence

_DETECTOR = r"(?:detectors?|model|bundle|inspection|detektor\w*|modell\w*|prüfung|erkennung)"
_FALSE_ALARM = re.compile(
    r"\b(?:false|needless|unnecessary|wrong)[- ](?:alarm|positive|reject|call)(?:s|ed)?\b|\boverkills?\b|"
    r"\b(?:fehlalarm\w*|pseudo-?(?:fehler|ausschuss)\w*|falsch(?:alarm\w*| gemeldete\w*| positive\w*))\b",
    re.I,
)
_ASKS_FOR = re.compile(
    r"\?\s*$|^\W*(?:please |bitte )?(?:show|list|which|what|how|give|tell|are|any|see|display|zeig\w*|"
    r"liste|welche\w*|was|"
    r"wie|gib|gibt|nenn\w*|hast|wo)\b",
    re.I,
)
_ONE_ALARM = re.compile(
    r"\b(?:this|that|it|das|dies\w*)(?:'?s| is| was| ist| war)?\s+(?:an?|ein)\s+\w*\s*\w*alarm", re.I
)
_FIND = r"(?:find|see|detect|catch|spot|notice|recogni[sz]e|pick up|discover)"
_FINDEN = r"(?:find\w*|erkenn\w*|seh\w*|sieh\w*|entdeck\w*|auffall\w*|nachweis\w*)"
_SMALLEST = re.compile(
    rf"\bhow (?:small|tiny|fine|large|big|long)\b.{{0,60}}\b{_FIND}\b|"
    rf"\b(?:smallest|tiniest|minimum|minimal|finest|shortest)\b.{{0,60}}\b(?:{_FIND}|{_FIND}s|{_DETECTOR}|detectable|"
    r"found|seen|caught)\b|"
    r"\b(?:detection limit|limit of detection|probability of detection|pod(?: curve)?|a90)\b|"
    rf"\bfrom (?:which|what) size\b|\bwie (?:klein|winzig|fein|groß|lang)\w*\b.{{0,60}}\b{_FINDEN}|"
    rf"\bkleinste\w*\b.{{0,60}}\b{_FINDEN}|\bab (?:welcher|wie viel) (?:größe|länge)\b|\bnachweisgrenze\b",
    re.I,
)
_GOOD = (
    r"(?:good|reliable|accurate|sensitive|trustworthy|precise|well|dependable|effective|gut|"
    r"zuverlässig|genau|verlässlich|"
    r"empfindlich|präzise|treffsicher|sicher)"
)
_QUALITY = re.compile(
    rf"\b(?:how|wie) {_GOOD}\b.{{0,40}}\b{_DETECTOR}\b|"
    r"\bhow well (?:does|do|will|can) (?:it|he|she|you|this|that)\b|"
    rf"\b(?:can|could|may|should) (?:i|we|one) (?:really )?(?:trust|rely on|"
    rf"depend on)\b.{{0,20}}\b(?:{_DETECTOR}|it|you)\b|"
    rf"\b(?:kann|darf|sollte?) (?:ich|man|wir)\b.{{0,40}}\b(?:{_DETECTOR}|ihm|"
    rf"dir)\b.{{0,30}}\b(?:vertrauen|verlassen|trauen)\b|"
    rf"\b(?:accuracy|performance|quality|recall|precision|reliability|sensitivity|"
    rf"calibration)\b.{{0,20}}\b{_DETECTOR}\b|"
    rf"\b{_DETECTOR}(?:'s)?\b.{{0,12}}\b(?:accuracy|performance|quality|reliability|sensitivity)\b|"
    r"\bcalibration card\b|\bkalibrier(?:karte|blatt|protokoll)\b|"
    rf"\b(?:güte|qualität|genauigkeit|zuverlässigkeit|trefferquote)\b.{{0,20}}\b{_DETECTOR}\b|"
    rf"\bwhat (?:does|can) the {_DETECTOR} (?:promise|guarantee)\b|\bwas (?:verspricht|"
    rf"garantiert) (?:der|das|die) {_DETECTOR}\b",
    re.I,
)
_SURE = re.compile(
    r"\bhow (?:sure|certain|confident) (?:are|is|can) (?:you|it|the|we|i)\b|\bare you (?:really |"
    r"quite |very )?(?:sure|certain)\b|"
    r"\bwie sicher (?:bist|sind|ist|kann|können)\b|\b(?:bist du|sind sie) (?:dir |sich )?(?:da |"
    r"wirklich |ganz )*sicher\b",
    re.I,
)
_RESTART = re.compile(
    r"\W*(?:(?:please|let'?s|let us|ok(?:ay)?|can we|could we|i want to|we|i'?d like to|now|bitte|"
    r"lass(?:en)? (?:uns|sie uns)|"
    r"wir|nochmal|noch einmal|jetzt|komm|also|und)\W+)*"
    r"(?:start(?:ing)? (?:all )?(?:over|again|anew|afresh|from (?:scratch|the (?:beginning|start)|"
    r"zero))|begin (?:again|anew)|"
    r"restart|reset (?:everything|all|the conversation)|forget (?:everything|it all|all of (?:it|"
    r"that))|clear (?:everything|all)|"
    r"(?:a )?(?:fresh|clean|new) (?:start|conversation|session)|"
    r"(?:fang\w*|beginn\w*|start\w*) (?:wir |bitte |nochmal |noch einmal |noch mal |alles )*"
    r"(?:von (?:vorne?|neuem|anfang)|neu|ganz neu)(?: an)?|"
    r"(?:ganz )?von (?:vorne?|neuem|anfang)(?: an)?(?: anfangen| beginnen| starten)?|neu (?:anfangen|beginnen|starten)|"
    r"(?:ein )?neu(?:start|anfang|beginn)|alles (?:zurücksetzen|auf anfang|vergessen|löschen|auf null)|"
    r"vergiss alles|setz\w* alles zurück)"
    r"(?:\W+(?:please|again|now|then|bitte|anfangen|beginnen|an|nochmal|noch einmal))*\W*",
    re.I,
)
_TERM = re.compile(
    r"^\W*(?:(?:and|und|please|bitte|sorry|but|aber|so|hey)\W+)*"
    r"(?:what(?:'?s| is| are| does| do| exactly is)|explain(?: to me)?(?: what)?|define|was (?:ist|"
    r"sind|bedeutet|heißt|meinst du mit|meinen sie mit)|"
    r"erklär\w*(?: mir| mal)*)\s+(?:(?:an?|the (?:word|term)|do you mean by|denn|eigentlich|überhaupt|genau|exactly|"
    r"ein(?:e|en)?|das wort|der begriff|you mean by|mean by|actually)\s+)+[\"'„“]?"
    r"(?P<term>blueprint|line-?up|bundle|bündel|calibration card|kalibrierkarte)s?\b",
    re.I,
)
_TERMS = {"blueprint": "blueprint", "bundle": "bundle", "bündel": "bundle"}
_PART = re.compile(
    r"^\W*(?:(?:by the way|ok(?:ay)?|so|well|also|übrigens)\W+)*(?:"
    r"(?:the|our|my|this) (?:part|product|component|work ?piece|item)s? (?:is|are) "
    r"(?:(?:called|named|an?)\s+)(?:an?\s+)?(?P<en>.+)|"
    r"(?:the|our|my|this) (?:part|product|component|work ?piece|item)(?:'s name| name) is (?P<named>.+)|"
    r"(?:das|unser|mein|dieses) (?:teil|bauteil|produkt|werkstück) (?:ist (?:eine?n?)|heißt|nennt sich) (?P<de>.+)|"
    r"(?:der|unser) (?:artikel) (?:ist (?:eine?n?)|heißt) (?P<art>.+))$",
    re.I,
)
_NO_NAME = re.compile(
    r"\b(?:good|bad|ok|okay|ng|reject|scrap|fail\w*|defect\w*|fine|one|mess|problem|mm|cm|px|wide|"
    r"tall|long|gut\w*|schlecht\w*|"
    r"ausschuss|fehler\w*|defekt\w*|lang|breit|hoch|photo|picture|image|foto|bild)\b|\d",
    re.I,
)
MAX_NAME_WORDS = 5
_DATA = r"(?:data ?sets?|data|training (?:images?|photos?|pictures?|data)|trainings\w+|datens\w+|images?|bilder)"
_TRAIN = re.compile(
    r"^\W*(?:(?:please|now|then|and|ok(?:ay)?|can you|could you|would you|let'?s|i want (?:you )?to|"
    r"i'?d like (?:you )?to|"
    r"we (?:want|need) to|go ahead and|just|bitte|jetzt|nun|dann|und|kannst du|können sie|ich will|"
    r"ich möchte|wir wollen)\W+)*"
    rf"(?:(?:re-?)?train|fit|teach|learn|trainier\w*|fitte\w*|lern\w*)\b(?!\s+(?:set\b|{_DATA}\b))",
    re.I,
)
_TRAIN_LAST = re.compile(
    r"\b(?:auf|mit|an|aus)\b.{0,40}\b(?:bild\w*|foto\w*|aufnahmen|teilen)\b\W+(?:neu |nochmal )?"
    r"(?:an)?(?:trainieren|lernen|fitten)\W*$",
    re.I,
)
_ON_SO_MANY = re.compile(
    r"\b(?:on|with|from|using|auf|mit|aus|an)\s+(?:only |just |exactly |nur |genau )?(\d{1,5})\s+"
    r"(?:good |ok |gute[nr]? )?(?:images?|photos?|pictures?|samples?|parts?|bild\w*|foto\w*|aufnahmen|teilen?)\b",
    re.I,
)
_CALLED = re.compile(
    r"\b(?:called|named|namens|genannt|mit (?:dem )?namen)\s+[\"'„“]?(?P<called>[\w:.-]+)|"
    r"\b(?:detector|detektor)\s+[\"'„“](?P<quoted>[\w:.-]+)[\"'“”]",
    re.I,
)


def asks_quality(text: str) -> str | None:
    """What is asked of the detector: `false_alarms`, `smallest`, `all`; None where nothing is."""
    if _FALSE_ALARM.search(text) and _ASKS_FOR.search(text) and not _ONE_ALARM.search(text):
        return "false_alarms"
    if _SMALLEST.search(text):
        return "smallest"
    return "all" if _QUALITY.search(text) else None


def asks_sure(text: str) -> bool:
    """True for "how sure are you?": of the verdict, and so of the detector."""
    return _SURE.search(text) is not None


def wants_restart(text: str) -> bool:
    """True where everything is to begin anew, and nothing else is said."""
    return _RESTART.fullmatch(text.strip()) is not None


def asks_term(text: str) -> str | None:
    """Which word of ours is to be explained, as a topic of the help."""
    match = _TERM.search(text)
    if match is None:
        return None
    term = match["term"].lower().replace("-", "")
    return _TERMS.get(term, "lineup" if term == "lineup" else "bundle")


def read_this_part(text: str) -> str | None:
    """ "the part is a magnetic tile" → "magnetic tile"; None where something is only said of the part."""
    match = _PART.match(text.strip().rstrip(".!"))
    if match is None:
        return None
    name = next(value for value in match.groupdict().values() if value).strip(" \"'„“”")
    return None if len(name.split()) > MAX_NAME_WORDS or _NO_NAME.search(name) else name


def wants_training(text: str) -> bool:
    """True where the sentence tells to train, whatever it is trained on: "train on 5 images"."""
    return _TRAIN.search(text) is not None or _TRAIN_LAST.search(text) is not None


def read_training_count(text: str) -> int | None:
    """ "train on 5 images" → 5; "these 5 photos" are all that there are."""
    match = _ON_SO_MANY.search(text)
    return int(match.group(1)) if match else None


def read_detector(text: str, known: Sequence[str]) -> str | None:
    """The detector that is named: one of `known`, or whatever follows "called"; None where none is.

    A name that nobody knows is returned as it stands, so that it can be refused.
    """
    for name in known:
        if re.search(rf"(?<![\w-]){re.escape(name).replace('_', '[ _-]?')}(?![\w-])", text, re.I):
            return name
    match = _CALLED.search(text)
    return (match["called"] or match["quoted"]).strip(".").lower() if match else None
