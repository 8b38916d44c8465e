"""A bundle: a fitted detector with everything that inspection and an audit need, as a folder without any pickle.

bundle.json              schema version, detector, settings, thresholds, sha256 of every other file
weights.safetensors      what fitting learned
suitability.safetensors  what good photos look like from afar
calibration_card.json    the promise about false alarms, in numbers and words (and calibration_card.md)
environment.json         on what it was made
samples/                 a few of the good photos, with the scores they had (samples.json): see `replay`
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.detection.calibration import Calibration
from tools.detection.config import InspectConfig, explain
from tools.detection.errors import DetectionInputError
from tools.detection.illumination import prepare_photo
from tools.detection.postprocess import Chain
from tools.detection.protocol import Detector, Prediction
from tools.detection.suitability import Suitability, from_state
from tools.vision.types import RgbImage

SCHEMA_VERSION = 1
MANIFEST = "bundle.json"
WEIGHTS = "weights.safetensors"
SUITABILITY = "suitability.safetensors"


class GoodSet(BaseModel):
    """The photos a bundle was fitted on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int
    duplicates: int = 0
    skipped: tuple[str, ...] = ()
    digest: str = ""
    """sha256 over the sorted sha256 of the files."""
    sha256: tuple[str, ...] = ()
    """Of each file: tells whether a photo was seen at fit."""


class Manifest(BaseModel):
    """The contents of `bundle.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1)
    product: str = ""
    created_utc: str
    detector: str
    detector_config: dict[str, Any]
    backbone: str | None
    backbone_fingerprint: str | None = None
    seed: int
    config: InspectConfig
    calibration: Calibration
    good: GoodSet
    files: dict[str, str]
    """Path inside the bundle → sha256."""


@dataclass
class Bundle:
    """A bundle in memory. `path` is None until it is saved."""

    manifest: Manifest
    state: Mapping[str, NDArray[np.generic]]
    suitability: Suitability
    path: Path | None = None
    _detector: Detector | None = field(default=None, repr=False)
    _turn: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)
    """Held while the detector works: it reuses its buffers, and two at once are no faster."""

    @classmethod
    def load(cls, path: Path | str, *, check_hashes: bool = True) -> Bundle:
        """Read a bundle; the detector itself is built on first use.

        Raises:
            DetectionInputError: not a bundle, of a newer schema, incomplete, or changed since it was made.
        """
        from safetensors.numpy import load

        folder = Path(path)
        manifest = read_manifest(folder)
        for name in sorted(manifest.files):
            if not (folder / name).is_file():
                raise DetectionInputError(f"the bundle {folder.name} lacks {name}; copy the whole folder again")
            if check_hashes and _sha256(folder / name) != manifest.files[name]:
                raise DetectionInputError(f"{name} of the bundle {folder.name} was changed or damaged; copy it again")
        state = load((folder / WEIGHTS).read_bytes())
        return cls(manifest, state, from_state(load((folder / SUITABILITY).read_bytes())), folder)

    @property
    def config(self) -> InspectConfig:
        """Settings it was calibrated with."""
        return self.manifest.config

    @property
    def calibration(self) -> Calibration:
        """Thresholds and what they promise."""
        return self.manifest.calibration

    @cached_property
    def bundle_id(self) -> str:
        """16 hex digits: of the files' hashes, thresholds and settings; the same contents give the same id."""
        contents = self.manifest.model_dump(mode="json", exclude={"created_utc", "product", "files"})
        kept = {name: value for name, value in self.manifest.files.items() if name in (WEIGHTS, SUITABILITY)}
        return hashlib.sha256(json.dumps([contents, kept], sort_keys=True).encode()).hexdigest()[:16]

    @property
    def detector(self) -> Detector:
        """The fitted detector.

        Raises:
            DetectionInputError: this detector or its backbone is not installed here.
        """
        with self._turn:
            if self._detector is None:
                self._detector = self._built()
            return self._detector

    def _built(self) -> Detector:
        from tools.detection.registry import build_detector
        from tools.detection.tiling import tiled

        options = dict(self.manifest.detector_config)
        if self.manifest.backbone is not None:
            options["backbone"] = self.manifest.backbone
        options.pop("name", None)
        built = build_detector(self.manifest.detector, **options)
        built.load_state(self.state)
        self._check_backbone()
        return tiled(built, self.config.adaptation.tiling)

    def _check_backbone(self) -> None:
        """Other weights under the same name give other scores: never silently."""
        wanted = self.manifest.backbone_fingerprint
        if wanted is None or self.manifest.backbone is None:
            return
        from tools.vision.backbone.registry import get_backbone

        found = get_backbone(self.manifest.backbone).fingerprint
        if found != wanted:
            raise DetectionInputError(
                f"the backbone {self.manifest.backbone} here has other weights ({found[:12]}) than the bundle was "
                f"fitted with ({wanted[:12]}); install those, or fit again"
            )

    def prepare(self, image: RgbImage) -> RgbImage:
        """The photo as the detector was fitted to see it."""
        return prepare_photo(image, self.config.preprocessing)

    def predict(self, images: Sequence[RgbImage]) -> list[Prediction]:
        """Scores and maps of photos as the camera gave them."""
        prepared = [self.prepare(image) for image in images]
        with self._turn:
            return self.detector.predict(prepared)

    def chain(self, config: InspectConfig | None = None, *, with_rle: bool = False) -> Chain:
        """The post-processing of this bundle, or with other settings."""
        chosen = config or self.config
        return Chain(chosen.defects, self.calibration.baseline, chosen.mm_per_px, with_rle)

    def limits(self, config: InspectConfig | None = None) -> Calibration:
        """The thresholds, with the pixel threshold that other settings may fix."""
        fixed = None if config is None else config.defects.pixel_threshold
        limits = self.calibration
        if fixed is None or fixed == limits.pixel_threshold:
            return limits
        return limits.model_copy(update={"pixel_threshold": fixed, "pixel_review": min(fixed, limits.pixel_review)})

    def embed(self, images: Sequence[RgbImage]) -> NDArray[np.float32] | None:
        """Embeddings for the suitability check; None where the bundle has no backbone."""
        if self.manifest.backbone is None or not len(self.suitability.embeddings):
            return None
        from tools.vision.backbone.registry import get_backbone

        with self._turn:
            return get_backbone(self.manifest.backbone).embed(images)


def read_manifest(folder: Path) -> Manifest:
    """`bundle.json`, checked.

    Raises:
        DetectionInputError: absent, not JSON, of a newer schema, or with unknown or wrong keys.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise DetectionInputError(f"{folder} is not a bundle: it has no {MANIFEST}; make one with redrabbit fit")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DetectionInputError(f"{path} cannot be read as JSON ({error}); copy the bundle again") from None
    version = data.get("schema_version") if isinstance(data, dict) else None
    if not isinstance(version, int):
        raise DetectionInputError(f"{path} has no schema_version; it was not written by redrabbit fit")
    if version > SCHEMA_VERSION:
        raise DetectionInputError(f"{path} has schema_version {version}, this product reads up to {SCHEMA_VERSION}")
    try:
        return Manifest.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise DetectionInputError(f"{path}: {'; '.join(explain(error))}") from None


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
