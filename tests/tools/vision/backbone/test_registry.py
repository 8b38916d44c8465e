from __future__ import annotations

import pytest

from tools.vision.backbone import get_backbone
from tools.vision.errors import BackboneError


def test_default_is_one_instance() -> None:
    assert get_backbone() is get_backbone()
    assert get_backbone().name == "efficientnet-lite0"


def test_unknown_names_the_known() -> None:
    with pytest.raises(BackboneError, match="efficientnet-lite0"):
        get_backbone("resnet50")


def test_an_argument_where_none_is_taken() -> None:
    with pytest.raises(BackboneError, match="colon"):
        get_backbone("efficientnet-lite0:/tmp")
