"""Good photos as a sequence that decodes on demand, so that a set may be larger than memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import overload

from tools.detection.config import Preprocessing
from tools.detection.illumination import prepare_photo
from tools.vision.images import load_image
from tools.vision.types import RgbImage

CACHE_BYTES = 1_000_000_000


class PhotoSet(Sequence[RgbImage]):
    """Decoded, prepared photos by index; the latest ones are kept in memory up to about a gigabyte."""

    def __init__(
        self,
        paths: Sequence[Path],
        preprocessing: Preprocessing | None = None,
        groups: Sequence[str] | None = None,
    ) -> None:
        """Decode nothing yet.

        Args:
            paths: the files.
            preprocessing: applied to each photo.
            groups: the part that each photo shows, where several show the same; each its own if not given.
        """
        self.paths = list(paths)
        self.groups = [str(path) for path in self.paths] if groups is None else list(groups)
        self._preprocessing = preprocessing or Preprocessing()
        self._kept: OrderedDict[Path, RgbImage] = OrderedDict()

    def subset(self, indices: Sequence[int]) -> PhotoSet:
        """The photos at these indices; they share what is in memory."""
        part = PhotoSet(
            [self.paths[index] for index in indices], self._preprocessing, [self.groups[index] for index in indices]
        )
        part._kept = self._kept
        return part

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, index: int) -> RgbImage: ...

    @overload
    def __getitem__(self, index: slice) -> list[RgbImage]: ...

    def __getitem__(self, index: int | slice) -> RgbImage | list[RgbImage]:
        """Decode one photo or several.

        Raises:
            ImageError: a file cannot be read.
        """
        if isinstance(index, slice):
            return [self._photo(path) for path in self.paths[index]]
        return self._photo(self.paths[index])

    def _photo(self, path: Path) -> RgbImage:
        kept = self._kept.get(path)
        if kept is not None:
            self._kept.move_to_end(path)
            return kept
        image = prepare_photo(load_image(path), self._preprocessing)
        self._kept[path] = image
        while sum(one.nbytes for one in self._kept.values()) > CACHE_BYTES and len(self._kept) > 1:
            self._kept.popitem(last=False)
        return image
