"""Training: examples in, a model folder out; repeatable, resumable, on a processor or a graphics card."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from tools.segmentation import checkpoint
from tools.segmentation.config import TrainConfig
from tools.segmentation.curves import draw_curve
from tools.segmentation.draws import batches
from tools.segmentation.errors import SegmentationError
from tools.segmentation.examples import Example, Source
from tools.segmentation.losses import LOSSES, class_loss
from tools.segmentation.model import ModelCard, build_network, pick_device, save_model
from tools.segmentation.unet_tiny import UNetTiny
from tools.segmentation.validation import Prepared, fit_probability, forward, prepare, validate

Progress = Callable[[int, int, str], None]
MODEL = "model"


@dataclass(frozen=True)
class TrainResult:
    """`model`: the folder of the best epoch's model; `curve`: one row an epoch; `complete` is False after a stop."""

    model: Path
    card: ModelCard
    curve: list[dict[str, float]]
    complete: bool


@dataclass
class _Run:
    """Everything of a run that changes."""

    network: UNetTiny
    average: dict[str, torch.Tensor]
    optimiser: torch.optim.Optimizer
    scaler: Any
    epoch: int = 0
    best_epoch: int = 0
    best_score: float = -math.inf
    rows: list[dict[str, float]] = field(default_factory=list)

    def resume_state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "epoch": self.epoch,
            "best_epoch": self.best_epoch,
            "best_score": self.best_score,
            "rows": self.rows,
        }


def train(
    source: Source,
    validation: Sequence[Example],
    out: Path,
    config: TrainConfig,
    *,
    facts: dict[str, Any] | None = None,
    start_from: Path | None = None,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> TrainResult:
    """Train, or go on with a run that was stopped or killed: the result is the same.

    Args:
        source: of training examples.
        validation: watched for early stopping, and what threshold and temperature are fitted on; without any the last
            epoch is kept with threshold 0.5.
        out: new or empty folder, or that of the same run.
        config: the settings.
        facts: what the run was trained on, kept with the model; another run's folder is refused by them.
        start_from: a model folder whose weights are the start (all that fit by name and shape).
        progress: gets epochs done, epochs wanted and a line.
        should_stop: asked between epochs.

    Raises:
        SegmentationInputError: no example, or `out` holds something else.
        SegmentationError: the loss is no longer a number.
    """
    facts = {**(facts or {}), "classes": list(source.classes)}
    if start_from is not None:
        facts["start_from"] = str(start_from)
    checkpoint.claim(out, config, facts)
    device = pick_device(config.device)
    card = ModelCard(network=config.network, classes=source.classes, size_hw=config.size_hw, trained_on=facts)
    run = _begin(card, config, out, device, start_from)
    held = prepare(validation, config, source.classes)
    stopped = False
    while run.epoch < config.epochs and not _tired(run, config):
        if should_stop is not None and should_stop():
            stopped = True
            break
        _epoch(run, source, held, card, config, device, out)
        row = run.rows[-1]
        if progress is not None:
            words = f"loss {row['loss']:.3f}" + (f", Dice {row['val_dice']:.3f}" if "val_dice" in row else "")
            progress(run.epoch, config.epochs, words)
    return _finish(run, held, card, config, device, out, complete=not stopped)


def _begin(card: ModelCard, config: TrainConfig, out: Path, device: str, start_from: Path | None) -> _Run:
    torch.manual_seed(config.seed)
    network = build_network(card)
    if start_from is not None:
        _take_over(network, start_from)
    network = network.to(device, memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.peak_rate, weight_decay=config.weight_decay)
    scaler = torch.amp.GradScaler("cuda", enabled=config.amp and device == "cuda")
    run = _Run(network, {name: value.clone() for name, value in network.state_dict().items()}, optimiser, scaler)
    last = checkpoint.load_last(out, device)
    if last is not None:
        network.load_state_dict(last["network"])
        optimiser.load_state_dict(last["optimiser"])
        scaler.load_state_dict(last["scaler"])
        run.average = last["average"]
        run.epoch, run.best_epoch, run.best_score = last["epoch"], last["best_epoch"], last["best_score"]
        run.rows = last["rows"]
    return run


def _take_over(network: UNetTiny, folder: Path) -> None:
    """Weights of another model wherever name and shape agree; its class head where the classes do."""
    from tools.segmentation.model import load_model

    state = network.state_dict()
    other = load_model(folder)[0].state_dict()
    for name, value in other.items():
        if name in state and state[name].shape == value.shape:
            state[name].copy_(value)
        elif name.startswith("head."):
            state[name][:1].copy_(value[:1])  # the defect's own row


def rate_at(step: int, config: TrainConfig) -> float:
    """One-cycle schedule (Smith 2018): a cosine up to the peak, and one down to nothing."""
    rise = max(1.0, config.warm_up * config.total_steps)
    if step < rise:
        return config.peak_rate * (0.04 + 0.96 * 0.5 * (1 - math.cos(math.pi * step / rise)))
    share = (step - rise) / max(1.0, config.total_steps - rise)
    return config.peak_rate * max(1e-4, 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


def _epoch(
    run: _Run, source: Source, held: Sequence[Prepared], card: ModelCard, config: TrainConfig, device: str, out: Path
) -> None:
    """One epoch: training, validation, checkpoint."""
    started = time.monotonic()
    total = 0.0
    run.network.train()
    for number, batch in enumerate(batches(source, config, card.classes, run.epoch)):
        done = run.epoch * config.steps_per_epoch + number
        rate = rate_at(done, config)
        for group in run.optimiser.param_groups:
            group["lr"] = rate
        images, masks, kinds, moments = (part.to(device) for part in batch)
        loss = _loss(run.network, images, masks, kinds, moments, config, device)
        run.optimiser.zero_grad(set_to_none=True)
        run.scaler.scale(loss).backward()
        run.scaler.step(run.optimiser)
        run.scaler.update()
        total += float(loss.item())
        _blend(run, min(config.average, (1 + done) / (10 + done)))
    row = {"epoch": run.epoch + 1, "loss": total / config.steps_per_epoch, "rate": rate}
    if not math.isfinite(total):
        raise SegmentationError(f"the loss of epoch {run.epoch + 1} is no number; lower the peak rate")
    run.epoch += 1
    if held:
        row |= validate(_averaged(run, card, device), held, config, device)
    row["seconds"] = round(time.monotonic() - started, 2)
    run.rows.append(row)
    score = row["val_dice"] - 1e-3 * row["val_loss"] if held else float(run.epoch)  # the loss breaks ties
    if score > run.best_score:
        run.best_epoch, run.best_score = run.epoch, score
    metrics = {name: value for name, value in row.items() if name not in ("epoch", "seconds")}
    named = card.model_copy(update={"epoch": run.epoch, "metrics": metrics})
    checkpoint.save_epoch(out, named, run.average, run.resume_state())
    checkpoint.write_curve(out, run.rows)


def _loss(
    network: UNetTiny,
    images: torch.Tensor,
    masks: torch.Tensor,
    kinds: torch.Tensor,
    moments: torch.Tensor,
    config: TrainConfig,
    device: str,
) -> torch.Tensor:
    truth = (masks > 0).float()[:, None]
    logits = forward(network, images, moments, amp=config.amp, device=device)
    loss = LOSSES[config.loss](logits[:, :1], truth)
    if logits.shape[1] > 2 and config.class_weight:
        loss = loss + config.class_weight * class_loss(logits[:, 1:], truth, kinds)
    return loss


def _blend(run: _Run, decay: float) -> None:
    """Move the running average; it follows faster in the first steps, where it would only remember the start."""
    with torch.no_grad():
        for name, value in run.network.state_dict().items():
            kept = run.average[name]
            if value.dtype.is_floating_point and decay:
                kept.lerp_(value, 1 - decay)
            else:
                kept.copy_(value)


def _averaged(run: _Run, card: ModelCard, device: str) -> UNetTiny:
    network = build_network(card)
    network.load_state_dict(run.average)
    network.to(device, memory_format=torch.channels_last)
    network.eval()
    return network


def _tired(run: _Run, config: TrainConfig) -> bool:
    return bool(config.patience and run.epoch and run.epoch - run.best_epoch >= config.patience)


def _finish(
    run: _Run, held: Sequence[Prepared], card: ModelCard, config: TrainConfig, device: str, out: Path, *, complete: bool
) -> TrainResult:
    """The best epoch as a model, with threshold and temperature fitted on validation photos."""
    if not run.epoch:
        return TrainResult(out / MODEL, card, run.rows, complete)
    network, best = checkpoint.load_epoch(out, run.best_epoch, device=device)
    if held:
        best = best.model_copy(update=fit_probability(network, held, config, device))
    saved = save_model(out / MODEL, best, network.state_dict())
    draw_curve(out / "curve.png", run.rows, best_epoch=run.best_epoch)
    return TrainResult(out / MODEL, saved, run.rows, complete)
