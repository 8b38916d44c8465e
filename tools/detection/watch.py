"""A hot folder: photos are inspected as they arrive.

File events come from `watchfiles`; a photo counts as complete when its size and time have not changed for a moment, so
that a camera that writes slowly is waited for. What is finished is in `results.jsonl`; a restart goes on from there.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tools.detection.bundle import Bundle
from tools.detection.config import InspectConfig
from tools.detection.errors import DetectionInputError
from tools.detection.inspect import InspectOptions, Session
from tools.detection.records import InspectionRecord
from tools.vision.images import SUFFIXES

EVENT_WAIT_MS = 500
"""Events are looked at so often; on file systems without events the folder is read every second instead."""
POLL_S = 1.0


@dataclass(frozen=True)
class WatchOptions:
    """How to watch."""

    settle_s: float = 0.5
    """A photo is complete when nothing changed for so long."""
    once: bool = False
    """Inspect what is there and end."""
    force_polling: bool = False
    """For network shares, which send no events."""
    sort_into: Path | None = None
    """Move each photo into a folder of its verdict's name below this one."""


def watch_folder(
    folder: Path,
    bundle: Bundle,
    out: Path,
    *,
    config: InspectConfig | None = None,
    options: InspectOptions | None = None,
    watch: WatchOptions | None = None,
    stop: threading.Event | None = None,
) -> Iterator[InspectionRecord]:
    """Inspect what is in a folder and what comes; yields each new record.

    Args:
        folder: where photos arrive; sub-folders count.
        bundle, out, config, options: as `inspect_paths`; an unreadable photo always gets its own line.
        watch: how to watch.
        stop: set it to end.

    Raises:
        DetectionInputError: the folder does not exist, or `out` or `sort_into` lies in it.
    """
    chosen = watch or WatchOptions()
    source = folder.resolve()
    if not source.is_dir():
        raise DetectionInputError(f"{folder} is not a folder; make it first")
    for name, target in (("--out", out), ("--sort-into", chosen.sort_into)):
        if target is not None and target.resolve().is_relative_to(source):
            raise DetectionInputError(f"{name} {target} lies in the watched folder; choose another place")
    ended = stop or threading.Event()
    settings = replace(options or InspectOptions(), continue_on_error=True)
    with Session(bundle, out, config=config, options=settings) as session:
        for _ in _wake(source, chosen, ended):
            for path in _complete(source, session, chosen.settle_s):
                record = session.inspect_one(path)
                if chosen.sort_into is not None:
                    _move(path, chosen.sort_into / record.verdict)
                yield record
                if ended.is_set():
                    return


def _wake(folder: Path, options: WatchOptions, stop: threading.Event) -> Iterator[None]:
    """Yields at once, then whenever something may have happened."""
    yield
    if options.once:
        time.sleep(options.settle_s)
        yield
        return
    from watchfiles import watch

    events = watch(
        folder,
        stop_event=stop,
        rust_timeout=EVENT_WAIT_MS,
        yield_on_timeout=True,
        force_polling=options.force_polling or None,
        poll_delay_ms=round(POLL_S * 1000),
        raise_interrupt=True,
    )
    for _ in events:
        yield


def _complete(folder: Path, session: Session, settle_s: float) -> list[Path]:
    """Photos that are not inspected yet and have been left alone for a while, oldest first."""
    now = time.time()
    found = []
    for path in folder.rglob("*"):
        if path.suffix.lower() not in SUFFIXES or session.knows(path):
            continue
        try:
            status = path.stat()
        except OSError:  # moved away meanwhile
            continue
        if now - status.st_mtime >= settle_s:
            found.append((status.st_mtime, path))
    return [path for _, path in sorted(found)]


def _move(path: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    number = 1
    while target.exists():
        target = folder / f"{path.stem}-{number}{path.suffix}"
        number += 1
    shutil.move(path, target)
