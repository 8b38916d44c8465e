"""The proof: learners that never saw a real defect, judged on all of them.

Every method trains the same two learners on the same good photos with the same augmentation; only the defects differ.
`real` is the upper bound: cross-validated over specimens, so no specimen is in training and test at once. Each finished
run is kept in the output folder, and a second start goes on where the first one stopped.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from evals.common import ROOT
from evals.synthesis.learners import Plan, Trained, train
from evals.synthesis.metrics import Judged, figures
from evals.synthesis.stacks import Features, Stack, stack_of
from evals.synthesis.tiles import Split, Tile, load_working
from evals.synthesis.training_sets import Maker, baseline_maker, real_maker, training_stack


@dataclass(frozen=True)
class Size:
    """How much is done: training images, steps of each learner, folds of the upper bound."""

    count: int
    decoder_steps: int
    unet_steps: int
    folds: int

    def plan(self, learner: str) -> Plan:
        """The training plan of one learner."""
        return Plan(self.decoder_steps) if learner == "decoder" else Plan(self.unet_steps)


class Bench:
    """The test photos with their frozen features, and where finished runs are kept."""

    def __init__(self, split: Split, out: Path, size: Size, *, seed: int) -> None:
        """Load the test photos and compute or open their features."""
        self.split, self.out, self.size, self.seed = split, out, size, seed
        self.tests: Sequence[Tile] = [*split.defects, *split.test_good]
        out.mkdir(parents=True, exist_ok=True)
        self.stack: Stack = stack_of((*load_working(tile), tile.kind) for tile in self.tests)
        self.features = Features(self.stack, out / "test_features")
        self._held: tuple[str, Stack, Features | None] | None = None

    def run(self, method: str, learner: str, make: Maker, *, key: str = "") -> dict[str, Any]:
        """Train on one method's defects and judge on every real one; kept under `method-learner-seed`."""

        def work() -> tuple[NDArray[np.float16], NDArray[np.float64], list[dict[str, Any]]]:
            trained = self._fit(make, learner, f"{method}{key}", self.seed)
            logits = trained.logits(self.stack, self.features)
            return logits, np.full(len(logits), trained.log["logit_threshold"]), [trained.log]

        return self._kept(f"{method}{key}-{learner}-{self.seed}", work)

    def run_real(self, learner: str) -> dict[str, Any]:
        """The upper bound: k folds; each defect is judged by the model that saw nothing of its specimen."""
        defects = np.array([tile.kind != "good" for tile in self.tests])
        groups = np.array([tile.specimen for tile in self.tests])
        kinds = np.array([tile.kind for tile in self.tests])
        folds = StratifiedGroupKFold(self.size.folds, shuffle=True, random_state=self.seed)

        def work() -> tuple[NDArray[np.float16], NDArray[np.float64], list[dict[str, Any]]]:
            logits = np.zeros(self.stack.masks.shape, np.float16)
            cuts, logs = np.zeros(len(kinds)), []
            for number, (rest, held) in enumerate(folds.split(kinds, kinds, groups)):
                make = real_maker([self.tests[index] for index in rest if defects[index]])
                trained = self._fit(make, learner, f"real fold {number + 1}/{self.size.folds}", self.seed)
                logits[held] = trained.logits(self.stack.subset(held), _Part(self.features, held))
                cuts[held] = trained.log["logit_threshold"]
                logs.append(trained.log)
            return logits, cuts, logs

        return self._kept(f"real-{learner}-{self.seed}", work)

    def _fit(self, make: Maker, learner: str, label: str, seed: int) -> Trained:
        start = time.monotonic()
        stack, features = self._training(make, label, seed, features=learner == "decoder")
        say(f"{label} {learner}: {len(stack)} images ready after {time.monotonic() - start:.0f} s")
        trained = train(
            learner,
            stack,
            self.size.plan(learner),
            seed=seed,
            features=features,
            progress=lambda s: say(f"{label} {learner}: {s}"),
        )
        trained.log["seconds"] = round(time.monotonic() - start, 1)
        return trained

    def _training(self, make: Maker, label: str, seed: int, *, features: bool) -> tuple[Stack, Features | None]:
        """The images of a method, and their frozen features on disk; kept for the learner that comes next."""
        if self._held is None or self._held[0] != f"{label} {seed}":
            stack = training_stack(make, self.split.train_good, self.size.count, seed=seed)
            self._held = (f"{label} {seed}", stack, None)
        key, stack, held = self._held
        if features and held is None:
            with tempfile.TemporaryDirectory(dir=self.out) as folder:
                held = Features(stack, Path(folder))  # an open memory map outlives its name
            self._held = (key, stack, held)
        return stack, held

    def _kept(self, key: str, work: Any) -> dict[str, Any]:
        """The kept result of a run of this key and size, or a new one."""
        folder = self.out / key
        stamp = json.dumps(
            {**asdict(self.size), "code": code_digest(renderer=key.startswith("sculpted"))}, sort_keys=True
        )
        done = folder / "result.json"
        if done.exists() and (kept := json.loads(done.read_text()))["size"] == stamp:
            say(f"{key}: kept from an earlier run")
            return dict(kept["figures"])
        folder.mkdir(parents=True, exist_ok=True)
        logits, cuts, logs = work()
        np.save(folder / "logits.npy", logits[:, ::2, ::2])
        specimens = [tile.specimen for tile in self.tests]
        judged = Judged(logits, self.stack.masks, self.stack.kinds, specimens, cuts)
        result = figures(judged, seed=self.seed)
        result["training"] = [{name: log[name] for name in ("converged", "seconds", "images")} for log in logs]
        text = json.dumps({"size": stamp, "figures": result, "logs": logs}, indent=1)
        (folder / "result.json.part").write_text(text)
        (folder / "result.json.part").replace(done)
        say(f"{key}: pixel AP {result['pixel_ap']['value']:.3f}, image AUROC {result['image_auroc']['value']:.3f}")
        return result


class _Part(Features):
    """Some of the images of kept features."""

    def __init__(self, whole: Features, indices: NDArray[np.intp]) -> None:
        self.arrays, self._indices = whole.arrays, indices

    def __getitem__(self, indices: NDArray[np.intp]) -> list[NDArray[np.float16]]:
        return [array[self._indices[indices]] for array in self.arrays]


@lru_cache(maxsize=2)
def code_digest(*, renderer: bool) -> str:
    """Hash of the code that a figure depends on; a change makes kept runs stale.

    With `renderer` the sentences and the renderer count too; the baselines and the upper bound do without them.
    """
    skipped = {"main.py", "jobs.py", "pictures.py", "realism.py", "exactness.py", "exactness_measure.py"}
    folders = [Path(__file__).parent]
    if renderer:
        folders.append(ROOT / "tools" / "generation" / "renderer")
    else:
        skipped |= {"sculpted.py", "ablation.py"}
    files = sorted(path for folder in folders for path in folder.rglob("*.py") if path.name not in skipped)
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def baseline(name: str, bench: Bench) -> Maker:
    """The maker of a baseline on the bench's training photos."""
    return baseline_maker(name, bench.split.train_good)


def say(line: str) -> None:
    """Progress goes to stderr."""
    print(line, file=sys.stderr, flush=True)
