"""Tool calls for an intent: which tool, and its arguments as the words give them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent import reading
from agent.reading import asks
from agent.reading.photos import read_photo
from agent.state import DEFAULT_PART

Situation = Mapping[str, Any]
Calls = list[dict[str, Any]]
IMAGE_NAME = re.compile(r"@?((?:[\w./~-]+)\.(?:png|jpe?g|bmp|tiff?|webp))\b", re.I)
MOST_INSPECTED = 1000
"""What "all of the generated images" asks for; the tool takes as many as there are."""
_OWN_IMAGES = re.compile(
    r"\b(generated|sculpted|rendered|synthetic|data ?set|defective ones|erzeugt\w*|datensatz\w*|gerendert\w*)\b", re.I
)
_TO_FIT = re.compile(
    r"\b(?:train|fit|trainiere|fitte)\s+(?:(?:an?|the|einen?|den|das|neuen?|new)\s+)*(?P<name>[a-z][\w-]{3,})"
    r"(?:[ -](?:detectors?|models?|detektor|modell))?(?=\s*(?:$|[.!,]|(?:on|with|for|please|auf|mit|für|bitte)\b))",
    re.I,
)
_SURFACE = re.compile(
    r"\b(brushed|steel|brass|aluminium|aluminum|copper|metal|cast|iron|ceramic|tile|glass|pcb|board|leather|fabric|"
    r"textile|weave|wood|plastic|x-?ray|stahl|messing|alu|kupfer|guss|keramik|fliese|glas|leiterplatte|leder|stoff|holz|"
    r"kunststoff)\w*",
    re.I,
)
_KINDS = {
    "dataset": r"data ?sets?|datens[aä]tze?n?",
    "detector": r"detectors?|bundles?|models?|detektor\w*|modelle?",
    "report": r"reports?|berichte?",
    "inspection": r"inspections?|prüfungen",
    "part": r"parts?|products?|produkte?|bauteile?",
    "blueprint": r"blueprints?|defects?|defekte?",
    "photos": r"photos?|pictures|bilder|fotos",
}
_TOPICS = {
    "defects": r"defect types?|types of defects?|kinds? of defects?|which defects|fehlerarten|defektarten|arten von",
    "photos": r"photos?|pictures?|images?|formats?|attach|fotos?|bilder|anhäng",
    "datasets": r"data ?sets?|export|datens",
    "detectors": r"detector|train|inspect|detektor|trainier|prüf",
    "reports": r"reports?|bericht",
    "next": r"next|nächste|now what|stuck|lost",
}


@dataclass(frozen=True)
class Words:
    """One request: its words, the situation, and whether images came with it."""

    text: str
    situation: Situation
    files: bool = False

    def has(self, pattern: str) -> bool:
        """True where the words hold the pattern."""
        return re.search(pattern, self.text, re.I) is not None


def arguments_for(intent: str, words: Words) -> Calls:
    """The calls that carry out one intent."""
    return _MAKERS[intent](words)


def _call(tool: str, **arguments: Any) -> dict[str, Any]:
    return {"name": tool, "args": {name: value for name, value in arguments.items() if value is not None}}


def _nothing_more(tool: str) -> Callable[[Words], Calls]:
    def make(_words: Words) -> Calls:
        return [_call(tool)]

    return make


def _describe(words: Words) -> Calls:
    return [_call("describe_defect", text=words.text)]


def _refine(words: Words) -> Calls:
    calls = [_call("refine_blueprint", text=words.text)]
    return [*calls, _call("show_lineup")] if words.situation.get("lineup_open") else calls


def _choose(words: Words) -> Calls:
    choice = reading.read_choice(words.text)
    if choice is None:
        return [_call("help", topic="next")]
    if choice.startswith("accept"):
        return _accept(words)
    return [_call("choose_candidate", choice=choice)]


def _accept(words: Words) -> Calls:
    if not words.situation.get("lineup_open"):
        return [_call("help", topic="next")]
    choice = (reading.read_choice(words.text) or "").removeprefix("accept").strip()
    return [_call("accept_look", choice=choice if choice in ("1", "2") else None)]


def _undo(words: Words) -> Calls:
    versions = reading.read_versions(words.text)
    if words.situation.get("lineup_answers") and not versions:
        return [_call("choose_candidate", choice="undo")]
    return [_call("undo", version=versions[0] if versions else None)]


def _diff(words: Words) -> Calls:
    versions = reading.read_versions(words.text)
    if len(versions) >= 2:
        return [_call("compare_versions", old=min(versions[:2]), new=max(versions[:2]))]
    return [_call("compare_versions", old=versions[0] if versions else None)]


def _export(words: Words) -> Calls:
    text = words.text
    count, layout, seed = reading.read_count(text), reading.read_format(text), reading.read_seed(text)
    return [_call("export_dataset", count=count, format=layout, seed=seed)]


def _fit(words: Words) -> Calls:
    from tools.detection.registry import DETECTORS

    detector = asks.read_detector(words.text, tuple(DETECTORS)) or _strange_name(words.text)
    count = asks.read_training_count(words.text)
    fit = _call("fit_detector", detector=detector, count=count, seed=reading.read_seed(words.text))
    return [_call("add_photos"), fit] if words.files else [fit]


def _strange_name(text: str) -> str | None:
    """ "train padim", "fit a fastflow detector": what stands where a detector's name stands and is no word."""
    match = _TO_FIT.search(text)
    if match is None:
        return None
    from agent.models.offline.gloss import knows_word

    return None if knows_word(match["name"]) else match["name"].lower()


def _inspect(words: Words) -> Calls:
    named = IMAGE_NAME.findall(words.text)
    if words.files or named:
        return [_call("inspect_images", paths=None if words.files else named)]
    if _OWN_IMAGES.search(words.text) and words.situation.get("data_sets"):
        usual = MOST_INSPECTED if words.has(r"\b(all|every|alle|sämtliche)\b") else 1
        return [_call("inspect_images", sculpted=reading.read_count(words.text) or usual)]
    return [_call("inspect_images")]


def _report(words: Words) -> Calls:
    image = _photo(words)
    formats, language = reading.read_report_formats(words.text), reading.read_language(words.text)
    return [_call("write_report", formats=formats or None, language=language, image=image)]


def _scale(words: Words) -> Calls:
    return [_call("set_scale", **(reading.read_scale(words.text) or {}))]


def _add_photos(words: Words) -> Calls:
    return [_call("add_photos", replace=True if words.has(r"\b(replace|instead of|ersetz)") else None)]


def _rendered(words: Words) -> Calls:
    count, surface = reading.read_count(words.text), _SURFACE.search(words.text)
    valid = count if count is not None and 2 <= count <= 200 else None
    return [_call("use_rendered_parts", kind=surface.group(0).lower() if surface else None, count=valid)]


def _list(words: Words) -> Calls:
    kind = next((name for name, pattern in _KINDS.items() if words.has(rf"\b({pattern})\b")), None)
    return [_call("list_library", kind=kind, days_ago=reading.read_days_ago(words.text))]


def _recall(words: Words) -> Calls:
    item = reading.read_item(words.text, len(words.situation.get("defects") or []))
    numbers = reading.read_integers(words.text)
    return [_call("recall_defect", number=item or (numbers[0] if numbers else None), words=words.text)]


def _switch(words: Words) -> Calls:
    name = reading.read_part_name(words.text)
    back = words.has(r"\b(back|first|previous|zurück|ersten|vorigen)\b")
    if back and name and names_a_defect(name, words.situation):
        return [_call("recall_defect", words=name)]
    return [_call("switch_part", name=name, back=back or None)]


def names_a_defect(text: str, situation: Situation) -> bool:
    """ "back to the crack" means a defect of this part, unless a part has that name."""
    from tools.blueprint.parser import parse

    name = (reading.read_part_name(text) or text).lower()
    if any(name in part.lower() for part in situation.get("parts") or []):
        return False
    kind = parse(text).blueprint.defect_type
    known = " ".join(situation.get("defects") or []).lower()
    return bool(kind and kind.replace("_", " ") in known)


def _language(words: Words) -> Calls:
    named = reading.read_language(words.text)
    other = "de" if words.situation.get("language") == "en" else "en"
    return [_call("set_language", language=named if named in ("en", "de") else other)]


def _help(words: Words) -> Calls:
    topic = asks.asks_term(words.text)
    return [_call("help", topic=topic or next((n for n, pattern in _TOPICS.items() if words.has(pattern)), None))]


def _verdict(words: Words) -> Calls:
    call = _call("discuss_verdict", opinion=reading.read_opinion(words.text), image=_photo(words))
    return [call, _call("detector_quality", topic="promise")] if asks.asks_sure(words.text) else [call]


def _photo(words: Words) -> str | None:
    """The photo of the last inspection that is named; a file that was not inspected is for the tool to refuse."""
    inspection = words.situation.get("last_inspection") or {}
    found = read_photo(words.text, inspection.get("names") or [])
    named = IMAGE_NAME.search(words.text)
    return found or (named.group(1).rsplit("/", 1)[-1] if named else None)


def _quality(words: Words) -> Calls:
    topic = "promise" if asks.asks_sure(words.text) else asks.asks_quality(words.text)
    return [_call("detector_quality", topic=topic)]


def _name_part(words: Words) -> Calls:
    """Another part than the one that has a name already is switched to."""
    name = asks.read_this_part(words.text) or reading.read_part_name(words.text)
    current = str(words.situation.get("part") or DEFAULT_PART)
    known = [str(part).lower() for part in words.situation.get("parts") or []]
    fresh = current.startswith(DEFAULT_PART) and (name or "").lower() not in known
    return [_call("name_part" if fresh else "switch_part", name=name)]


def _knowledge(words: Words) -> Calls:
    return [_call("ask_knowledge", question=words.text)]


def _explain(words: Words) -> Calls:
    return [_call("explain_report", question=words.text)]


def _match(words: Words) -> Calls:
    return [_call("match_photos", seed=reading.read_seed(words.text))]


def _render(words: Words) -> Calls:
    return [_call("show_lineup", seed=reading.read_seed(words.text))]


_MAKERS: dict[str, Callable[[Words], Calls]] = {
    "describe": _describe,
    "refine": _refine,
    "set_scale": _scale,
    "add_photos": _add_photos,
    "rendered_parts": _rendered,
    "render": _render,
    "choose": _choose,
    "accept": _accept,
    "export": _export,
    "fit": _fit,
    "inspect": _inspect,
    "verdict": _verdict,
    "knowledge": _knowledge,
    "explain": _explain,
    "match": _match,
    "report": _report,
    "show": _nothing_more("show_blueprint"),
    "diff": _diff,
    "undo": _undo,
    "status": _nothing_more("job_status"),
    "cancel": _nothing_more("cancel_job"),
    "list": _list,
    "recall": _recall,
    "switch_part": _switch,
    "language": _language,
    "help": _help,
    "quality": _quality,
    "worst": _nothing_more("worst_photo"),
    "restart": _nothing_more("start_over"),
    "name_part": _name_part,
}
