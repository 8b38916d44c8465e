"""The seam of a data-set format: where a sample's files go, which index files it needs, and how it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from tools.datasets.model import GOOD, Entry, Sample


class Layout(Protocol):
    """One format. Images are PNG files; masks are PNG files of 0 and 255, whatever else the format keeps of them."""

    name: str
    sculpted_splits: tuple[str, str]
    """Splits of a sculpted data set: the larger part, and the part that shares no photo with it."""

    def place(self, name: str, label: str, split: str) -> Entry:
        """The files of a sample of this name."""
        ...

    def finish(self, root: Path, entries: Iterable[Entry]) -> None:
        """Write the index files, from masks that are on disk; constant memory."""
        ...

    def recognises(self, root: Path) -> bool:
        """True when the folder has this format."""
        ...

    def read(self, root: Path) -> Iterator[Sample]:
        """One sample after the other, in a fixed order.

        Raises:
            DatasetError: an index file is damaged, or a file that it names is missing.
        """
        ...


def defect_split(layout: Layout, label: str, split: str) -> str:
    """Where a sample of a split goes in this layout: MVTec keeps every defect in `test`."""
    if layout.name == "mvtec":
        return "train" if label == GOOD and split == "train" else "test"
    return split
