"""A conversation without a graph, for tests of the page and the API: a word decides what comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from agent import events
from agent.settings import Settings
from tools.blueprint.model import Blueprint, CountRange, Geometry, Origin, Placement, PositiveRange, Severity, Zone
from tools.errors import BadInputError
from tools.vision.images import save_png

SCRATCH = Blueprint(
    text="a 6 mm scratch",
    defect_type="scratch",
    material="steel",
    geometry=Geometry(length_mm=PositiveRange(min=5, max=7), width_mm=PositiveRange(min=0.2, max=0.2)),
    count=CountRange(min=1, max=1),
    placement=Placement(zone=Zone.TOP_LEFT),
    severity=Severity.MODERATE,
    mm_per_px=0.1,
    origin={
        "defect_type": Origin.SAID,
        "geometry.length_mm": Origin.SAID,
        "geometry.width_mm": Origin.DEFAULT,
        "placement.zone": Origin.EDITED,
        "severity": Origin.INFERRED,
        "count": Origin.DEFAULT,
        "mm_per_px": Origin.DEFAULT,
    },
)


def picture(folder: Path, seed: int, caption: str) -> events.Picture:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:360, 0:480]
    image = np.repeat((130 + 30 * np.sin(columns / 40) + rng.normal(0, 6, (360, 480)))[..., None], 3, axis=2)
    line = np.abs(rows - (60 + 40 * seed) - 0.4 * columns) < 3
    line &= (columns > 90) & (columns < 300)
    image[line] += 70
    photo = save_png(folder / f"{seed}.png", image.clip(0, 255).astype(np.uint8))
    mask = save_png(folder / f"{seed}_mask.png", (line * 255).astype(np.uint8))
    return events.Picture(path=photo, caption=caption, mask_path=mask)


class FakeConversation:
    """Answers by rote."""

    def __init__(self, settings: Settings, conversation_id: str) -> None:
        self.folder = settings.data_dir / "fake" / conversation_id
        self.pending: events.Event | None = None
        self.blueprint: Blueprint | None = None

    def send(self, text: str, files: Sequence[Path] = ()) -> Iterator[events.Event]:
        if "bad" in text:
            raise BadInputError("that cannot be; say it otherwise")
        if "bug" in text:
            raise ZeroDivisionError("secret detail")
        if "slow" in text:
            for n in range(20):
                yield events.ProgressEvent(job_id="j", fraction=n / 20, message=f"Rendering {n} of 20")
                time.sleep(0.1)
        if files:
            yield events.TextEvent(text=f"Thank you: **{len(files)}** good parts.")
        if "scratch" in text:
            self.blueprint = SCRATCH
            yield events.BlueprintEvent(blueprint=SCRATCH)
            yield events.TextEvent(text="A scratch, 5 to 7 mm long, at the top left. Two candidates:")
            yield self._lineup()
        elif "export" in text:
            folder = self.folder / "set"
            save_png(folder / "a.png", np.zeros((32, 32, 3), np.uint8))
            (folder / "card.md").write_text("# card\n")
            yield events.FilesEvent(files=(folder, folder / "card.md"), caption="Data set, 20 images")
        elif "which" in text:
            yield events.QuestionEvent(field="severity", text="How bad is it?", options=("minor", "severe"))
        elif not files:
            yield events.TextEvent(text=f"You said: {text}")

    def choose(self, choice: str) -> Iterator[events.Event]:
        yield events.TextEvent(text=f"Noted: {choice}.")
        if choice in ("1", "2", "tie", "both_bad"):
            yield self._lineup(2)

    def _lineup(self, start: int = 0) -> events.LineupEvent:
        left, right = (
            picture(self.folder, start, "Candidate 1: 5.4 mm long"),
            picture(self.folder, start + 1, "Candidate 2"),
        )
        self.pending = events.LineupEvent(lineup_id="l", left=left, right=right)
        return self.pending
