"""A network in an ONNX file, run by onnxruntime (`onnx:FILE`) or OpenVINO (`openvino:FILE`).

Such files are written by `redrabbit weights export` from any other backbone, or come from elsewhere. Outputs of four
dimensions are feature maps (N x C x h x w), one of two dimensions is the embedding. How pixels are prepared stands in
the file's metadata (`mean`, `scale` in 0..255, `multiple_px`, `embed_px`); without it ImageNet's mean and deviation are
taken. Features equal those of the exported backbone within `TOLERANCE`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.vision.backbone.folder import IMAGENET
from tools.vision.backbone.prepare import check_size, pick_stages, to_batch, unit_length
from tools.vision.backbone.protocol import FeatureMap, Stage
from tools.vision.errors import BackboneError
from tools.vision.types import RgbImage
from tools.vision.weights import file_digest

BATCH = 8
TOLERANCE = 1e-3
"""Largest difference to the exported backbone's features, as a share of each stage's largest value."""
METADATA = "redrabbit"
Run = Callable[[NDArray[np.float32], Sequence[str]], list[NDArray[np.float32]]]


class OnnxBackbone:
    """A `Backbone` over an ONNX file; stages bear the names of its outputs."""

    def __init__(self, spec: str, argument: str) -> None:
        """Open the file.

        Raises:
            BackboneError: no such file, no network, or no output that is a feature map or an embedding.
        """
        path = Path(argument).expanduser()
        if not argument or not path.is_file():
            raise BackboneError(f"{spec}: there is no file {argument or '(none given)'!r}; name an ONNX file")
        self.name = spec
        engine = spec.partition(":")[0]
        try:
            self._run, shape, outputs, said = _open(engine, path)
        except BackboneError:
            raise
        except Exception as error:
            raise BackboneError(f"{spec}: not a usable ONNX file: {str(error).splitlines()[0][:160]}") from error
        self._mean = tuple(said.get("mean") or (255 * value for value in IMAGENET[0]))
        self._scale = tuple(said.get("scale") or (255 * value for value in IMAGENET[1]))
        fixed = shape[2:] if len(shape) == 4 and all(isinstance(side, int) for side in shape[2:]) else None
        self._fixed: tuple[int, int] | None = (int(fixed[0]), int(fixed[1])) if fixed else None
        self.multiple_px = int(said.get("multiple_px") or 32)
        self._embed_size = self._fixed or (int(said.get("embed_px") or 224),) * 2
        self.fingerprint = hashlib.sha256(f"{file_digest(path)} {self._mean} {self._scale}".encode()).hexdigest()
        self.stages, self._summary = self._probe(outputs)

    def features(
        self, images: Sequence[RgbImage], size: tuple[int, int], stages: Sequence[str] | None = None
    ) -> list[FeatureMap]:
        """See `Backbone.features`; a file of a fixed input size takes only that."""
        if self._fixed is not None and tuple(size) != self._fixed:
            raise BackboneError(f"{self.name} was exported for {self._fixed} px (height, width), not {tuple(size)}")
        check_size(size, 1 if self._fixed else self.multiple_px, self.name)
        wanted = [self.stages[index] for index in pick_stages(stages, self.stages, self.name)]
        found: list[list[NDArray[np.float32]]] = [[] for _ in wanted]
        for start in range(0, len(images), BATCH):
            batch = to_batch(images[start : start + BATCH], size, self._mean, self._scale)
            for rows, values in zip(found, self._run(batch, [stage.name for stage in wanted]), strict=True):
                rows.append(values)
        empty = [(0, stage.channels, size[0] // stage.stride, size[1] // stage.stride) for stage in wanted]
        return [
            np.concatenate(rows) if rows else np.empty(shape, np.float32)
            for rows, shape in zip(found, empty, strict=True)
        ]

    def embed(self, images: Sequence[RgbImage]) -> NDArray[np.float32]:
        """The embedding output, or the mean over the last feature map: `float32`, N x D, length 1."""
        rows = [np.empty((0, self._width), dtype=np.float32)]
        for start in range(0, len(images), BATCH):
            batch = to_batch(images[start : start + BATCH], self._embed_size, self._mean, self._scale)
            (values,) = self._run(batch, [self._summary])
            rows.append(values if values.ndim == 2 else values.mean(axis=(2, 3)))
        return unit_length(np.concatenate(rows))

    def _probe(self, outputs: Sequence[str]) -> tuple[tuple[Stage, ...], str]:
        height, width = self._embed_size
        found = self._run(np.zeros((1, 3, height, width), dtype=np.float32), outputs)
        pairs = list(zip(outputs, found, strict=True))
        stages = tuple(
            Stage(name, round(height / values.shape[2]), int(values.shape[1]))
            for name, values in pairs
            if values.ndim == 4
        )
        flat = [(name, values) for name, values in pairs if values.ndim == 2]
        if not stages and not flat:
            shapes = ", ".join(f"{name} {values.shape}" for name, values in pairs)
            raise BackboneError(f"{self.name} gives neither feature maps (4 dimensions) nor an embedding (2): {shapes}")
        self._width = int(flat[0][1].shape[1]) if flat else stages[-1].channels
        return stages, flat[0][0] if flat else stages[-1].name


def _open(engine: str, path: Path) -> tuple[Run, list[Any], list[str], dict[str, Any]]:
    """How to run it, its input shape, its outputs, and what its metadata says."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), _options(onnxruntime), providers=["CPUExecutionProvider"])
    inputs = session.get_inputs()
    if len(inputs) != 1 or len(inputs[0].shape) != 4:
        raise BackboneError(f"{path.name} must take one input N x 3 x height x width; it takes {len(inputs)} inputs")
    said = json.loads(session.get_modelmeta().custom_metadata_map.get(METADATA, "{}"))
    outputs = [output.name for output in session.get_outputs()]
    if engine == "openvino":
        return _openvino(path, outputs), inputs[0].shape, outputs, said

    def run(batch: NDArray[np.float32], names: Sequence[str]) -> list[NDArray[np.float32]]:
        return [np.asarray(values) for values in session.run(list(names), {inputs[0].name: batch})]

    return run, inputs[0].shape, outputs, said


def _options(onnxruntime: Any) -> Any:
    import os

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads.isdigit():
        options.intra_op_num_threads = int(threads)
    return options


def _openvino(path: Path, outputs: Sequence[str]) -> Run:
    """OpenVINO in full float32: its default on some processors is a coarser number format."""
    import openvino

    compiled = openvino.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def run(batch: NDArray[np.float32], names: Sequence[str]) -> list[NDArray[np.float32]]:
        found = compiled(batch)
        return [np.array(found[list(outputs).index(name)]) for name in names]

    return run
