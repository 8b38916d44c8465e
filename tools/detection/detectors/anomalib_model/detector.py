"""`anomalib:<Model>`: a model class of `anomalib.models`, trained by anomalib's own engine.

anomalib is an optional extra (`pip install "red-rabbit[anomalib]"`): it needs torchvision, and most of its models
download weights on first use. Nothing of it is imported before it is asked for.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.detection.detectors.checks import check_images, check_state, not_fitted
from tools.detection.detectors.maps import full_size
from tools.detection.errors import DetectionError, DetectionInputError
from tools.detection.protocol import Prediction
from tools.vision.types import RgbImage

BATCH = 8


class AnomalibModel:
    """Score scale: whatever the wrapped model gives; higher is worse."""

    def __init__(
        self,
        *,
        model: str,
        backbone: object = None,
        size: tuple[int, int] = (256, 256),
        epochs: int = 10,
        arguments: Mapping[str, Any] | None = None,
    ) -> None:
        """Find the model; nothing is built or downloaded yet.

        Args:
            model: class name in `anomalib.models`, such as `Patchcore` or `Stfpm`.
            backbone: not used; the wrapped model brings its own (see `arguments`).
            size: (height, width) that photos are brought to.
            epochs: at most so many.
            arguments: of the model class, as JSON values.

        Raises:
            DetectionInputError: anomalib is not installed, or has no such model.
        """
        del backbone
        self.name = f"anomalib:{model}"
        self._kind = model_class(model)
        self._size, self._epochs = (int(size[0]), int(size[1])), int(epochs)
        self._arguments = dict(arguments or {})
        self._model: Any = None

    def fit(self, images: Sequence[RgbImage], *, seed: int) -> None:
        """See `Detector.fit`."""
        check_images(images, at_least=2, who=self.name)
        engine_module, data_module = (
            importlib.import_module("anomalib.engine"),
            importlib.import_module("anomalib.data"),
        )
        importlib.import_module("lightning").seed_everything(seed, workers=True)
        with tempfile.TemporaryDirectory(prefix="redrabbit-anomalib-") as folder:
            self._write(images, Path(folder) / "good")
            data = data_module.Folder(
                name="good", root=folder, normal_dir="good", train_batch_size=BATCH, eval_batch_size=BATCH,
                num_workers=0, test_split_mode="none", val_split_mode="none", seed=seed,
            )  # fmt: skip
            self._model = self._build()
            engine = engine_module.Engine(
                max_epochs=self._epochs, default_root_dir=folder, logger=False, accelerator="cpu", devices=1,
                enable_progress_bar=False, enable_checkpointing=False,
            )  # fmt: skip
            try:
                engine.fit(model=self._model, datamodule=data)
            except Exception as error:
                raise DetectionError(f"{self.name} failed to train ({error}); see its documentation") from error
        self._model.eval()

    def _build(self) -> Any:
        try:
            return self._kind(**self._arguments)
        except (TypeError, ValueError) as error:
            raise DetectionInputError(f"{self.name} does not take {self._arguments} ({error})") from None

    def _write(self, images: Sequence[RgbImage], folder: Path) -> None:
        folder.mkdir()
        for number, image in enumerate(images):
            cv2.imwrite(str(folder / f"{number:06d}.png"), self._resized(image)[..., ::-1])

    def _resized(self, image: RgbImage) -> NDArray[np.uint8]:
        small = cv2.resize(image, self._size[::-1], interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(small, dtype=np.uint8)

    def predict(self, images: Sequence[RgbImage]) -> list[Prediction]:
        """See `Detector.predict`."""
        import torch

        if self._model is None:
            raise not_fitted(self.name)
        check_images(images)
        found: list[Prediction] = []
        for start in range(0, len(images), BATCH):
            part = images[start : start + BATCH]
            batch = np.stack([self._resized(image) for image in part]).transpose(0, 3, 1, 2)
            with torch.inference_mode():
                out = self._model(torch.from_numpy(np.ascontiguousarray(batch)).float() / 255.0)
            scores = out.pred_score.flatten().float().numpy()
            maps = out.anomaly_map.reshape(len(part), *out.anomaly_map.shape[-2:]).float().numpy()
            for image, score, values in zip(part, scores, maps, strict=True):
                found.append(Prediction(float(score), full_size(values, image.shape[:2])))
        return found

    def config(self) -> Mapping[str, Any]:
        """See `Detector.config`."""
        return {"size": list(self._size), "epochs": self._epochs, "arguments": self._arguments}

    def state(self) -> Mapping[str, NDArray[np.generic]]:
        """The model's own state, by its names."""
        if self._model is None:
            raise not_fitted(self.name)
        return {name: values.detach().cpu().numpy() for name, values in self._model.state_dict().items()}

    def load_state(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """See `Detector.load_state`."""
        import torch

        if not state:
            raise DetectionInputError(f"the saved state lacks everything: it is not that of a {self.name}")
        check_state(state, list(state), self.name)
        self._model = self._build()
        self._model.load_state_dict({name: torch.from_numpy(np.array(values)) for name, values in state.items()})
        self._model.eval()


def model_class(name: str) -> Any:
    """The class of this name in `anomalib.models`.

    Raises:
        DetectionInputError: anomalib is not installed or has none.
    """
    try:
        models = importlib.import_module("anomalib.models")
    except ImportError as error:
        raise DetectionInputError(
            f"anomalib:{name} needs anomalib, which is not installed here ({error}); "
            'pip install "red-rabbit[anomalib]" into an environment of its own'
        ) from None
    found = getattr(models, name, None)
    if not isinstance(found, type):
        raise DetectionInputError(f"anomalib has no model {name!r}; its classes are named like Patchcore or Stfpm")
    return found
