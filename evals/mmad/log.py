"""The log of a run: `log.jsonl`, a question a line, appended whole and flushed; `run.json` says what run it is.

A process that is killed loses at most the question it was working on: a last line that was cut off is dropped when the
log is taken up again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from evals.mmad.errors import MmadInputError
from evals.mmad.score import Answered
from tools.vision.images import write_atomic

LOG = "log.jsonl"
RUN = "run.json"


class Log:
    """An open log; a context manager."""

    def __init__(self, folder: Path, run: Mapping[str, Any], *, fresh: bool = False) -> None:
        """Open or take up.

        Args:
            folder: of the run.
            run: `identity` and what a reader wants to know of the run.
            fresh: throw an earlier log away.

        Raises:
            MmadInputError: the folder holds the log of another run.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / LOG
        self.done: dict[str, dict[str, Any]] = {}
        known = _run(folder)
        if fresh:
            self.path.unlink(missing_ok=True)
        elif _holds_lines(self.path) and known is not None and known.get("identity") != run["identity"]:
            raise MmadInputError(
                f"{folder} holds the log of another run ({known.get('answerer')}, {known.get('condition')}); "
                "choose another --out, or --fresh to start over"
            )
        elif self.path.exists():
            self.done = {line["id"]: line for line in _whole_lines(self.path)}
        write_atomic(folder / RUN, json.dumps(dict(run), indent=2, default=str).encode())
        self._stream = self.path.open("a", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def add(self, line: Mapping[str, Any]) -> None:
        """Append one question."""
        self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._stream.flush()
        self.done[str(line["id"])] = dict(line)

    def flush(self) -> None:
        """Make what was added survive a power cut."""
        os.fsync(self._stream.fileno())


def _holds_lines(path: Path) -> bool:
    """A run that failed before its first answer is in nobody's way."""
    return path.exists() and path.stat().st_size > 0


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a finished or broken-off log: a folder, or the file.

    Raises:
        MmadInputError: no such log, or a line that is none of ours.
    """
    file = path / LOG if path.is_dir() else path
    if not file.is_file():
        raise MmadInputError(f"{path} holds no {LOG}; give the folder of a run of redrabbit eval mmad")
    lines = list(_whole_lines(file, repair=False))
    if not lines:
        raise MmadInputError(f"{file} is empty; run redrabbit eval mmad into that folder first")
    return lines


def read_run(folder: Path) -> dict[str, Any]:
    """`run.json` beside a log; empty where there is none."""
    return _run(folder if folder.is_dir() else folder.parent) or {}


def answered(lines: Iterable[Mapping[str, Any]]) -> list[Answered]:
    """Log lines as a score needs them."""
    try:
        return [
            Answered(
                image=str(line["image"]),
                dataset=str(line["dataset"]),
                category=str(line["category"]),
                subtask=str(line["subtask"]),
                normal=bool(line["normal"]),
                correct=str(line["correct"]),
                answer=None if line["answer"] is None else str(line["answer"]),
            )
            for line in lines
        ]
    except KeyError as error:
        raise MmadInputError(f"a log line lacks {error}; it was not written by redrabbit eval mmad") from None


def _run(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / RUN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _whole_lines(path: Path, *, repair: bool = True) -> list[dict[str, Any]]:
    """Lines that can be read; what follows the last whole one is cut off the file."""
    data = path.read_bytes()
    lines, good = [], 0
    for raw in data.splitlines(keepends=True):
        if not raw.endswith(b"\n"):
            break
        try:
            line = json.loads(raw)
        except ValueError:
            break
        if not isinstance(line, dict) or "id" not in line:
            break
        lines.append(line)
        good += len(raw)
    if repair and good < len(data):
        with path.open("r+b") as stream:
            stream.truncate(good)
    return lines
