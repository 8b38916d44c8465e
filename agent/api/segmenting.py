"""Segmentation models at work behind the API: loaded when first asked, a few sessions each, a bounded queue for all."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.segmentation.library import Listed
    from tools.segmentation.segmenter import Segmenter

MAX_LOADED = 4
"""Models kept open; the one that was not asked for longest goes first."""
WAITING_A_SESSION = 8
"""Requests that may wait for each session: more, and the answer would come too late to be of use."""


@dataclass(frozen=True)
class Serving:
    """A model that is open."""

    listed: Listed
    precision: str
    segmenter: Segmenter


class SegmentPool:
    """All models of one library, and the threads that run them."""

    def __init__(self, root: Path, *, sessions: int | None = None, waiting: int | None = None) -> None:
        """Serve the library below `root`.

        Args:
            root: see `tools.segmentation.library`.
            sessions: photos at work at once; as many as there are processor cores, at most 8.
            waiting: photos that may wait besides.
        """
        from tools.segmentation.library import ModelLibrary
        from tools.segmentation.runtime import Admission

        self.sessions = sessions or min(8, os.cpu_count() or 1)
        self.library = ModelLibrary(root)
        self.door = Admission(self.sessions + (WAITING_A_SESSION * self.sessions if waiting is None else waiting))
        self.threads = ThreadPoolExecutor(self.sessions, thread_name_prefix="segment")
        self._open: OrderedDict[tuple[str, str, str], Serving] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str | None, version: str | None, precision: str) -> Serving:
        """An open model.

        Raises:
            SegmentationInputError: there is none like that.
        """
        listed = self.library.get(name, version)
        key = (listed.name, listed.version, precision)
        with self._lock:
            if key not in self._open:
                self._open[key] = self._load(listed, precision)
            self._open.move_to_end(key)
            while len(self._open) > MAX_LOADED:
                self._open.popitem(last=False)
            return self._open[key]

    def _load(self, listed: Listed, precision: str) -> Serving:
        from tools.segmentation.runtime import EnginePool, OrtEngine
        from tools.segmentation.segmenter import Segmenter

        path = listed.file(precision)
        pool = EnginePool([OrtEngine(path) for _ in range(self.sessions)])
        return Serving(listed, precision, Segmenter(listed.card, pool, name=listed.name))


@lru_cache(maxsize=2)
def pool_of(data_dir: Path) -> SegmentPool:
    """The pool of a data folder."""
    return SegmentPool(data_dir / "segmenters")
