"""What the segment commands read and write: sources of examples, tables, and the files of a prediction."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.segmentation.errors import SegmentationInputError

if TYPE_CHECKING:
    from tools.segmentation.config import TrainConfig
    from tools.segmentation.examples import Example, Source
    from tools.segmentation.segmenter import Segmentation
    from tools.vision.types import RgbImage

VALIDATION_SHARE = 0.15
VALIDATION_DRAWS = 48
MOST_PHOTOS = 400


def sources(
    data: Sequence[Path],
    val: Sequence[Path],
    texts: Sequence[str],
    good: Path | None,
    mm_per_px: float | None,
    config: TrainConfig,
) -> tuple[Source, list[Example], dict[str, Any]]:
    """Training source, validation examples, and what the model's card says about both.

    Raises:
        SegmentationInputError: nothing to train on, or words without photos.
    """
    from tools.segmentation.examples import Held, Mixed, read_examples, split_examples

    if not data and not texts:
        raise SegmentationInputError("nothing to train on; give --data FOLDER, or --text with --good")
    examples = [each for root in data for each in read_examples(root, size_hw=config.size_hw)]
    held = [each for root in val for each in read_examples(root, size_hw=config.size_hw)]
    if examples and not val:
        examples, held = split_examples(examples, VALIDATION_SHARE, seed=config.seed)
    facts: dict[str, Any] = {"data": [str(root) for root in data], "text": list(texts)}
    real = Held(examples) if examples else None
    if not texts:
        assert real is not None
        if not real.classes:
            raise SegmentationInputError(
                "no photo in --data shows a defect with a mask; nothing can be learned from it"
            )
        return real, held, facts
    stream, drawn = _stream(texts, good, mm_per_px, config)
    if real is None:
        return stream, held or drawn, facts
    return Mixed(real, stream, config.synthetic_share), held, facts


def _stream(
    texts: Sequence[str], good: Path | None, mm_per_px: float | None, config: TrainConfig
) -> tuple[Source, list[Example]]:
    """Words drawn on the fly, and a fixed set of drawings to validate on, on photos kept apart where there are some."""
    import numpy as np

    from agent.cli.sculpt import understand
    from tools.generation.registry import get_generator
    from tools.segmentation.examples import Stream
    from tools.vision.images import find_images, load_image

    if good is None:
        raise SegmentationInputError("--text is drawn on photos of good parts; name their folder with --good")
    blueprints = [understand(text, mm_per_px=mm_per_px, yes=True, ask=None) for text in texts]
    photos = [load_image(path) for path in find_images(good)[:MOST_PHOTOS]]
    apart = max(1, round(VALIDATION_SHARE * len(photos))) if len(photos) > 3 else 0
    generator = get_generator("renderer")
    stream = Stream(blueprints, photos[apart:], generator)
    held = Stream(blueprints, photos[:apart] or photos, generator)
    rngs = [np.random.default_rng((config.seed, 2, index)) for index in range(VALIDATION_DRAWS)]
    drawn = [held.good(rng) if index % 4 == 0 else held.defect(rng) for index, rng in enumerate(rngs)]
    return stream, [each for each in drawn if each is not None]


def write_prediction(
    out: Path, path: Path, number: int, image: RgbImage, found: Segmentation, threshold: float, save_maps: bool
) -> dict[str, Any]:
    """Write one photo's files; returns its line."""
    import numpy as np

    from tools.vision.images import save_png, write_atomic
    from tools.vision.overlay import heat_overlay

    name = f"{path.stem}-{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    files = {
        "mask": str(save_png(out / "masks" / f"{name}.png", found.mask)),
        "overlay": str(
            save_png(
                out / "overlays" / f"{name}.png",
                heat_overlay(image, found.probability, baseline=0.0, threshold=threshold, mask=found.mask),
            )
        ),
    }
    if save_maps:
        buffer = io.BytesIO()
        np.save(buffer, found.probability, allow_pickle=False)
        write_atomic(out / "maps" / f"{name}.npy", buffer.getvalue())
        files["map"] = str(out / "maps" / f"{name}.npy")
    score = round(float(found.probability.max()), 6)
    regions = [region.model_dump(mode="json", exclude={"rle", "severity", "level", "why"}) for region in found.regions]
    return {"input": str(path), "number": number, "score": score, "threshold": threshold, "regions": regions, **files}


def table(figures: dict[str, Any]) -> str:
    """Figures of `segment eval` for people."""
    lines = [f"{name:<32}{_shown(value)}" for name, value in figures.items() if not isinstance(value, dict)]
    for section in ("by_class", "by_size"):
        lines.append(f"\n{section.replace('_', ' ')}")
        for name, row in figures[section].items():
            lines.append(f"  {name:<18}" + "  ".join(f"{key} {_shown(value)}" for key, value in row.items()))
    return "\n".join(lines)


def _shown(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def flat(document: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Leaves by dotted path."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from flat(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, f"{document:.4g}" if isinstance(document, float) else str(document)
