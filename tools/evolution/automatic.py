"""An automatic run: a Blueprint's text evolved on photos of good parts until the score is good or the budget is spent.

With reference pictures of the wanted defect (real ones, with masks) it is drawn towards their looks; without, towards
what the score asks of every defect: sizes as said, visible as the severity wants, grain and edges as the camera's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.blueprint.model import Blueprint, Origin
from tools.evolution.engine import Budget, Evolution, evolve
from tools.evolution.errors import EvolutionError
from tools.evolution.pictures import evolution_picture
from tools.evolution.problem import Example, Problem
from tools.evolution.proposers import ModelProposer, Proposer, RuleProposer
from tools.evolution.style_text import compile_text, write_text
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.registry import get_generator
from tools.scoring.case import Scorer
from tools.vision.images import find_images, load_image, save_png, write_atomic
from tools.vision.types import Mask, RgbImage

PHOTOS, SEEDS = 2, 2
MASK = "_mask"


@dataclass(frozen=True)
class Evolved:
    """`blueprint` carries the best text as its prompt, and the style that it compiles to."""

    blueprint: Blueprint
    evolution: Evolution
    folder: Path
    frontier: Path
    start_score: float
    best_score: float
    feedback: str
    """What is still wrong with the best, in words; empty where nothing is."""
    spent_usd: float = 0.0
    """What the pictures cost, those of an earlier process in the same folder included."""

    def as_document(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "start_score": round(self.start_score, 4),
            "best_score": round(self.best_score, 4),
            "evaluations": self.evolution.evaluations,
            "reached_at": self.evolution.reached_at,
            "spent_usd": round(self.spent_usd, 4),
            "members": len(self.evolution.members),
            "prompt": self.blueprint.prompt,
            "feedback": self.feedback,
            "frontier": str(self.frontier),
            "folder": str(self.folder),
            "blueprint": self.blueprint.model_dump(mode="json"),
        }


def evolve_blueprint(
    blueprint: Blueprint,
    good: Sequence[Path],
    out: Path,
    *,
    budget: Budget,
    references: Path | None = None,
    generator: str = "renderer",
    extra: Sequence[Scorer] = (),
    ask: Callable[[str], str] | None = None,
    seed: int = 0,
    should_stop: Callable[[], bool] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Evolved:
    """Evolve, and write `evolution.json`, `frontier.png`, `blueprint.json` and a picture of each member to `out`.

    Args:
        blueprint: what is wanted; its style (or nothing) is the start.
        good: photos of good parts; two of them are drawn on, with two seeds each.
        out: the run's folder; the same folder goes on after a kill without judging anything twice.
        budget: evaluations, accepted score, seconds, money.
        references: folder of pictures `NAME.png` with `NAME_mask.png`.
        generator: a name of `tools.generation.registry`.
        extra: more terms of the score, such as `tools.scoring.agreement.agreement_for`.
        ask: a language model that rewrites texts; by rule where not given.
        seed: of the engine and of the drawings.
        should_stop, progress: see `evolve`.

    Raises:
        EvolutionError: no type, no photo, references without masks, or a budget that is too small.
        ImageError: a photo cannot be read.
    """
    if blueprint.defect_type is None:
        raise EvolutionError("evolution needs a defect type; say what kind of defect it is")
    if not good:
        raise EvolutionError("evolution needs at least one photo of a good part")
    defect_type, photos = str(blueprint.defect_type), [load_image(path) for path in good[:PHOTOS]]
    examples = [Example(number, seed + one) for number in range(len(photos)) for one in range(SEEDS)]
    problem = Problem(
        blueprint.model_copy(update={"style": {}}),
        photos,
        get_generator(generator),
        references=read_references(references) if references is not None else (),
        extra=extra,
        folder=out,
    )
    proposer: Proposer = RuleProposer(defect_type)
    if ask is not None:
        proposer = ModelProposer(defect_type, ask, proposer, folder=out)
    start = write_text(dict(blueprint.style))
    found = evolve(
        problem, start, examples, proposer,
        budget=budget, seed=seed, folder=out, should_stop=should_stop, progress=progress,
    )  # fmt: skip
    best = found.members[found.best]
    changes = {"style": compile_text(best.text, defect_type).style, "prompt": best.text or None}
    evolved = blueprint.with_changes(changes, Origin.EDITED)
    write_atomic(out / "blueprint.json", evolved.model_dump_json(indent=1).encode())
    thumbnails = [
        _member_picture(problem, member.text, examples[0], out, index) for index, member in enumerate(found.members)
    ]
    frontier = save_png(out / "frontier.png", evolution_picture(found, thumbnails))
    worst = min((problem.evaluate(best.text, example) for example in examples), key=lambda one: one.score)
    return Evolved(evolved, found, out, frontier, found.members[0].score, best.score, worst.feedback, problem.spent_usd)


def read_references(folder: Path) -> list[tuple[RgbImage, Mask]]:
    """Pictures of the wanted defect with their masks.

    Raises:
        EvolutionError: no picture, or one without its mask or with one of another size.
    """
    pictures = [path for path in find_images(folder) if not path.stem.endswith(MASK)]
    found = []
    for path in pictures:
        beside = path.with_name(f"{path.stem}{MASK}.png")
        if not beside.is_file():
            raise EvolutionError(f"{path.name} has no {beside.name} beside it that marks the defect")
        image, mask = load_image(path), (load_image(beside)[..., 0] > 127).astype("uint8") * 255
        if image.shape[:2] != mask.shape:
            raise EvolutionError(f"{beside.name} is not of the size of {path.name}")
        found.append((image, mask))
    if not found:
        raise EvolutionError(f"{folder} has no pictures of the wanted defect")
    return found


def _member_picture(problem: Problem, text: str, example: Example, out: Path, index: int) -> RgbImage:
    """The member on the first example, kept at full size; its close-up is the tree's node."""
    import cv2
    import numpy as np

    from tools.scoring.realism import patch_around

    try:
        drawn = problem.draw(text, example)
    except BlueprintDoesNotFitError:
        return np.asarray(cv2.resize(problem.photos[example.photo], (128, 128)))
    save_png(out / "members" / f"{index + 1:03d}.png", drawn.image)
    if not drawn.mask.any():
        return np.asarray(cv2.resize(drawn.image, (128, 128)))
    return patch_around(drawn.image, drawn.mask, 128)
