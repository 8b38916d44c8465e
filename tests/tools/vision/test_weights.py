from __future__ import annotations

from pathlib import Path

import pytest

from tools.vision.errors import WeightsError
from tools.vision.weights import check_digest, checked_weights, file_digest, find_weights, known_weights


def test_bundled_weights_are_the_published_ones() -> None:
    for name in ("efficientnet-lite0", "minilm-l6"):
        assert file_digest(checked_weights(name)) == known_weights()[name].sha256


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    path.write_bytes(b"weights")
    digest = file_digest(path)
    check_digest(path, digest)
    path.write_bytes(b"weight!")
    with pytest.raises(WeightsError, match=r"w\.pth is not the published file"):
        check_digest(path, digest)


def test_unknown_name() -> None:
    with pytest.raises(WeightsError, match="minilm-l6"):
        find_weights("resnet50")
