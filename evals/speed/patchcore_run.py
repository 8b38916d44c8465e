"""One PatchCore, fitted and asked in a process of its own: `python patchcore_run.py ours|anomalib FILE.npz OUT.json`.

Runs in this product's environment or in the peer's (see `runs/peers.sh`), with nothing of the other imported. Both get
the same photos at the same size, the same weights file of EfficientNet-lite0, the same stages, coreset and threads.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import types
from typing import Any

import numpy as np
import torch

BATCH = 8


def ours(data: Any) -> tuple[float, float, list[float]]:
    """Seconds to fit, seconds to predict, scores."""
    from tools.detection.registry import build_detector

    height, width = (int(side) for side in data["good"].shape[1:3])
    detector = build_detector("patchcore", size=(height, width), stages=["s8", "s16"], coreset=int(data["coreset"]))
    warm = build_detector("patchcore", size=(height, width), stages=["s8", "s16"], coreset=10)
    warm.fit(list(data["good"][:2]), seed=0)
    begin = time.perf_counter()
    detector.fit(list(data["good"]), seed=int(data["seed"]))
    middle = time.perf_counter()
    scores = [found.score for found in detector.predict(list(data["test"]))]
    return middle - begin, time.perf_counter() - middle, scores


def anomalib(data: Any) -> tuple[float, float, list[float]]:
    """The same by anomalib's PatchcoreModel."""
    _shim_torchvision()
    from anomalib.models.image.patchcore.torch_model import PatchcoreModel  # type: ignore[import-not-found]

    model = PatchcoreModel(layers=["s8", "s16"], backbone="resnet18", pre_trained=False, num_neighbors=9)
    model.feature_extractor = _trunk(str(data["weights"]))
    good, test = _batches(data["good"]), _batches(data["test"])
    model.feature_extractor(good[0])
    begin = time.perf_counter()
    model.train()
    model.feature_extractor.eval()
    cells = 0
    with torch.no_grad():
        for batch in good:
            found = model(batch)
            cells += len(found) if isinstance(found, torch.Tensor) else 0
        total = sum(len(one) for one in model.embedding_store) if hasattr(model, "embedding_store") else cells
        torch.manual_seed(int(data["seed"]))
        model.subsample_embedding(int(data["coreset"]) / total)
    middle = time.perf_counter()
    model.eval()
    with torch.no_grad():
        scores = [float(score) for batch in test for score in model(batch).pred_score.flatten()]
    return middle - begin, time.perf_counter() - middle, scores


def _batches(images: Any) -> list[torch.Tensor]:
    return [
        torch.from_numpy(((images[at : at + BATCH].astype(np.float32) - 127.0) / 128.0).transpose(0, 3, 1, 2).copy())
        for at in range(0, len(images), BATCH)
    ]


def _trunk(weights: str) -> torch.nn.Module:
    """The published network, read after the last block of stride 8 and of stride 16."""
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))

    class Trunk(torch.nn.Module):  # type: ignore[misc]  # torch is not typed here
        def __init__(self) -> None:
            super().__init__()
            self.network = network.eval()

        def forward(self, batch: torch.Tensor) -> dict[str, torch.Tensor]:
            side, found = batch.shape[-1], {}
            x = torch.nn.functional.relu6(self.network._bn0(self.network._conv_stem(batch)))
            for block in self.network._blocks:
                x = block(x)
                stride = side // x.shape[-1]
                if stride > 16:
                    break
                found[f"s{stride}"] = x
            return {name: found[name] for name in ("s8", "s16")}

    return Trunk()


def _shim_torchvision() -> None:
    """PyPI's torchvision beside a CPU torch lacks its compiled operators, and describes them when it is imported.

    anomalib imports it without calling any of them, so an empty module in the place of the descriptions is enough.
    """
    sys.modules["torchvision._meta_registrations"] = types.ModuleType("torchvision._meta_registrations")


def main() -> None:
    """Read the photos, run one of the two, write what it took."""
    who, path, out, threads = sys.argv[1:5]
    torch.set_num_threads(int(threads))
    data = np.load(path, allow_pickle=False)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fit, predict, scores = {"ours": ours, "anomalib": anomalib}[who](data)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = {
        "fit_seconds": fit,
        "predict_seconds": predict,
        "peak_mb": peak / 1024,
        "before_mb": before / 1024,
        "scores": scores,
    }
    with open(out, "w", encoding="utf-8") as stream:
        json.dump(result, stream)


if __name__ == "__main__":
    main()
