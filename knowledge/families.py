"""Which family of records a material or part belongs to, from its words."""

from __future__ import annotations

import re

from knowledge.glossary import to_english

_WORDS = {
    "pcb": "pcb circuit board solder printed-circuit smt bga",
    "weld": "weld welded welding seam",
    "magnetic_tile": "magnet magnetic ferrite tile-magnet",
    "semiconductor": "wafer silicon die-attach semiconductor chip-package",
    "coating": "paint painted coating coated lacquer lacquered varnish powder-coated",
    "casting": "cast casting die-cast die-casting foundry",
    "glass": "glass pane float bottle lens",
    "ceramic": "ceramic porcelain tile glaze glazed stoneware",
    "textile": "textile fabric cloth yarn knit woven leather carpet",
    "plastic": "plastic polymer moulded molded moulding abs pvc polycarbonate polypropylene nylon pe pp pc pa66 pom",
    "metal": "metal steel stainless aluminium aluminum brass copper iron titanium zinc nickel gear shaft sheet",
}
"""Family → words; the first family with a word wins: a "magnetic tile" is no ceramic, "cast iron" no sheet."""


def family_of(text: str) -> str | None:
    """The family that a material or part name suggests; None where no word is known."""
    said = set(re.findall(r"[a-z0-9]+", to_english(text).lower()))
    said |= {word[:-1] for word in said if len(word) > 3 and word.endswith("s") and not word.endswith("ss")}
    for family, words in _WORDS.items():
        for word in words.split():
            if set(word.split("-")) <= said:
                return family
    return None
