"""MVTec AD: `train/good`, `test/good`, `test/<defect>`, `ground_truth/<defect>/<name>_mask.png`.

Defects lie only in `test`. Format: Bergmann et al., "MVTec AD", CVPR 2019.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.datasets.errors import DatasetError
from tools.datasets.files import load_mask
from tools.datasets.model import GOOD, Entry, Sample
from tools.vision.images import SUFFIXES, load_image


class Mvtec:
    """See the module."""

    name = "mvtec"
    sculpted_splits = ("train", "test")

    def place(self, name: str, label: str, split: str) -> Entry:
        """See `Layout.place`."""
        if label == GOOD:
            return Entry(f"{split}/good/{name}.png", None, label, split)
        return Entry(f"test/{label}/{name}.png", f"ground_truth/{label}/{name}_mask.png", label, "test")

    def finish(self, root: Path, entries: Iterable[Entry]) -> None:
        """Nothing but the folders that readers expect."""
        del entries
        for folder in ("train/good", "test/good"):
            (root / folder).mkdir(parents=True, exist_ok=True)

    def recognises(self, root: Path) -> bool:
        """See `Layout.recognises`."""
        return (root / "train" / "good").is_dir() and (root / "test").is_dir()

    def read(self, root: Path) -> Iterator[Sample]:
        """Good training images first, then `test` by folder. A defect without a mask file is an error."""
        for split in ("train", "test"):
            for folder in sorted(path for path in (root / split).iterdir() if path.is_dir()):
                for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES):
                    mask = None if folder.name == GOOD else load_mask(_mask_path(root, folder.name, path.stem))
                    yield Sample(path.stem, load_image(path), mask, folder.name, split)


def _mask_path(root: Path, label: str, stem: str) -> Path:
    folder = root / "ground_truth" / label
    for candidate in (folder / f"{stem}_mask.png", folder / f"{stem}.png"):
        if candidate.exists():
            return candidate
    raise DatasetError(f"{root.name}: test/{label}/{stem} has no mask in ground_truth/{label}; add {stem}_mask.png")
