"""Reads the name of a part: "switch to the gear housing", "jetzt ein anderes Teil: Deckel"."""

from __future__ import annotations

import re

MAX_CHARACTERS = 60
_QUOTED = re.compile(r"[\"'„“]([^\"'„“”]{1,60})[\"'“”]")
_LEADS = (
    r"named|called|namens|heißt|product[:,]|part[:,]|teil[:,]|produkt[:,]|bauteil[:,]|product is|part is|work on|"
    r"continue with|switch to|change to|go to|back to|move (?:on )?to|start with|now for|now the|now|"
    r"wechsle zum|wechsle zur|wechsle zu|wechseln wir zum|wechseln wir zur|weiter mit|zurück zum|zurück zur|"
    r"mit dem|mit der|jetzt|another product,|product,|part number|teil nummer|with"
)
_NAME = re.compile(rf"(?:{_LEADS})\s+(.{{2,80}})$", re.I)
_ARTICLES = re.compile(
    r"^(the|a|an|our|my|der|die|das|dem|den|zum|zur|ein|eine|einem|einer|part|bauteil|teil|product|produkt)\s+", re.I
)
_TAIL = re.compile(r",?\s*\b(now|please|again|jetzt|bitte|instead|next)$", re.I)
_VAGUE = re.compile(
    r"^(another|other|new|different|next|first|previous|anderes?|anderen|neues?|neuen|nächstes?|ersten?|vorigen)?\s*"
    r"(part|product|one|thing|component|teil|produkt|bauteil|project|projekt)?$",
    re.I,
)


def read_part_name(text: str) -> str | None:
    """The name after "part", "to", "the", …; None where the part is only "another one"."""
    quoted = _QUOTED.search(text)
    if quoted:
        return quoted.group(1).strip()
    plain = text.strip().rstrip(".!?")
    colon = re.search(r"[:,]\s*([^:,]{2,60})$", plain)
    match = _NAME.search(plain)
    name = colon.group(1) if colon else match.group(1) if match else ""
    for _ in range(2):
        name = _ARTICLES.sub("", name.strip())
    name = _TAIL.sub("", name).strip(" ,")
    return None if not name or _VAGUE.match(name) else name[:MAX_CHARACTERS]
