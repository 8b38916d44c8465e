"""What a conversation sends to whoever shows it: the terminal, the chat page, the API.

Events are plain data; paths point into the data folder. A `LineupEvent`, `QuestionEvent` or `ApprovalEvent` means that
the conversation waits for an answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.blueprint.model import Blueprint


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True)


class TextEvent(_Event):
    """Words, as Markdown."""

    kind: Literal["text"] = "text"
    text: str


class ErrorEvent(_Event):
    """Something could not be done: one sentence that says what to do."""

    kind: Literal["error"] = "error"
    text: str


class BlueprintEvent(_Event):
    """The Blueprint as it is now, to be shown as a card."""

    kind: Literal["blueprint"] = "blueprint"
    blueprint: Blueprint
    mm_per_px: float | None = None
    """Scale of the part's photos, for a Blueprint that names none of its own."""
    scale_origin: Literal["said", "default"] = "said"


class Picture(_Event):
    """One picture with its caption; `mask_path` where there is a mask to toggle, `crop_path` a close-up."""

    path: Path
    caption: str = ""
    mask_path: Path | None = None
    crop_path: Path | None = None


class PicturesEvent(_Event):
    """Pictures to look at: overlays, contact sheets, curves."""

    kind: Literal["pictures"] = "pictures"
    pictures: tuple[Picture, ...]


class LineupEvent(_Event):
    """Two candidates on the same photo and seed: which is better?"""

    kind: Literal["lineup"] = "lineup"
    lineup_id: str
    left: Picture
    right: Picture
    text: str = "Which one is closer to what you mean: 1 or 2?"
    why: str = ""
    """What is different in the new picture, and how much is left to ask."""
    reasons: tuple[str, ...] = ()
    """What may be wrong with the look that was kept; each is an answer."""
    frontier: Picture | None = None
    """How the session went so far: closeness over choices, and the family tree."""


class QuestionEvent(_Event):
    """One question about one field, with the likely answers."""

    kind: Literal["question"] = "question"
    field: str
    text: str
    options: tuple[str, ...] = ()


class ApprovalEvent(_Event):
    """May this be done? Asked before money or much time is spent."""

    kind: Literal["approval"] = "approval"
    text: str
    cost_usd: float | None = None


class FilesEvent(_Event):
    """Files to download."""

    kind: Literal["files"] = "files"
    files: tuple[Path, ...]
    caption: str = ""


class ProgressEvent(_Event):
    """How far a job is, from 0 to 1."""

    kind: Literal["progress"] = "progress"
    job_id: str
    fraction: float = Field(ge=0.0, le=1.0)
    message: str = ""


Event = Annotated[
    TextEvent
    | ErrorEvent
    | BlueprintEvent
    | PicturesEvent
    | LineupEvent
    | QuestionEvent
    | ApprovalEvent
    | FilesEvent
    | ProgressEvent,
    Field(discriminator="kind"),
]
