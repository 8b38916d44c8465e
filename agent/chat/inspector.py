"""The model inspector: which training runs, epochs and photos there are, and what an epoch sees on a photo."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.settings import Settings
from tools.errors import BadInputError
from tools.vision.images import ImageLimits, load_image
from tools.vision.types import Mask, RgbImage

if TYPE_CHECKING:
    from tools.segmentation.segmenter import Probabilities, Segmenter

RUNS = "training"
SETTINGS = "train.json"
"""What `tools.segmentation.checkpoint` writes first; named here so that the page does not wait for torch."""
DATASETS = "datasets"
NONE = "–"
MOST_SAMPLES = 200
KEEP = 8
"""Networks kept open: an epoch is 2 MB, so looking through a run stays quick."""


class InspectorError(BadInputError):
    """Something chosen in the inspector is not there any more."""


@dataclass(frozen=True)
class Shown:
    """One photo with what is true of it, and what each chosen epoch sees."""

    name: str
    image: RgbImage
    truth: Mask | None
    label: str
    views: tuple[EpochView, ...]


@dataclass(frozen=True)
class EpochView:
    """What one epoch sees: probability H x W and the classes' shares."""

    title: str
    probability: Probabilities
    classes: Probabilities | None
    segmenter: Segmenter


class ModelInspector:
    """Reads the runs and data sets of a data folder; nothing outside it can be named."""

    def __init__(self, settings: Settings) -> None:
        """Look below `settings.data_dir`."""
        self.root = settings.data_dir.resolve()
        self.limits = ImageLimits(settings.max_image_megapixels, max_bytes=settings.max_upload_mb * 2**20)
        self._open: OrderedDict[tuple[str, int, str], Any] = OrderedDict()

    def runs(self) -> list[str]:
        """Names of training runs, the newest first."""
        found = [path.parent for path in (self.root / RUNS).glob(f"*/{SETTINGS}")]
        return [path.name for path in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)]

    def run_folder(self, name: str) -> Path:
        """The folder of a run.

        Raises:
            InspectorError: there is none of that name.
        """
        if name not in self.runs():
            raise InspectorError("this training run is not there any more; choose another")
        return self.root / RUNS / name

    def epochs(self, run: str) -> list[tuple[str, int]]:
        """Label and number of each epoch, the last first; the kept one is marked."""
        from tools.segmentation.checkpoint import epoch_folder, list_epochs
        from tools.segmentation.model import read_card

        folder = self.run_folder(run)
        kept = read_card(folder / "model").epoch if (folder / "model").is_dir() else None
        found = []
        for number in reversed(list_epochs(folder)):
            dice = read_card(epoch_folder(folder, number)).metrics.get("val_dice")
            label = f"epoch {number}" + (f" · Dice {dice:.3f}" if dice is not None else "")
            found.append((f"{label} · kept" if number == kept else label, number))
        return found

    def kept_epoch(self, run: str) -> int | None:
        """The epoch that training kept; the last while it still runs."""
        from tools.segmentation.checkpoint import list_epochs
        from tools.segmentation.model import read_card

        folder = self.run_folder(run)
        if (folder / "model").is_dir():
            return read_card(folder / "model").epoch
        done = list_epochs(folder)
        return done[-1] if done else None

    def threshold(self, run: str) -> float:
        """What the run's model uses."""
        from tools.segmentation.model import read_card

        folder = self.run_folder(run) / "model"
        return read_card(folder).threshold if folder.is_dir() else 0.5

    def datasets(self) -> list[str]:
        """Data sets below the data folder, as paths relative to it."""
        return [str(path.relative_to(self.root)) for path in _datasets(self.root / DATASETS)]

    def samples(self, dataset: str) -> list[str]:
        """`label · name` of the first samples of a data set, defects first."""
        return list(self._samples(dataset))

    def _samples(self, dataset: str) -> dict[str, Any]:
        if dataset not in self.datasets():
            raise InspectorError("this data set is not there any more; choose another")
        return _read_samples(self.root / dataset, (self.root / dataset).stat().st_mtime)

    def sample(self, dataset: str, name: str) -> tuple[RgbImage, Mask | None, str]:
        """Photo, mask and label of a sample.

        Raises:
            InspectorError: it is not there.
        """
        import numpy as np

        found = self._samples(dataset).get(name)
        if found is None:
            raise InspectorError("this sample is not there any more; choose another")
        truth = np.zeros(found.image.shape[:2], np.uint8) if found.label == "good" else found.mask
        return found.image, truth, found.label

    def upload(self, photo: str, mask: str | None) -> tuple[RgbImage, Mask | None, str]:
        """An uploaded photo, with its mask where one was given.

        Raises:
            ImageError: not images.
            InspectorError: the mask has another size.
        """
        from tools.vision.masks import load_mask

        image = load_image(Path(photo), limits=self.limits)
        truth = None if not mask else load_mask(Path(mask))
        if truth is not None and truth.shape != image.shape[:2]:
            raise InspectorError(
                f"the mask is {truth.shape[1]} x {truth.shape[0]} px, the photo {image.shape[1]} x {image.shape[0]}; "
                "they must be the same"
            )
        return image, truth, ""

    def show(
        self, run: str, epochs: list[int], device: str, photo: tuple[RgbImage, Mask | None, str], name: str
    ) -> Shown:
        """Run one or two epochs on a photo.

        Raises:
            InspectorError: an epoch is not there.
            SegmentationInputError: no such device.
        """
        image, truth, label = photo
        views = []
        for number in epochs:
            segmenter = self._segmenter(run, number, device)
            found, classes = segmenter.probabilities([image])
            views.append(EpochView(f"Epoch {number}", found[0], classes[0], segmenter))
        return Shown(name, image, truth, label, tuple(views))

    def _segmenter(self, run: str, number: int, device: str) -> Any:
        from tools.segmentation.checkpoint import epoch_folder
        from tools.segmentation.segmenter import Segmenter

        folder = epoch_folder(self.run_folder(run), number)
        if not folder.is_dir():
            raise InspectorError(f"epoch {number} is not there any more; choose another")
        key = (str(folder), folder.stat().st_mtime_ns, device)
        if key not in self._open:
            self._open[key] = Segmenter.load(folder, device=device)
        self._open.move_to_end(key)
        while len(self._open) > KEEP:
            self._open.popitem(last=False)
        return self._open[key]

    def curve(self, run: str) -> Path | None:
        """The picture of the training curve."""
        path = self.run_folder(run) / "curve.png"
        return path if path.exists() else None


def devices() -> list[str]:
    """What networks can run on here."""
    import torch

    return ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


def _datasets(root: Path, depth: int = 2) -> list[Path]:
    """Folders that a reader knows, at most `depth` levels down."""
    from tools.datasets.errors import DatasetError
    from tools.datasets.registry import recognise

    found: list[Path] = []
    for path in sorted(each for each in root.iterdir() if each.is_dir()) if root.is_dir() else []:
        try:
            recognise(path)
            found.append(path)
        except DatasetError:
            found += _datasets(path, depth - 1) if depth > 1 else []
    return found


@lru_cache(maxsize=2)
def _read_samples(root: Path, stamp: float) -> dict[str, Any]:
    """The first samples by `label · name`, defects before good ones."""
    del stamp
    from itertools import islice

    from tools.datasets.registry import recognise

    read = list(islice(recognise(root).read(root), MOST_SAMPLES))
    read.sort(key=lambda each: (each.label == "good", each.label, each.name))
    return {f"{each.label} · {re.sub(r'_mask$', '', each.name)}": each for each in read}
