"""What a sculpted folder was asked to become, written before anything else: the claim on the folder.

A second run with the same request completes it; any other request, or a folder with somebody else's files, is refused.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.datasets.errors import DatasetError
from tools.datasets.files import read_json
from tools.errors import BadInputError
from tools.vision.images import write_atomic

FILE = "sculpt.json"


def claim(out: Path, wanted: dict[str, Any]) -> None:
    """Write the request into an empty or new folder, or check that it is the one that is there.

    Raises:
        DatasetError: the folder holds something else.
    """
    if out.exists() and not out.is_dir():
        raise DatasetError(f"{out} is a file; name a folder for the data set")
    if (out / FILE).is_file():
        differing = [name for name, value in wanted.items() if read(out).get(name) != value]
        if differing:
            raise DatasetError(f"{out} holds a data set of another {' and '.join(differing)}; choose another folder")
        return
    if out.is_dir() and any(out.iterdir()):
        raise DatasetError(f"{out} is not empty and not a sculpted data set; choose an empty or new folder")
    _write(out, wanted)


@contextmanager
def nothing_half_begun(out: Path, journal: str) -> Iterator[None]:
    """Bad input that shows before the first image is made leaves the folder as it was, free for the next try.

    Args:
        out: the folder; only one that was empty or not there is cleared.
        journal: name of the file with a line an image.
    """
    there = out.is_dir()
    fresh = not out.exists() or (there and not any(out.iterdir()))
    try:
        yield
    except BadInputError:
        begun = fresh and out.is_dir() and (out / FILE).is_file()
        if begun and not ((out / journal).is_file() and (out / journal).stat().st_size):
            shutil.rmtree(out)
            if there:
                out.mkdir()
        raise


def pin_photos(out: Path, digest: str) -> None:
    """Note which photos are used, or check that they are the same as before.

    Raises:
        DatasetError: the photos changed since the folder was begun.
    """
    kept = read(out)
    if kept.setdefault("photos", digest) != digest:
        raise DatasetError(f"the good photos are not those that {out} was begun with; choose another folder")
    _write(out, kept)


def read(out: Path) -> dict[str, Any]:
    """The request of a sculpted folder."""
    data = read_json(out / FILE)
    if not isinstance(data, dict):
        raise DatasetError(f"{out / FILE} is damaged; sculpt into a new folder")
    return data


def rewrite(path: Path, text: str) -> None:
    """Replace a file, whole or not at all."""
    write_atomic(path, text.encode())


def _write(out: Path, data: dict[str, Any]) -> None:
    rewrite(out / FILE, json.dumps(data, indent=1, sort_keys=True) + "\n")
