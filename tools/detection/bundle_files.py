"""Writing a bundle: all files into a folder beside the target, hashed, then moved into place in one step."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.detection.bundle import MANIFEST, SUITABILITY, WEIGHTS, Manifest
from tools.detection.calibration_card import card_markdown
from tools.detection.environment import collect_environment
from tools.detection.errors import DetectionInputError
from tools.detection.suitability import Suitability
from tools.vision.images import encode_png
from tools.vision.types import RgbImage


def check_target(target: Path) -> None:
    """Refuse a target that would cost somebody's files.

    Raises:
        DetectionInputError: it is a file, or a folder with anything but a bundle in it.
    """
    if target.is_file() or (target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).is_file()):
        raise DetectionInputError(f"{target} exists and is not a bundle; choose another --out")


@contextlib.contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """A new folder that takes the place of `target` when the block ends well, and vanishes when it does not.

    Raises:
        DetectionInputError: as `check_target`, or it cannot be written.
    """
    check_target(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    except OSError as error:
        raise DetectionInputError(f"{target} cannot be written ({error.strerror}); choose another --out") from None
    try:
        yield folder
        os.chmod(folder, 0o755)
        old = None
        if target.exists():
            old = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.old."))
            os.replace(target, old / "bundle")
        os.replace(folder, target)
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def write_bundle(
    target: Path,
    manifest: Manifest,
    state: Mapping[str, NDArray[np.generic]],
    suitability: Suitability,
    samples: Mapping[str, tuple[RgbImage, float]],
) -> Manifest:
    """Write every file; returns the manifest with the files' hashes.

    Args:
        samples: file name → photo as the camera gave it, and its score by the bundle's own detector.
    """
    from safetensors.numpy import save

    files: dict[str, bytes] = {
        WEIGHTS: save({name: np.ascontiguousarray(values) for name, values in state.items()}),
        SUITABILITY: save({name: np.ascontiguousarray(values) for name, values in suitability.state().items()}),
        "environment.json": _json(collect_environment()),
        "calibration_card.json": _json(_card(manifest)),
        "calibration_card.md": card_markdown(manifest, suitability).encode(),
        "samples/samples.json": _json({name: {"score": score} for name, (_, score) in samples.items()}),
    }
    files |= {f"samples/{name}": encode_png(image) for name, (image, _) in samples.items()}
    hashed = manifest.model_copy(
        update={"files": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}}
    )
    with staged_folder(target) as folder:
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (folder / MANIFEST).write_text(hashed.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return hashed


def _card(manifest: Manifest) -> dict[str, Any]:
    return {
        "detector": manifest.detector,
        "good": manifest.good.model_dump(mode="json", exclude={"sha256"}),
        "calibration": manifest.calibration.model_dump(mode="json"),
        "created_utc": manifest.created_utc,
    }


def _json(data: Any) -> bytes:
    return (json.dumps(data, indent=2, sort_keys=True) + "\n").encode()
