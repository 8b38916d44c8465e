"""Diffusion inpainting on fal.ai behind the `Generator` seam: the renderer's mask first, then a model's pixels in it.

The renderer's own picture is where the model starts; what comes back is laid over the photo by `inpainting`. This
module makes requests and judges answers. Who sends them is not its business: an `Ask` takes a request and gives the
bytes of a picture. `fal_queue` sends at once; the jobs' ledger sends each request at most once, whatever happens.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tools.blueprint.model import Blueprint
from tools.generation.errors import BlueprintDoesNotFitError, GenerationError
from tools.generation.inpainting import Painted, compose, cut, find_window, grow
from tools.generation.protocol import Instance, Rendering
from tools.generation.renderer import Renderer
from tools.vision.errors import ImageError
from tools.vision.images import ImageLimits, content_hash, encode_png, load_image
from tools.vision.types import Mask, RgbImage

ENDPOINT = "fal-ai/flux-lora/inpainting"
VERSION = "1"
ATTEMPTS = 4
MAX_ANSWER = ImageLimits(max_megapixels=16.0, max_bytes=64 * 2**20)


class FalError(GenerationError):
    """fal.ai could not be asked, or did not give a picture."""


class FalRefusedError(FalError):
    """fal.ai gave no picture for these arguments and will not for the same ones: other arguments may fare better."""


@dataclass(frozen=True)
class FalOptions:
    """Which model, and what it is told.

    `arguments` are sent beside our own and win over them, for models with other names or settings.
    """

    endpoint: str = ENDPOINT
    strength: float = 0.85
    arguments: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = ATTEMPTS


@dataclass(frozen=True)
class FalRequest:
    """One picture to ask for. `key` is the same for the same request, on every machine and after every crash."""

    key: str
    endpoint: str
    arguments: Mapping[str, Any] = field(repr=False)
    megapixels: float
    attempt: int = 0


Ask = Callable[[FalRequest], bytes]
"""A request to the bytes of its picture.

Raises:
    FalRefusedError: no picture for these arguments.
    FalError: no picture at all.
"""


@dataclass(frozen=True)
class Connection:
    """How fal.ai is reached from this process."""

    ask: Ask
    options: FalOptions = FalOptions()
    usd_per_megapixel: float = 0.0
    """What the endpoint costs; fal.ai names it on the endpoint's page. 0 where nobody counts."""


_connection: Connection | None = None


def connect(connection: Connection | None) -> None:
    """Say how fal.ai is reached from here on; None: not at all."""
    global _connection  # noqa: PLW0603
    _connection = connection


class FalGenerator:
    """See `tools.generation.protocol.Generator`."""

    name = "fal"
    repeatable = False
    """Only what was stored can be compared: a remote model need not paint the same pixels twice."""

    def __init__(self, connection: Connection | None = None) -> None:
        """Use a connection, or whichever `connect` names when it is needed."""
        self._own = connection
        self._renderer = Renderer()
        self._asked: set[str] = set()
        self.spent_usd = 0.0
        """Price of all requests so far, refused ones included; the same request is counted once."""

    @property
    def version(self) -> str:
        """Ours, and the model."""
        connection = self._own or _connection
        return f"{VERSION} {connection.options.endpoint if connection else ENDPOINT}"

    @property
    def usd_per_image(self) -> float:
        """What a picture costs when its cut-out has one megapixel at most and the first answer can be used."""
        connection = self._own or _connection
        return connection.usd_per_megapixel if connection else 0.0

    def generate(self, blueprint: Blueprint, photo: RgbImage, seed: int) -> Rendering:
        """Draw the Blueprint's defects with the model; asks again, with another seed, where an answer shows none.

        Raises:
            BlueprintDoesNotFitError: as the renderer's.
            FalError: fal.ai is not set up, failed, or no answer could be used.
        """
        connection = self._own or _connection
        if connection is None:
            raise FalError("fal.ai is not set up: set REDRABBIT_FAL_KEY, or use the generator renderer")
        start = self._renderer.generate(blueprint, photo, seed)
        reasons: list[str] = []
        for attempt in range(connection.options.attempts):
            request = make_request(blueprint, start, seed, attempt, connection.options)
            self._count(request, connection)
            try:
                answer = load_image(connection.ask(request), limits=MAX_ANSWER, name="the picture from fal.ai")
            except (FalRefusedError, ImageError) as error:
                reasons.append(str(error))
                continue
            requested = grow(start.mask)
            painted = compose(photo, requested, find_window(requested), answer)
            if isinstance(painted, Painted):
                return _rendering(start, painted, request, len(reasons))
            reasons.append(painted)
        raise FalError(f"fal.ai was asked {len(reasons)} times and no picture could be used; the last: {reasons[-1]}")

    def _count(self, request: FalRequest, connection: Connection) -> None:
        if request.key not in self._asked:
            self._asked.add(request.key)
            self.spent_usd += price_usd(request.megapixels, connection.usd_per_megapixel)


def price_usd(megapixels: float, usd_per_megapixel: float) -> float:
    """What a picture costs; fal.ai rounds up to whole megapixels."""
    return max(1, math.ceil(round(megapixels, 4))) * usd_per_megapixel


def make_request(
    blueprint: Blueprint, start: Rendering, seed: int, attempt: int, options: FalOptions = FalOptions()
) -> FalRequest:
    """What is asked for one picture.

    Args:
        blueprint: gives the words.
        start: the renderer's picture and mask.
        seed: of the image.
        attempt: 0 for the first; each has a seed of its own.
        options: model and arguments.
    """
    requested = grow(start.mask)
    if not requested.any():
        raise BlueprintDoesNotFitError("the renderer drew nothing, so there is nothing to inpaint")
    window = find_window(requested)
    image, mask = cut(start.image, window), cut(requested, window)
    plain: dict[str, Any] = {
        "prompt": prompt_of(blueprint),
        "strength": options.strength,
        "seed": int(hashlib.sha256(f"{seed}/{attempt}".encode()).hexdigest()[:7], 16),
        "num_images": 1,
        "output_format": "png",
        "image_size": {"width": window.size[0], "height": window.size[1]},
        **options.arguments,
    }
    # Of the pixels, not of the PNG files, which another library version may write otherwise.
    identity = {**plain, "endpoint": options.endpoint, "image": content_hash(image), "mask": content_hash(mask)}
    key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    arguments = {**plain, "image_url": _data_url(image), "mask_url": _data_url(mask)}
    return FalRequest(key, options.endpoint, arguments, window.megapixels, attempt)


def prompt_of(blueprint: Blueprint) -> str:
    """The words for the model: the evolved prompt where there is one, else a sentence from the Blueprint."""
    if blueprint.prompt:
        return blueprint.prompt
    severity = f"{blueprint.severity.value} " if blueprint.severity else ""
    defect = (blueprint.defect_type or "defect").replace("_", " ")
    looks = [blueprint.appearance.colour, blueprint.appearance.gloss]
    looks += [f"{blueprint.appearance.edge} edges" if blueprint.appearance.edge else None]
    surface = " ".join(
        word.replace("_", " ") for word in (blueprint.finish, blueprint.material, blueprint.part) if word
    )
    described = ", ".join(word for word in looks if word)
    return (
        f"macro photograph of a {severity}{defect} on a {surface or 'machined'} surface, industrial inspection, "
        f"{f'{described}, ' if described else ''}sharp focus, same lighting as the rest of the photo"
    )


def _data_url(image: RgbImage | Mask) -> str:
    return f"data:image/png;base64,{base64.b64encode(encode_png(image)).decode()}"


def _rendering(start: Rendering, painted: Painted, request: FalRequest, refused: int) -> Rendering:
    parameters: dict[str, float | int | str] = {
        "endpoint": request.endpoint,
        "request": request.key,
        "fal_seed": int(request.arguments.get("seed", 0)),
        "fal_prompt": str(request.arguments.get("prompt", "")),
        "fal_strength": float(request.arguments.get("strength", 0.0)),
        "answers_refused": refused,
        "share_changed": round(painted.share_changed, 4),
    }
    found = (_instance(instance, painted.mask) for instance in start.instances)
    kept = tuple(instance for instance in found if instance is not None)
    return Rendering(painted.image, painted.mask, kept, {**start.parameters, **parameters})


def _instance(drawn: Instance, mask: Mask) -> Instance | None:
    """What the model left of an instance: its box and area on the final mask; None where nothing."""
    x1, y1, x2, y2 = drawn.box_xyxy
    part = mask[y1:y2, x1:x2] > 0
    if not part.any():
        return None
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    box = (x1 + int(columns[0]), y1 + int(rows[0]), x1 + int(columns[-1]) + 1, y1 + int(rows[-1]) + 1)
    return Instance(box, drawn.asked, {"area_px": float(part.sum())})
