"""How much is done, what is kept between runs, and what is said meanwhile."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evals.common import ROOT
from tools.segmentation.config import TrainConfig, train_config
from tools.vision.images import write_atomic


@dataclass(frozen=True)
class Size:
    """Steps of eight photos each, and counts."""

    sculpted: int
    """Sculpted training images."""
    pretrain_steps: int
    tune_steps: int
    """For each number of real defects added."""
    fold_steps: int
    folds: int
    added: tuple[int, ...]
    requests: int
    repeats: int
    hw: tuple[int, int]


FULL = Size(
    sculpted=800, pretrain_steps=2000, tune_steps=300, fold_steps=1000, folds=5, added=(1, 5, 20), requests=5000,
    repeats=30, hw=(320, 256),
)  # fmt: skip
QUICK = Size(
    sculpted=60, pretrain_steps=60, tune_steps=20, fold_steps=40, folds=2, added=(5,), requests=300, repeats=5,
    hw=(128, 96),
)  # fmt: skip
STEPS_AN_EPOCH = 50
MOST_AN_EPOCH = 4


def config(size: Size, steps: int, *, seed: int, **changes: Any) -> TrainConfig:
    """The training settings of every run here, with its own number of steps."""
    per_epoch = min(STEPS_AN_EPOCH, max(5, steps // MOST_AN_EPOCH))
    return train_config(
        seed=seed, epochs=max(1, round(steps / per_epoch)), steps_per_epoch=per_epoch, size_hw=size.hw, **changes
    )


class Keeper:
    """Finished parts as JSON files; a second start goes on with the rest."""

    def __init__(self, out: Path, size: Size, *, seed: int) -> None:
        """Keep parts of this size and seed in `out`; parts of other code or another size are done again."""
        self.out = out
        code = b"".join(path.read_bytes() for path in sorted((ROOT / "tools" / "segmentation").glob("*.py")))
        code += b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
        stamp = json.dumps({**asdict(size), "seed": seed, "code": hashlib.sha256(code).hexdigest()[:16]})
        self.stamp = hashlib.sha256(stamp.encode()).hexdigest()[:10]

    def folder(self, name: str) -> Path:
        """Where a part may keep its own files."""
        return self.out / self.stamp / name

    def part(self, name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The kept result of a part, or a new one."""
        done = self.folder(f"{name}.json")
        if done.exists():
            say(f"{name}: kept from an earlier run")
            return dict(json.loads(done.read_text(encoding="utf-8")))
        result = work()
        write_atomic(done, (json.dumps(result, indent=1) + "\n").encode())
        return result


def say(line: str) -> None:
    """Progress goes to stderr."""
    print(f"segmentation: {line}", file=sys.stderr, flush=True)


def progress(label: str) -> Callable[[int, int, str], None]:
    """A training run's progress."""
    return lambda done, total, text: say(f"{label}: epoch {done}/{total}, {text}")
