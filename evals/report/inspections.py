"""Inspections of real and sculpted defects whose truth is known: photo, mask and type.

The detector is fitted on good photos that are not inspected; types are named by the nearest labelled examples, which
are other photos than the inspected ones. The true label is only compared with, never handed to anything.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.common import REAL_DATA
from tools.detection.bundle import Bundle
from tools.detection.config import InspectConfig, VerdictConfig
from tools.detection.records import InspectionRecord
from tools.errors import BadInputError
from tools.vision.images import load_image
from tools.vision.masks import components, load_mask
from tools.vision.types import Box, RgbImage

LOOSE = VerdictConfig(false_alarm_rate=0.1, confidence=0.8, review_rate=0.33)
CLASSES = ("blowhole", "break", "crack", "fray", "uneven")
SCULPTED = {
    "scratch": "a dark scratch, 3 to 8 mm long and 0.3 mm wide, 0.1 mm per pixel",
    "void": "one round void, 1 to 2 mm in diameter, 0.1 mm per pixel",
    "stain": "a dark stain, 2 to 5 mm in diameter, 0.1 mm per pixel",
}


@dataclass(frozen=True)
class Case:
    """One photo and the truth about it; `mask` is None for a good part."""

    path: Path
    kind: str
    """`good` or a defect type."""
    origin: str
    """`real` or `sculpted`."""
    mask: Path | None

    def boxes(self) -> list[Box]:
        """The defects' boxes, largest first."""
        if self.mask is None:
            return []
        parts = sorted(components(load_mask(self.mask)), key=lambda part: -int(part.pixels.sum()))
        return [part.box_xyxy for part in parts]

    def pixels(self) -> NDArray[np.bool_]:
        """The true mask as booleans."""
        assert self.mask is not None
        return np.asarray(load_mask(self.mask) > 0)


@dataclass(frozen=True)
class Material:
    """What an evaluation works with."""

    fit_good: tuple[Path, ...]
    examples: tuple[Case, ...]
    """Labelled defects that name types; none of them is inspected."""
    cases: tuple[Case, ...]


def collect(out: Path, *, seed: int, quick: bool) -> Material:
    """Split the real tiles and sculpt defects on good tiles of the inspected side.

    Raises:
        BadInputError: the real images are not there.
    """
    root = REAL_DATA / "magnetic_tile"
    if not root.is_dir():
        raise BadInputError("this evaluation needs the real images; set REDRABBIT_REAL_DATA to their folder")
    generator = np.random.default_rng(seed)
    good = [Path(path) for path in generator.permutation(sorted(map(str, (root / "good").glob("*.jpg"))))]
    n_fit, n_good, n_real, n_sculpted = (40, 15, 7, 5) if quick else (120, 40, 14, 16)
    examples, cases = [], [Case(path, "good", "real", None) for path in good[n_fit : n_fit + n_good]]
    for kind in CLASSES:
        found = _labelled(root, kind, generator)
        cases += found[:n_real]
        examples += found[n_real : n_real + 12]
    blanks = good[n_fit + n_good : n_fit + n_good + 40]
    for number, (kind, text) in enumerate(SCULPTED.items()):
        made = _sculpt(text, kind, blanks, out / "sculpted" / kind, n_sculpted + 5, seed + number)
        cases += made[:n_sculpted]
        examples += made[n_sculpted:]
    return Material(tuple(good[:n_fit]), tuple(examples), tuple(cases))


def _labelled(root: Path, kind: str, generator: np.random.Generator) -> list[Case]:
    """A class's photos in random order, without those whose mask is empty."""
    paths = sorted((root / "defect" / kind).glob("*.jpg"))
    cases = [Case(path, kind, "real", root / "masks" / kind / f"{path.stem}.png") for path in paths]
    usable = [case for case in cases if case.mask is not None and case.mask.is_file() and case.boxes()]
    return [usable[int(index)] for index in generator.permutation(len(usable))]


def _sculpt(text: str, kind: str, good: Sequence[Path], out: Path, count: int, seed: int) -> list[Case]:
    from tools.blueprint.parser import parse
    from tools.datasets.sculpt import sculpt

    sculpt(parse(text).blueprint, good, out, count=count, seed=seed, layout="mvtec")
    masks = sorted((out / "ground_truth").rglob("*_mask.png"))
    images = {path.stem: path for path in (out / "test").rglob("*.png") if path.parent.name != "good"}
    found = [Case(images[mask.stem.removesuffix("_mask")], kind, "sculpted", mask) for mask in masks]
    print(f"sculpted {len(found)} x {kind}", file=sys.stderr)
    return found


def fitted(material: Material, out: Path, *, seed: int) -> Bundle:
    """The product's default detector on the good photos; kept in `out`.

    Its promise is loose (a tenth of good parts may be flagged, a third reviewed), so that there is something to report.
    """
    from tools.detection.fit import fit_bundle

    folder = out / "bundle"
    if not folder.is_dir():
        fit_bundle(material.fit_good, folder, seed=seed, config=InspectConfig(verdict=LOOSE))
    return Bundle.load(folder)


def inspect(material: Material, bundle: Bundle, out: Path) -> Iterator[tuple[Case, InspectionRecord, RgbImage]]:
    """Inspect every case into a folder."""
    from tools.detection.inspect import InspectOptions, inspect_paths

    options = InspectOptions(with_rle=True, save_overlays=False, check_suitability=False)
    records = inspect_paths([case.path for case in material.cases], bundle, out, options=options)
    for number, (case, record) in enumerate(zip(material.cases, records, strict=True), start=1):
        if number % 20 == 0:
            print(f"inspected {number}/{len(material.cases)} with {bundle.detector.name}", file=sys.stderr)
        yield case, record, load_image(case.path)
