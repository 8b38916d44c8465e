"""Photos decoded ahead by a few threads, in order."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools.vision.errors import ImageError
from tools.vision.images import load_image
from tools.vision.types import RgbImage


@dataclass(frozen=True)
class Loaded:
    """One photo, or why it could not be read. `sha256` is of the file, None where it could not be opened."""

    path: Path
    image: RgbImage | None
    error: str | None
    sha256: str | None
    decode_ms: float


def load_one(path: Path) -> Loaded:
    """Read and decode; never raises for a bad file."""
    started = time.perf_counter()
    digest = None
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        image = load_image(path)
    except ImageError as error:
        return Loaded(path, None, str(error), digest, (time.perf_counter() - started) * 1e3)
    except FileNotFoundError:
        return Loaded(path, None, f"{path} does not exist; check the path", None, 0.0)
    except OSError as error:
        return Loaded(path, None, f"{path.name} cannot be read: {error.strerror}", None, 0.0)
    return Loaded(path, image, None, digest, (time.perf_counter() - started) * 1e3)


def load_ahead(paths: Sequence[Path], *, workers: int, ahead: int) -> Iterator[Loaded]:
    """Decode with `workers` threads, at most `ahead` photos in advance; 0 workers decode in the calling thread."""
    if workers <= 0:
        yield from map(load_one, paths)
        return
    waiting: deque[Future[Loaded]] = deque()
    remaining = iter(paths)
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="decode") as pool:
        try:
            for path in remaining:
                waiting.append(pool.submit(load_one, path))
                if len(waiting) >= max(ahead, 1):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
