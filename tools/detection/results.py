"""`results.jsonl`: lines appended whole, so that a killed process loses none that it finished and can go on later."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tools.detection.errors import DetectionInputError
from tools.detection.records import InspectionRecord
from tools.vision.images import write_atomic

RESULTS = "results.jsonl"
RUN = "run.json"


class ResultsFile:
    """The results of one folder, for one bundle and one set of settings.

    Opening it drops a line that was cut off by a power cut, and lines with an `error`, which are tried again.
    """

    def __init__(self, folder: Path, identity: dict[str, Any], *, resume: bool = True) -> None:
        """Open or begin.

        Args:
            folder: made if absent.
            identity: what must be the same for old lines to count: bundle, settings.
            resume: False starts anew.

        Raises:
            DetectionInputError: the folder holds the results of another bundle or other settings, another process
                writes into it, or it cannot be written.
        """
        self.path = folder / RESULTS
        self.done: dict[str, InspectionRecord] = {}
        """Finished records by `input`."""
        self._made = not folder.exists()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._handle = self._open()
        except OSError as error:
            raise DetectionInputError(f"{folder} cannot be written ({error.strerror}); choose another folder") from None
        try:
            if not resume:
                os.ftruncate(self._handle, 0)
            self._check_identity(folder / RUN, identity)
            self._recover()
        except BaseException:
            self.close()
            raise

    def _open(self) -> int:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            self._lock(handle)
        except BaseException:
            os.close(handle)
            raise
        return handle

    def _lock(self, handle: int) -> None:
        try:
            import fcntl
        except ImportError:  # Windows: one writer is the caller's care
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DetectionInputError(f"another process writes {self.path}; wait for it or use another --out") from None

    def _check_identity(self, path: Path, identity: dict[str, Any]) -> None:
        if os.fstat(self._handle).st_size and path.exists():
            try:
                before = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                before = None
            if before != identity:
                raise DetectionInputError(
                    f"{self.path} holds results of another bundle or other settings; use another --out, or --fresh"
                )
        write_atomic(path, (json.dumps(identity, indent=2, sort_keys=True) + "\n").encode())

    def _recover(self) -> None:
        size = os.fstat(self._handle).st_size
        data = os.pread(self._handle, size, 0)
        kept: list[bytes] = []
        for line in data.split(b"\n"):
            try:
                record = InspectionRecord.model_validate_json(line)
            except ValidationError:
                continue
            if record.error is None and record.input not in self.done:
                self.done[record.input] = record
                kept.append(line)
        clean = b"".join(line + b"\n" for line in kept)
        if clean != data:
            self._rewrite(clean)

    def forget(self, keep: Callable[[InspectionRecord], bool]) -> None:
        """Drop finished records that do not satisfy `keep`, in the file too."""
        stale = [name for name, record in self.done.items() if not keep(record)]
        for name in stale:
            del self.done[name]
        if stale:
            self._rewrite(b"".join(_line(record) for record in self.done.values()))

    def _rewrite(self, data: bytes) -> None:
        """Put a new file in the old one's place in one step."""
        write_atomic(self.path, data)
        os.close(self._handle)
        self._handle = self._open()

    def append(self, record: InspectionRecord) -> None:
        """Add one line with a single write."""
        self._write(_line(record))
        if record.error is None:
            self.done[record.input] = record

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._handle, view) :]

    def close(self) -> None:
        """Flush to the disk and let go of the file."""
        if self._handle >= 0:
            os.fsync(self._handle)
            os.close(self._handle)
            self._handle = -1

    def abandon(self) -> None:
        """Close after a failure; a folder that was made for this run and got no line goes again."""
        empty = self._handle >= 0 and os.fstat(self._handle).st_size == 0
        self.close()
        if not (self._made and empty):
            return
        with contextlib.suppress(OSError):  # something else lies in it: then it stays
            self.path.unlink()
            self.path.with_name(RUN).unlink(missing_ok=True)
            self.path.parent.rmdir()


def _line(record: InspectionRecord) -> bytes:
    return (record.model_dump_json() + "\n").encode("utf-8")


def read_results(path: Path | str) -> list[InspectionRecord]:
    """The records of a `results.jsonl` (or of the folder that holds one); a torn last line is left out.

    Raises:
        DetectionInputError: there is none.
    """
    source = Path(path)
    source = source / RESULTS if source.is_dir() else source
    if not source.is_file():
        raise DetectionInputError(f"{source} does not exist; give the --out folder of redrabbit inspect")
    found = []
    for line in source.read_bytes().split(b"\n"):
        try:
            found.append(InspectionRecord.model_validate_json(line))
        except ValidationError:
            continue
    return found
