"""Where each sculpted image came from: JSON Lines, an image a line, beside the images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from tools.datasets.errors import DatasetError
from tools.datasets.model import LineageRecord
from tools.vision.images import write_atomic

FILE = "lineage.jsonl"


def write_lineage(root: Path, records: Iterable[LineageRecord]) -> Path:
    """Write `lineage.jsonl`, ordered by index, whole or not at all."""
    ordered = sorted(records, key=lambda record: record.index)
    write_atomic(root / FILE, "".join(f"{record.model_dump_json()}\n" for record in ordered).encode())
    return root / FILE


def read_lineage(root: Path) -> Iterator[LineageRecord]:
    """The records of a data set, one after the other.

    Raises:
        DatasetError: there is no lineage, or a line is damaged.
    """
    path = root / FILE
    if not path.is_file():
        raise DatasetError(f"{root} has no {FILE}: only data sets that `redrabbit sculpt` wrote can be traced")
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                yield LineageRecord.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"])
                raise DatasetError(f"{FILE} line {number} is damaged ({where}: {first['msg']})") from None
