"""A trained segmenter as a folder: `model.safetensors` and `model.json`, no pickle.

Knows what a model must remember to be used: its network, classes, working size, threshold and temperature.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.segmentation.config import NetworkConfig
from tools.segmentation.errors import SegmentationInputError
from tools.segmentation.unet_tiny import UNetTiny
from tools.vision.images import write_atomic

WEIGHTS = "model.safetensors"
CARD = "model.json"
SCHEMA_VERSION = 1


class ModelCard(BaseModel):
    """The contents of `model.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1, le=SCHEMA_VERSION)
    network: NetworkConfig = NetworkConfig()
    classes: tuple[str, ...] = ()
    size_hw: tuple[int, int] = (256, 256)
    """Photos are scaled to this before the network sees them."""
    threshold: float = Field(default=0.5, gt=0, lt=1)
    """On the calibrated probability: best IoU on validation photos."""
    temperature: float = Field(default=1.0, gt=0)
    """The defect logit is divided by it (Guo et al., ICML 2017)."""
    epoch: int = 0
    metrics: dict[str, float] = Field(default_factory=dict)
    sha256: str = ""
    """Of the weights' file."""
    trained_on: dict[str, Any] = Field(default_factory=dict)


def build_network(card: ModelCard) -> UNetTiny:
    """The card's network with random weights."""
    network = card.network
    return UNetTiny(
        widths=network.widths,
        stem_stride=network.stem_stride,
        standardise=network.standardise,
        classes=len(card.classes),
    )


def save_model(folder: Path, card: ModelCard, state: dict[str, torch.Tensor]) -> ModelCard:
    """Write both files, the card last; returns the card with the weights' hash."""
    from safetensors.torch import save

    data = save({name: value.detach().cpu().contiguous() for name, value in state.items()})
    named = card.model_copy(update={"sha256": hashlib.sha256(data).hexdigest()})
    write_atomic(folder / WEIGHTS, data)
    write_atomic(folder / CARD, (named.model_dump_json(indent=2) + "\n").encode())
    return named


def read_card(folder: Path) -> ModelCard:
    """`model.json`, checked.

    Raises:
        SegmentationInputError: absent, damaged or of a newer schema.
    """
    path = folder / CARD
    if not path.is_file():
        raise SegmentationInputError(
            f"{folder} is not a model: it has no {CARD}; make one with redrabbit segment train"
        )
    try:
        return ModelCard.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise SegmentationInputError(f"{path} cannot be used ({reason}); copy the model again") from None


def load_model(folder: Path | str, *, device: str = "cpu") -> tuple[UNetTiny, ModelCard]:
    """The network in evaluation mode, and its card.

    Raises:
        SegmentationInputError: not a model, or changed since it was written.
    """
    from safetensors.torch import load

    root = Path(folder)
    card = read_card(root)
    path = root / WEIGHTS
    if not path.is_file():
        raise SegmentationInputError(f"the model {root.name} lacks {WEIGHTS}; copy the whole folder again")
    data = path.read_bytes()
    if card.sha256 and hashlib.sha256(data).hexdigest() != card.sha256:
        raise SegmentationInputError(f"{WEIGHTS} of {root.name} was changed or damaged; copy it again")
    network = build_network(card)
    try:
        network.load_state_dict(load(data))
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise SegmentationInputError(f"the weights of {root.name} do not fit its network ({reason})") from None
    return network.to(device).eval(), card


def pick_device(wanted: str) -> str:
    """`cpu` or `cuda`; `auto` takes a graphics card where there is one.

    Raises:
        SegmentationInputError: `cuda` was asked for and is not there.
    """
    there = bool(torch.cuda.is_available())
    if wanted == "cuda" and not there:
        raise SegmentationInputError("no graphics card that torch can use; choose --device cpu or auto")
    return "cuda" if there and wanted in ("auto", "cuda") else "cpu"
