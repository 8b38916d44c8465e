"""Reads yes or no, and a choice in a lineup, out of a short reply in English or German."""

from __future__ import annotations

import re

from agent.reading.asks import wants_restart

YES_OR_NO_WORDS = 6
_YES = re.compile(
    r"^(yes|yep|yeah|y|ok|okay|sure|go|go ahead|do it|please do|start|of course|fine|"
    r"ja|jo|klar|gerne|mach( das| es)?|los|natürlich|bitte|einverstanden|in ordnung)\b",
    re.I,
)
_NO = re.compile(r"^(no|nope|n|don'?t|do not|stop|cancel|never ?mind|not now|nein|nee|lass|abbrechen|nicht)\b", re.I)
_BOTH_BAD = re.compile(
    r"\b(both (are )?(look )?(bad|wrong|ugly|awful|no good)|neither|none( of)?( them| these)?|no good|"
    r"beide (sind )?(schlecht|falsch|nicht gut)|keine?s?( von (den )?beiden)?|weder noch)\b",
    re.I,
)
_TIE = re.compile(
    r"\b(tie|same|equal(ly)?|no difference|can'?t (decide|tell)|both (are )?(good|fine|ok)|either|"
    r"gleich( gut)?|kein unterschied|unentschieden|beide (sind )?(gut|ok))\b",
    re.I,
)
_UNDO = re.compile(r"\b(undo|take (that|it) back|go back|rückgängig|zurück|nimm das zurück)\b", re.I)
_ACCEPT = re.compile(
    r"\b(good enough|accept(ed)?|perfect|that'?s it|looks? (good|right|great)|i'?ll take|take (it|this|that one)|"
    r"done|keep (it|this)|spot on|approved|"
    r"(?:that'?s|that is|this is|exactly) (?:how|what) (?:it|he|she|they) (?:should|must|ought to|"
    r"has to|is supposed to) look|"
    r"(?:genau )?so (?:soll(?:te)?|muss|müsste) (?:er|sie|es|das|der|die)(?: \w+)? (?:aus ?sehen|sein|bleiben)|"
    r"gut genug|passt|perfekt|genau so|fertig|das nehm|nehmen wir|so lassen|akzeptier)",
    re.I,
)
_DENIED = re.compile(r"\b(?:not|never|nicht|kein\w*|nie)\b|n't\b", re.I)
_LEFT = re.compile(r"\b(1|one|first|left|eins|erste[nsr]?|linke[nsr]?|links)\b", re.I)
_RIGHT = re.compile(r"\b(2|two|second|right|latter|zwei|zweite[nsr]?|rechte[nsr]?|rechts)\b", re.I)
_NOUN_ONE = re.compile(r"\b(first|second|left|right|latter|better) one\b")
_THAT_ONE = re.compile(r".*\b(that|this|the)( is)?( the)? one\b.*")
_COMPARED = re.compile(r"^(.*?)\b(?:better|nicer|closer|more realistic|besser|schöner|echter)\b")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FILLERS = _words(
    "i i'd i'll id we you it its it's is are was am be the this that these those there a an and or but so than "
    "one ones of for to with by on at in from my me please think guess say would like likes prefer preferred "
    "choose pick take go going want vote option number candidate candidates picture pictures image images photo "
    "version variant side hand look looks looking better best closer nicer more most realistic real really much "
    "slightly bit clearly definitely good fine ok okay great yes yeah no well thanks here now let's lets just "
    "both them sure hmm rather quite too seems seem still done yep right correct exactly what mean have had "
    "enough stop keep kind sort d ll s not ich wir es ist sind der die das den dem von und oder aber als nehme "
    "nimm nehmen wähle bild bilder variante vorschlag nummer besser schöner echter näher dran gefällt mir finde "
    "mehr sieht aus eher glaube würde sagen bitte lieber ja nein auch etwas viel deutlich wirkt gut schon dann "
    "jetzt mal doch hier seite passt natural believable convincing authentic accurate similar like seem appears "
    "natürlicher echter glaubhafter überzeugender ähnlicher wirken "
)
"""Words that may stand beside a choice; any other word makes the reply something else than a choice."""


def read_yes_no(text: str) -> bool | None:
    """True for yes, False for no, None where it is neither."""
    plain = text.strip().lower()
    if len(plain.split()) > YES_OR_NO_WORDS or wants_restart(plain):
        return None
    if _NO.match(plain):
        return False
    return True if _YES.match(plain) else None


def read_choice(text: str) -> str | None:
    """`1`, `2`, `tie`, `both_bad`, `undo`, `accept`, `accept 1`, `accept 2`; None where no choice is made."""
    plain = text.strip().lower().replace("_", " ").strip(" .!")
    if plain in ("1", "2", "tie", "undo"):
        return plain
    plain = _NOUN_ONE.sub(r"\1", plain)
    if _BOTH_BAD.search(plain) and _only(plain, _BOTH_BAD):
        return "both_bad"
    if _TIE.search(plain) and _only(plain, _TIE):
        return "tie"
    if _UNDO.search(plain) and _only(plain, _UNDO):
        return "undo"
    left, right = bool(_LEFT.search(plain)), bool(_RIGHT.search(plain))
    side = "1" if left and not right else "2" if right and not left else None
    if not side and re.search(r"\b(better|nicer|closer|besser|schöner|echter)\b.*\b(than|als)\b", plain):
        side = _better_of_two(plain)
    if _ACCEPT.search(plain) and _only(plain, _ACCEPT) and not _DENIED.search(plain):
        named = side and not _THAT_ONE.fullmatch(plain)
        return f"accept {side}" if named else "accept"
    both = _better_of_two(plain) if left and right else None
    return (side or both) if _only(plain, _LEFT) else None


def _better_of_two(text: str) -> str | None:
    """ "one is better than two" → 1."""
    match = _COMPARED.search(text)
    if not match:
        return None
    left, right = bool(_LEFT.search(match[1])), bool(_RIGHT.search(match[1]))
    return "1" if left and not right else "2" if right and not left else None


def _only(text: str, pattern: re.Pattern[str]) -> bool:
    """True when nothing but the choice and filling words is said: "I think the left one looks better"."""
    rest = pattern.sub(" ", _RIGHT.sub(" ", _LEFT.sub(" ", text)))
    return all(word in _FILLERS for word in re.findall(r"[a-zäöüß']+", rest)) and not re.search(r"\d", rest)
