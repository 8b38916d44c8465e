"""Which language a message is in: English or German, by its small words and its letters."""

from __future__ import annotations

import re

LANGUAGES = ("en", "de")
_WORD = re.compile(r"[a-zäöüß]+")
_GERMAN_ENDING = re.compile(
    r"[a-zäöüß]{3}(ieren|iere|iert|ungen|keit|heit|schaft|lich|liche[rnsm]?|isch|ische[rnsm]?)$"
)
"""Endings that ordinary English words do not have."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_GERMAN = _words(
    "ich du er sie es wir ihr das der die den dem des ein eine einen einem einer kein keine nicht und oder aber "
    "ist sind war wird werden wurde hat habe haben kann kannst können muss soll möchte will was wie wo wer wann "
    "warum wieso woher welche welcher welches welchen mit ohne von vom zum zur für fuer auf im am aus bei nach "
    "über ueber unter zwischen bitte danke hallo ja nein doch auch noch schon nur sehr viel mehr weniger mach "
    "mache zeig zeige gib nimm schreib teil teile bild bilder kratzer riss delle fleck rost loch pore lunker "
    "länger breiter dunkler heller kürzer dünner kleiner größer tiefer flacher links rechts oben unten mitte rand "
    "kante beide beides keins keines erste zweite abbrechen rückgängig hilfe bericht prüfe prüfen gut genug passt "
    "fertig guten tag morgen moin servus tschüss stopp datensatz datensätze trainiere erzeuge erstelle exportiere "
    "zurück wechsle neues anderes etwas lang langer breite dicke tiefe etwa mal dann danach lieber zwei drei fünf "
    "sieben zwölf egal "
)
_ENGLISH = _words(
    "i you he she it we they the a an no not and or but is are was were be been has have had can could must "
    "should will would what how where who when why which with without of from to for on in at by over under "
    "between please thanks hello yes also still only very much more less make show give take write part parts "
    "image images scratch crack dent stain rust hole longer wider darker brighter shorter thinner smaller bigger "
    "deeper left right top bottom both none first second cancel undo help report check good enough done stop that "
    "this these those my your our me us them two three one another new old train generate export create fit "
    "inspect status back something "
)


def detect_language(text: str, fallback: str = "en") -> str:
    """`en` or `de`; `fallback` where the text does not tell ("2", "patchcore", "5 mm")."""
    words = _WORD.findall(text.lower())
    german = 0.0 + sum(word in _GERMAN or _GERMAN_ENDING.search(word) is not None for word in words)
    german += 1.5 if set("äöüß") & set(text.lower()) else 0.0
    english = sum(word in _ENGLISH for word in words)
    if german == english:
        return fallback
    return "de" if german > english else "en"
