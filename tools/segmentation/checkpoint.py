"""What a run leaves behind after each epoch, so that it can be looked at, and go on after a kill.

`epochs/<n>/` holds the averaged weights and figures of one epoch (safetensors and JSON); `last.pt` what going on needs
besides (raw weights and optimiser; tensors and numbers only, loaded with `weights_only`).
"""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import torch

from tools.segmentation.config import TrainConfig
from tools.segmentation.errors import SegmentationInputError
from tools.segmentation.model import CARD, ModelCard, load_model, save_model
from tools.vision.images import write_atomic

SETTINGS = "train.json"
LAST = "last.pt"
CURVE = "curve.csv"
COLUMNS = ("epoch", "loss", "val_loss", "val_dice", "val_iou", "rate", "seconds")


def epoch_folder(run: Path, epoch: int) -> Path:
    """Where epoch `epoch` (from 1) lies."""
    return run / "epochs" / f"{epoch:04d}"


def list_epochs(run: Path) -> list[int]:
    """Finished epochs, ascending."""
    root = run / "epochs"
    found = [path.parent.name for path in root.glob(f"*/{CARD}")] if root.is_dir() else []
    return sorted(int(name) for name in found if name.isdigit())


def claim(run: Path, config: TrainConfig, facts: dict[str, Any]) -> None:
    """Begin a run in a folder, or go on with the same one.

    Raises:
        SegmentationInputError: the folder holds another run or other files.
    """
    wanted = {"config": config.model_dump(mode="json", exclude={"workers", "device"}), **facts}
    path = run / SETTINGS
    if path.exists():
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            known = None
        if known != json.loads(json.dumps(wanted)):
            raise SegmentationInputError(f"{run} holds a run with other settings or data; choose another --out")
        return
    if run.is_dir() and any(run.iterdir()):
        raise SegmentationInputError(f"{run} is not empty and holds no run; choose another --out")
    run.mkdir(parents=True, exist_ok=True)
    write_atomic(path, (json.dumps(wanted, indent=2) + "\n").encode())


def save_epoch(run: Path, card: ModelCard, average: dict[str, torch.Tensor], resume: dict[str, Any]) -> None:
    """Write one epoch, then what going on needs: a kill in between repeats the epoch."""
    save_model(epoch_folder(run, card.epoch), card, average)
    part = run / f".{LAST}.part"
    torch.save(resume, part)
    os.replace(part, run / LAST)


def load_last(run: Path, device: str) -> dict[str, Any] | None:
    """What `save_epoch` was given, or None where no epoch was finished.

    Raises:
        SegmentationInputError: damaged.
    """
    path = run / LAST
    if not path.exists():
        return None
    try:
        found: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise SegmentationInputError(f"{path} is damaged ({reason}); delete it to begin again") from None
    return found


def write_curve(run: Path, rows: list[dict[str, float]]) -> None:
    """`curve.csv`, an epoch a line, written whole."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n", extrasaction="ignore")
    table.writeheader()
    table.writerows({name: _short(row.get(name)) for name in COLUMNS} for row in rows)
    write_atomic(run / CURVE, text.getvalue().encode())


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def load_epoch(run: Path, epoch: int, *, device: str = "cpu") -> tuple[Any, ModelCard]:
    """Network and card of one epoch."""
    return load_model(epoch_folder(run, epoch), device=device)
