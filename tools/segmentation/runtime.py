"""Exported models at work: one session for a program, a pool of them behind a door for a server."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.segmentation.errors import BusyError, SegmentationInputError
from tools.segmentation.segmenter import Engine, Probabilities


class OrtEngine:
    """ONNX Runtime on the processor."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        """Open a file.

        Raises:
            SegmentationInputError: not an exported model.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False  # the arena keeps the largest batch's memory for good
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            reason = str(error).splitlines()[0]
            raise SegmentationInputError(f"{path.name} is no exported model ({reason}); export it again") from None
        self.name = f"onnxruntime {path.name}"
        self._outputs = [each.name for each in self._session.get_outputs()]

    def run(self, batch: NDArray[np.float32]) -> tuple[Probabilities, Probabilities]:
        """See `Engine`."""
        found = dict(zip(self._outputs, self._session.run(None, {"image": batch}), strict=True))
        defect: Probabilities = found["probability"]
        none = np.zeros((len(batch), 0, *batch.shape[2:]), np.float32)
        return defect, found.get("classes", none)


class OpenVinoEngine:
    """OpenVINO on the processor, in float32 so that scores are the same everywhere."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        """Open `model.xml`."""
        import openvino

        settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": str(threads)}
        self._compiled = openvino.Core().compile_model(str(path), "CPU", settings)
        self.name = "openvino"

    def run(self, batch: NDArray[np.float32]) -> tuple[Probabilities, Probabilities]:
        """See `Engine`."""
        found = self._compiled([batch])
        values = [np.array(found[index]) for index in range(len(self._compiled.outputs))]
        none = np.zeros((len(batch), 0, *batch.shape[2:]), np.float32)
        return values[0], values[1] if len(values) > 1 else none


class Admission:
    """A door that lets so many in and tells the rest to come back: a queue that grows without end helps nobody."""

    def __init__(self, most: int) -> None:
        """Let at most `most` in at once."""
        self.most = most
        self._inside = 0
        self._lock = threading.Lock()

    @property
    def inside(self) -> int:
        """How many are in."""
        return self._inside

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Hold a place for the time of the block.

        Raises:
            BusyError: every place is taken.
        """
        with self._lock:
            if self._inside >= self.most:
                raise BusyError(f"{self._inside} photos are being segmented or wait; try again in a moment")
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1


class EnginePool:
    """A few engines of one model, shared between threads; an `Engine` itself."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        """Share engines: as many as may work at once."""
        self._free: queue.SimpleQueue[Engine] = queue.SimpleQueue()
        for engine in engines:
            self._free.put(engine)
        self.name = engines[0].name

    def run(self, batch: NDArray[np.float32]) -> tuple[Probabilities, Probabilities]:
        """See `Engine`; waits for a free one."""
        engine = self._free.get()
        try:
            return engine.run(batch)
        finally:
            self._free.put(engine)
