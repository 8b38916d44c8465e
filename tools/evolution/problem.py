"""What an evolution is about: a Blueprint, photos, seeds, a generator and the terms that judge the result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.blueprint.model import Blueprint, Origin
from tools.evolution.feedback import gaps_of_feedback
from tools.evolution.style_text import compile_text
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.protocol import Generator, Rendering
from tools.scoring.appearance import Appearance, gaps, looks_of
from tools.scoring.case import Case, Scorer, Term
from tools.scoring.realism import Grain, Sharpness
from tools.scoring.terms import TERMS
from tools.vision.types import Mask, RgbImage

SCALED_TERMS = ("geometry", "visibility", "appearance", "likeness", "agreement")
"""Terms that evolution can improve; the others only ever lower the score when they are below 1."""


@dataclass(frozen=True)
class Example:
    """One photo and seed on which every candidate is drawn."""

    photo: int
    seed: int


@dataclass(frozen=True)
class Evaluation:
    """One candidate on one example. `gaps` are signed, in scales of each look, where references are known; `usd` is
    what drawing it cost."""

    score: float
    terms: dict[str, float]
    feedback: str
    gaps: dict[str, float] = field(default_factory=dict)
    usd: float = 0.0


@dataclass
class Problem:
    """Draws and judges candidates, and never judges the same one twice: evaluations are kept in a file.

    `folder` None keeps them in memory. The score is the product of the plain terms with the geometric mean of the
    scaled ones: a defect in the wrong place cannot be made good by its looks.
    """

    blueprint: Blueprint
    photos: Sequence[RgbImage]
    generator: Generator
    references: Sequence[tuple[RgbImage, Mask]] = ()
    extra: Sequence[Scorer] = ()
    folder: Path | None = None
    evaluations: int = 0
    """How many were really drawn and judged in this process."""

    def __post_init__(self) -> None:
        self._appearance = Appearance(self.references)
        self._scorers: tuple[Scorer, ...] = (*TERMS, Grain(), Sharpness(), self._appearance, *self.extra)
        self._known: dict[str, Evaluation] = {}
        self._used: set[str] = set()
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._read()

    @property
    def spent_usd(self) -> float:
        """What the evaluations asked for so far cost, those that the folder remembers included."""
        return sum(self._known[key].usd for key in self._used)

    @property
    def usd_per_image(self) -> float:
        """What the next picture may cost: the generator's price, or the dearest so far. Nothing for the renderer."""
        return max([self._price, *(self._known[key].usd for key in self._used)])

    def is_known(self, text: str, example: Example) -> bool:
        """Whether judging this again would cost nothing."""
        return self._key(text, example) in self._known

    def draw(self, text: str, example: Example) -> Rendering:
        """The candidate's picture on an example; the same text, photo and seed for parent and child differ in style
        alone."""
        compiled = compile_text(text, str(self.blueprint.defect_type))
        style = {**self.blueprint.style, **compiled.style}
        blueprint = self.blueprint.with_changes({"style": style, "prompt": text}, Origin.EDITED)
        return self.generator.generate(blueprint, self.photos[example.photo], example.seed)

    def evaluate(self, text: str, example: Example) -> Evaluation:
        """Draw and judge, or remember."""
        key = self._key(text, example)
        if key not in self._known:
            self._known[key] = self._judge(text, example)
            self.evaluations += 1
            self._write(key)
        self._used.add(key)
        return self._known[key]

    def _judge(self, text: str, example: Example) -> Evaluation:
        before = self._paid()
        try:
            drawn = self.draw(text, example)
        except BlueprintDoesNotFitError as error:
            return Evaluation(0.0, {}, str(error))
        usd = self._price if before is None else (self._paid() or 0.0) - before
        case = Case(self.blueprint, self.photos[example.photo], drawn.image, drawn.mask)
        found = {scorer.name: scorer.score(case) for scorer in self._scorers}
        have, want = looks_of(drawn.image, drawn.mask), self._appearance.want
        found_gaps = gaps(have, want) if have is not None and want is not None else gaps_of_feedback(found, have)
        sentences = [term.feedback for term in found.values() if term.feedback]
        scores = {name: term.score for name, term in found.items()}
        return Evaluation(combine(found), scores, "; ".join(sentences), found_gaps, usd)

    @property
    def _price(self) -> float:
        return float(getattr(self.generator, "usd_per_image", 0.0))

    def _paid(self) -> float | None:
        """What the generator has spent; None where it only names a price."""
        spent = getattr(self.generator, "spent_usd", None)
        return None if spent is None else float(spent)

    def _key(self, text: str, example: Example) -> str:
        return hashlib.sha256(f"{example.photo}/{example.seed}/{text}".encode()).hexdigest()[:24]

    def _read(self) -> None:
        assert self.folder is not None
        path = self.folder / "evaluations.jsonl"
        for line in filter(None, path.read_text().split("\n")) if path.exists() else ():
            try:
                row = json.loads(line)
            except ValueError:
                continue  # the last line of a killed process
            key = row.pop("key")
            self._known[key] = Evaluation(**row)

    def _write(self, key: str) -> None:
        if self.folder is None:
            return
        # The line break comes first, so that a line cut off by a kill does not swallow the next one.
        with (self.folder / "evaluations.jsonl").open("a") as stream:
            stream.write("\n" + json.dumps({"key": key, **self._known[key].__dict__}))


def combine(found: dict[str, Term]) -> float:
    """The scalar score in [0, 1] of a vector."""
    plain, scaled, count = 1.0, 1.0, 0
    for name, term in found.items():
        if name in SCALED_TERMS:
            scaled *= max(term.score, 1e-6)
            count += 1
        else:
            plain *= term.score
    return float(plain * (scaled ** (1 / count) if count else 1.0))
