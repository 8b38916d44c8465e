"""SuperSimple: a small head on frozen features, trained on sculpted defects and noise, beside a memory of patches.

After SuperSimpleNet (Rolih et al., ICPR 2024): there the head learns from feature noise alone; here mostly from defects
that the renderer draws on the good photos, exact masks included. See README.md beside this file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.detection.detectors.checks import check_images, check_state, fit_again, not_fitted
from tools.detection.detectors.maps import full_size
from tools.detection.detectors.patchcore.memory import Memory
from tools.detection.detectors.source import BATCH, Source
from tools.detection.detectors.supersimple.examples import Plan, expected_defects
from tools.detection.detectors.supersimple.head import Head, head_arrays, head_from
from tools.detection.detectors.supersimple.parts import (
    NUMBERS,
    Evidence,
    Scale,
    cells_of,
    distances_of,
    logits_of,
    units_of_maps,
)
from tools.detection.detectors.supersimple.presets import amount_of
from tools.detection.detectors.supersimple.shelf import Shelf
from tools.detection.detectors.supersimple.train import Schedule, train_head
from tools.detection.errors import DetectionInputError
from tools.detection.protocol import Keep, Prediction
from tools.vision.backbone import Backbone
from tools.vision.types import RgbImage

COARSEST = 16
"""Stages of larger stride say little about where a defect is."""


@dataclass
class _Looked:
    """Of each good photo by its number: logits of the head that had not seen it, and patch features."""

    logits: dict[int, NDArray[np.float32]] = field(default_factory=dict)
    cells: dict[int, NDArray[np.float16]] = field(default_factory=dict)


class SuperSimple:
    """Score scale: 0 is a typical good part, 1 the worst of twenty good ones (held out); no upper end."""

    name = "supersimple"

    def __init__(
        self,
        *,
        backbone: str | Backbone = "efficientnet-lite0",
        size: tuple[int, int] | None = None,
        side_px: int = 288,
        stages: Sequence[str] | None = None,
        defects: Sequence[str | Mapping[str, Any]] = (),
        mm_per_px: float | None = None,
        preset: str = "full",
        heads: int | None = None,
        examples: int | None = None,
        steps: int | None = None,
        noise_share: float = 0.25,
        coreset: int | None = None,
        even: float = 0.5,
        memory_weight: float = 3.0,
        max_patches: int | None = None,
    ) -> None:
        """Settle what fitting will do.

        Args:
            backbone: spec or instance.
            size: input (height, width); chosen from the good images' shape if not given.
            side_px: side of the square with the input's area, where `size` is not given.
            stages: backbone stages, finest first; the deepest of each stride up to 16 if not given.
            defects: what to expect, as sentences or Blueprints (JSON values); any type where empty.
            mm_per_px: scale of the photos, for defects with sizes in mm.
            preset: `full` or `quick`; says the next three, `coreset` and `max_patches` where they are not given.
            heads: trained heads, each on the photos that the others' part leaves; their mean judges.
            examples: training images in all, sculpted and good.
            steps: of training, a head.
            noise_share: share of training images with an area of feature noise.
            coreset: patches in the memory.
            even: share of a photo's own mean that is taken from its patches before they are remembered or compared.
            memory_weight: of the memory in the score, where both numbers of the heads weigh 1; 0 leaves it out.
            max_patches: more patches than these are thinned at random before the coreset is chosen.
        """
        self._source = Source(backbone, stages=stages, size=size, side_px=side_px, usual=pyramid)
        self._defects = [one if isinstance(one, str) else dict(one) for one in defects]
        self._mm_per_px = None if mm_per_px is None else float(mm_per_px)
        amount = amount_of(preset)
        self._heads_wanted = int(amount.heads if heads is None else heads)
        self._examples = int(amount.examples if examples is None else examples)
        self._steps = int(amount.steps if steps is None else steps)
        self._noise_share, self._memory_weight = float(noise_share), float(memory_weight)
        self._even = float(even)
        self._coreset = int(amount.coreset if coreset is None else coreset)
        self._max_patches = int(amount.max_patches if max_patches is None else max_patches)
        if min(self._heads_wanted, self._examples, self._steps, self._coreset, self._max_patches) < 1:
            raise DetectionInputError("supersimple: heads, examples, steps, coreset and max_patches must be at least 1")
        expected_defects(self._defects)  # said before any time is spent
        self._heads: list[Head] = []
        self._memory: Memory | None = None
        self._scale: Scale | None = None

    def fit(self, images: Sequence[RgbImage], *, seed: int) -> None:
        """See `Detector.fit`."""
        check_images(images, at_least=2, who=self.name)
        order = np.random.default_rng(seed).permutation(len(images))
        parts = np.array_split(order, min(self._heads_wanted, len(images)))
        self.fit_holding_out(images, [np.sort(part) for part in parts], seed=seed)

    @property
    def folds(self) -> int:
        """Into how many parts `fit_holding_out` wants the photos dealt."""
        return self._heads_wanted

    def fit_holding_out(
        self,
        images: Sequence[RgbImage],
        parts: Sequence[NDArray[np.intp]],
        *,
        seed: int,
        keep: Keep | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        """See `HoldsOut.fit_holding_out`."""
        check_images(images, at_least=2, who=self.name)
        self._source.settle(images)
        say = progress or _silent
        plan = Plan(expected_defects(self._defects), self._source.size, self._mm_per_px)
        shelf = Shelf(self._source, plan, seed=seed)
        shelf.fill(images, self._examples, progress=lambda share: say(0.25 * share))
        self._heads, looked = [], _Looked()
        for number, part in enumerate(parts):
            begin = 0.25 + 0.7 * number / len(parts)
            head = train_head(
                shelf.without(part),
                self._source.channels,
                Schedule(self._steps, noise_share=self._noise_share),
                seed=seed + number,
                progress=partial(_within, say, begin, 0.65 / len(parts)),
            )
            self._heads.append(head)
            self._look(images, part, head, looked)
        raw = [pair for part in parts for pair in self._held_out(part, looked, seed)]
        self._memory = self._remember(looked, sorted(looked.cells), seed)
        self._scale = Scale.learn([evidence.numbers() for _, evidence in raw])
        if keep is not None:
            for index, evidence in raw:
                keep(index, self._prediction(evidence, images[index].shape[:2]))
        say(1.0)

    def _look(self, images: Sequence[RgbImage], part: NDArray[np.intp], head: Head, looked: _Looked) -> None:
        """One look at each photo of a part, by the head that saw none of them."""
        for start in range(0, len(part), BATCH):
            some = [int(index) for index in part[start : start + BATCH]]
            stages = self._source.features([images[index] for index in some])
            logits, cells = logits_of([head], stages), cells_of(stages).astype(np.float16)
            looked.logits |= dict(zip(some, logits, strict=True))
            looked.cells |= dict(zip(some, cells, strict=True))

    def _remember(self, looked: _Looked, chosen: Sequence[int], seed: int) -> Memory:
        share = max(1, self._max_patches // len(chosen))
        picked = (looked.cells[index] for index in chosen)
        return Memory.learn(picked, share=share, count=self._coreset, even=self._even, seed=seed)

    def _held_out(self, part: NDArray[np.intp], looked: _Looked, seed: int) -> list[tuple[int, Evidence]]:
        """Evidence of a part's photos by a head and a memory that saw none of them."""
        mine = [int(index) for index in part]
        memory = self._remember(looked, sorted(set(looked.cells) - set(mine)), seed)
        return [
            (index, Evidence(looked.logits[index], distances_of(memory, looked.cells[index].astype(np.float32))))
            for index in mine
        ]

    def predict(self, images: Sequence[RgbImage]) -> list[Prediction]:
        """See `Detector.predict`."""
        return [
            self._prediction(evidence, image.shape[:2])
            for image, evidence in zip(images, self.evidence(images), strict=True)
        ]

    def evidence(self, images: Sequence[RgbImage]) -> list[Evidence]:
        """What heads and memory say, before it is put on one scale."""
        if self._memory is None or not self._heads:
            raise not_fitted(self.name)
        check_images(images)
        found = []
        for start in range(0, len(images), BATCH):
            stages = self._source.features(images[start : start + BATCH])
            both = zip(logits_of(self._heads, stages), cells_of(stages), strict=True)
            found += [Evidence(logits, distances_of(self._memory, patches)) for logits, patches in both]
        return found

    def _prediction(self, evidence: Evidence, shape: tuple[int, int]) -> Prediction:
        assert self._scale is not None
        score = self._scale.score(evidence, self._memory_weight)
        values = units_of_maps(evidence, self._scale, with_memory=self._memory_weight > 0)
        return Prediction(score, full_size(values, shape))

    def config(self) -> Mapping[str, Any]:
        """See `Detector.config`."""
        return {
            **self._source.config(),
            "defects": self._defects,
            "mm_per_px": self._mm_per_px,
            "heads": self._heads_wanted,
            "examples": self._examples,
            "steps": self._steps,
            "noise_share": self._noise_share,
            "coreset": self._coreset,
            "even": self._even,
            "memory_weight": self._memory_weight,
            "max_patches": self._max_patches,
        }

    def state(self) -> Mapping[str, NDArray[np.generic]]:
        """`memory`, `scale.*` and each head's arrays as `head<k>.<name>`."""
        if self._memory is None or self._scale is None:
            raise not_fitted(self.name)
        found: dict[str, NDArray[np.generic]] = {
            "memory": self._memory.bank.points,
            "memory.scale": self._memory.scale,
            "scale.middle": self._scale.middle,
            "scale.width": self._scale.width,
        }
        for number, head in enumerate(self._heads):
            found |= {f"head{number}.{name}": values for name, values in head_arrays(head).items()}
        return found

    def load_state(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """See `Detector.load_state`."""
        check_state(state, ["memory", "memory.scale", "scale.middle", "scale.width", "head0.out.bias"], self.name)
        self._memory = Memory.from_arrays(state["memory"], state["memory.scale"], self._even, self.name)
        self._scale = Scale(np.asarray(state["scale.middle"]), np.asarray(state["scale.width"]))
        if self._scale.middle.shape != (NUMBERS,) or self._scale.width.shape != (NUMBERS,):
            raise fit_again("the saved scale is that of another version", self.name)
        count = len({name.partition(".")[0] for name in state if name.startswith("head")})
        arrays = [
            {name[len(f"head{n}.") :]: v for name, v in state.items() if name.startswith(f"head{n}.")}
            for n in range(count)
        ]
        try:
            self._heads = [head_from(one) for one in arrays]
        except (KeyError, RuntimeError) as error:
            why = str(error).splitlines()[-1].strip()
            raise fit_again(f"the saved heads are not those of this version ({why})", self.name) from None


def _silent(share: float) -> None:
    """Progress that nobody watches."""


def _within(say: Callable[[float], None], begin: float, width: float, share: float) -> None:
    """Progress of a part as progress of the whole."""
    say(begin + width * share)


def pyramid(backbone: Backbone) -> tuple[str, ...]:
    """The deepest stage of each stride up to 16, finest first; the last two stages where a network has one stride."""
    deepest = {stage.stride: stage.name for stage in backbone.stages if stage.stride <= COARSEST}
    if len(deepest) > 1:
        return tuple(deepest[stride] for stride in sorted(deepest))
    return tuple(stage.name for stage in backbone.stages[-2:])
