"""Photos of good parts: the user's own or rendered ones, and the scale that turns millimetres into pixels."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from agent.events import Picture, PicturesEvent
from agent.state import DEFAULT_PART, Memory, PhotoSet
from agent.toolbelt.base import Arguments, Context, NoArguments, Outcome, ToolError, tool
from agent.toolbelt.needs import show_card
from agent.wording import number
from tools.errors import BadInputError

RENDERED_SIZE_PX = (320, 320)
RENDERED_MM_PER_PX = 0.1
RENDERED_COUNT = 16
ASSUMED_MM_PER_PX = 0.1
SHOWN = 4
KIND_WORDS: dict[str, tuple[str, ...]] = {
    "brushed": (
        "brushed",
        "steel",
        "brass",
        "aluminium",
        "aluminum",
        "copper",
        "titanium",
        "zinc",
        "metal",
        "gebürstet",
    ),
    "cast": ("cast", "iron", "forged", "magnetic", "guss"),
    "ceramic": ("ceramic", "tile", "porcelain", "keramik", "fliese"),
    "glass": ("glass", "lens", "glas", "linse"),
    "pcb": ("pcb", "circuit", "board", "leiterplatte", "platine", "fr4"),
    "leather": ("leather", "leder"),
    "weave": ("weave", "woven", "fabric", "textile", "cloth", "carbon", "gewebe", "stoff"),
    "wood": ("wood", "oak", "beech", "holz"),
    "plastic": ("plastic", "abs", "polymer", "moulded", "molded", "rubber", "kunststoff", "plastik", "gummi"),
    "xray": ("x-ray", "xray", "chip", "röntgen"),
}


class AddPhotosArguments(Arguments):
    """What `add_photos` takes."""

    paths: list[Path] | None = Field(default=None, description="files or folders; leave out for the attached images")
    replace: bool = Field(default=False, description="forget the photos there were before")


@tool("add_photos", AddPhotosArguments, gives="photos")
def add_photos(context: Context, paths: list[Path] | None, replace: bool) -> Outcome:
    """Use images as photos of GOOD parts, on which defects are drawn and from which a detector learns."""
    given = take_images(context.memory, paths)
    part = context.part
    known = part.photos.paths() if part.photos and part.photos.source == "own" and not replace else []
    fresh = [path for path in given if path not in set(known)]
    if replace or (part.photos is not None and part.photos.source == "rendered"):
        part.mm_per_px = None
    part.photos = PhotoSet.keep([*known, *fresh], context.settings.data_dir)
    context.memory.attachments = []
    return Outcome("photos_added", {"count": len(given), "total": part.photos.count})


def take_images(memory: Memory, paths: list[Path] | None) -> list[Path]:
    """The images that a call means: the named ones, else the attachments.

    Raises:
        ToolError: there are none.
        ImageError: a path does not exist or holds no image.
    """
    from tools.vision.images import find_images

    if paths:
        named = {attached.name: attached for attached in memory.attachments}
        found = [named.get(str(path), path) for path in paths]
        return list(dict.fromkeys(image for path in found for image in find_images(path.expanduser())))
    if not memory.attachments:
        raise ToolError("no image is attached; attach photos, or name a file or folder")
    return list(memory.attachments)


class RenderedPartsArguments(Arguments):
    """What `use_rendered_parts` takes."""

    kind: str | None = Field(default=None, description="material or name of a base part, such as brass, glass, pcb")
    count: int = Field(default=RENDERED_COUNT, ge=2, le=200)


@tool("use_rendered_parts", RenderedPartsArguments, gives="photos")
def use_rendered_parts(context: Context, kind: str | None, count: int) -> Outcome:
    """Render good parts, for a user who has no photos."""
    from tools.generation.base_parts import BASE_PARTS, METAL_PARTS, render_part
    from tools.vision.images import save_png

    blueprint = context.part.blueprint
    named = "" if context.part.name.startswith(DEFAULT_PART) else context.part.name
    wanted = kind or (blueprint.material if blueprint else None) or (blueprint.part if blueprint else None) or named
    name = base_part(wanted, tuple(BASE_PARTS))
    tone = metal_tone(wanted) if name in METAL_PARTS else None
    label = f"{tone}_{name}" if tone else name
    folder = context.settings.data_dir / "parts" / label
    paths = []
    for seed in range(count):
        path = folder / f"{seed:04d}_{RENDERED_SIZE_PX[0]}x{RENDERED_SIZE_PX[1]}.png"
        if not path.is_file():
            save_png(path, render_part(name, size=RENDERED_SIZE_PX, seed=seed, tone=tone))
        paths.append(path)
    part = context.part
    part.photos = PhotoSet.keep(paths, context.settings.data_dir, source="rendered", kind=label)
    part.mm_per_px, part.scale_origin = RENDERED_MM_PER_PX, "default"
    show_card(context, part.blueprint)
    pictures = tuple(Picture(path=path, caption=f"{label} {index}") for index, path in enumerate(paths[:SHOWN], 1))
    context.emit(PicturesEvent(pictures=pictures))
    facts = {"count": count, "kind": label.replace("_", " "), "scale": number(RENDERED_MM_PER_PX, context.language)}
    return Outcome("parts_rendered", facts)


def base_part(words: str, known: tuple[str, ...]) -> str:
    """The base part that fits words such as "brass plate" best; the first one where nothing fits."""
    text = words.lower()
    for name in known:
        if name.replace("_", " ") in text or text == name:
            return name
    for stem, hints in KIND_WORDS.items():
        found = next((name for name in known if stem in name.replace("-", "")), None)
        if found and any(hint in text for hint in hints):
            return found
    return known[0]


def metal_tone(words: str) -> str | None:
    """The metal that words such as "copper plate" name, in English or German; None where they name none."""
    from tools.generation.base_parts import METAL_TONES

    german = {"messing": "brass", "kupfer": "copper", "stahl": "steel", "eisen": "iron", "aluminum": "aluminium"}
    text = words.lower()
    named = {**{tone: tone for tone in METAL_TONES}, **german}
    return next((tone for word, tone in named.items() if word in text), None)


class ScaleArguments(Arguments):
    """What `set_scale` takes; one of them."""

    mm_per_px: float | None = Field(default=None, gt=0, le=1000, description="millimetres in one pixel")
    width_mm: float | None = Field(default=None, gt=0, le=1e6, description="width of what the photo shows")
    height_mm: float | None = Field(default=None, gt=0, le=1e6, description="height of what the photo shows")
    unknown: bool = Field(default=False, description="the user does not know: a plain assumption is made and said")


@tool("set_scale", ScaleArguments, gives="scale")
def set_scale(
    context: Context, mm_per_px: float | None, width_mm: float | None, height_mm: float | None, unknown: bool
) -> Outcome:
    """Set how large a pixel is, so that sizes in mm can be drawn and measured."""
    part = context.part
    if mm_per_px is None and (width_mm or height_mm):
        mm_per_px = _from_extent(context, width_mm, height_mm)
    if mm_per_px is None and unknown:
        mm_per_px = ASSUMED_MM_PER_PX
    if mm_per_px is None:
        raise ToolError("the scale is not clear; say it like '0.1 mm per pixel' or 'the photo shows 50 mm in width'")
    part.mm_per_px, part.scale_origin = mm_per_px, "default" if unknown else "said"
    show_card(context, part.blueprint)
    code = "scale_assumed" if unknown else "scale_set"
    return Outcome(code, {"scale": number(mm_per_px, context.language), "mm_per_px": mm_per_px})


def _from_extent(context: Context, width_mm: float | None, height_mm: float | None) -> float:
    """Millimetres per pixel from the extent of the first photo."""
    from tools.vision.images import load_image

    if context.part.photos is None:
        raise BadInputError("there is no photo yet to measure on; attach one, or say the scale in mm per pixel")
    height, width = load_image(context.part.photos.paths()[0]).shape[:2]
    both = [size / pixels for size, pixels in ((width_mm, width), (height_mm, height)) if size]
    if len(both) == 2 and abs(both[0] - both[1]) > 0.05 * max(both):
        raise BadInputError(
            f"{width_mm:g} x {height_mm:g} mm does not fit a photo of {width} x {height} px; say one of the two"
        )
    return float(sum(both) / len(both))


@tool("forget_photos", NoArguments)
def forget_photos(context: Context) -> Outcome:
    """Forget the photos of good parts of this part."""
    context.part.photos, context.part.mm_per_px = None, None
    return Outcome("photos_forgotten")
