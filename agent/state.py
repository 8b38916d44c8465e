"""What a conversation remembers: photos, Blueprints, lineups, data sets, detectors, inspections, for each part apart.

The graph keeps it as JSON in its checkpoints; tools work on `Memory`. Long lists of photos lie in a file of the data
folder and are remembered by name and number.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages
from pydantic import BaseModel, ConfigDict, Field

from agent.events import Picture
from tools.blueprint.model import Blueprint

DEFAULT_PART = "part"
Choice = Literal["1", "2", "tie", "both_bad", "reason", "back"]


def now() -> datetime:
    """The time, UTC with its zone."""
    return datetime.now(UTC)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PhotoSet(_Model):
    """Photos of good parts; the paths lie in `file`."""

    file: Path
    count: int
    source: Literal["own", "rendered"] = "own"
    kind: str = ""
    """Which base part was rendered."""

    def paths(self) -> list[Path]:
        """The photos."""
        return [Path(name) for name in json.loads(self.file.read_text(encoding="utf-8"))]

    @classmethod
    def keep(cls, paths: list[Path], folder: Path, **facts: Any) -> PhotoSet:
        """Remember paths in a file of this folder."""
        from tools.vision.images import write_atomic

        data = json.dumps([str(path) for path in paths]).encode()
        file = folder / "photo_sets" / f"{hashlib.sha256(data).hexdigest()[:24]}.json"
        write_atomic(file, data)
        return cls(file=file, count=len(paths), **facts)


class Candidate(_Model):
    """One look of a defect: its text, the renderer style that this compiles to, and its picture once drawn."""

    style: dict[str, float]
    text: str = ""
    parent: int | None = None
    """The candidate that it was made from."""
    picture: Picture | None = None


class Answered(_Model):
    """One answer in a lineup: a choice of the pair, a reason alone, or going back to a candidate (`target`)."""

    left: int
    right: int
    choice: Choice
    reason: str | None = None
    repeat: bool = False
    """The pair was shown before, to see whether the answer is the same."""
    target: int | None = None


class LineupMemory(_Model):
    """A lineup that is going on, or how it ended."""

    id: str
    seed: int
    photo: Path
    candidates: list[Candidate]
    left: int = 0
    right: int = 1
    repeat: bool = False
    champion: int | None = None
    answers: list[Answered] = Field(default_factory=list)
    open: bool = True


class Made(_Model):
    """Something that was made: when, where and what is worth saying about it."""

    kind: Literal["dataset", "detector", "inspection", "report"]
    name: str
    path: Path
    facts: dict[str, Any] = Field(default_factory=dict)
    made_at: datetime = Field(default_factory=now)


class DefectMemory(_Model):
    """One defect being sculpted: every version there ever was, and which one holds now."""

    versions: list[Blueprint] = Field(min_length=1)
    parents: list[int | None] = Field(min_length=1)
    """For each version the index of the one it was made from."""
    cursor: int = 0
    lineup: LineupMemory | None = None
    declined: list[str] = Field(default_factory=list)
    """Fields that the user left to us."""
    made_at: datetime = Field(default_factory=now)

    @classmethod
    def start(cls, blueprint: Blueprint) -> DefectMemory:
        """A new defect; its first version has number 1."""
        return cls(versions=[blueprint.model_copy(update={"version": 1})], parents=[None])

    @property
    def blueprint(self) -> Blueprint:
        """The version that holds."""
        return self.versions[self.cursor]

    def add(self, blueprint: Blueprint) -> Blueprint:
        """Append a version that was made from the one that holds; it holds from now on, under the next free number."""
        numbered = blueprint.model_copy(update={"version": len(self.versions) + 1})
        self.versions.append(numbered)
        self.parents.append(self.cursor)
        self.cursor = len(self.versions) - 1
        return numbered

    def undo(self) -> bool:
        """Go back to the version that this one was made from; False where there is none."""
        parent = self.parents[self.cursor]
        if parent is None:
            return False
        self.cursor = parent
        return True


class PartMemory(_Model):
    """Everything about one part (product)."""

    name: str = DEFAULT_PART
    photos: PhotoSet | None = None
    mm_per_px: float | None = None
    scale_origin: Literal["said", "default"] = "said"
    defects: list[DefectMemory] = Field(default_factory=list)
    index: int = -1
    """Which defect the talk is about; -1 is the newest."""
    made: list[Made] = Field(default_factory=list)

    @property
    def defect(self) -> DefectMemory | None:
        """The defect that the talk is about."""
        return self.defects[self.index] if self.defects else None

    @property
    def blueprint(self) -> Blueprint | None:
        """The Blueprint as it is now."""
        return self.defect.blueprint if self.defect else None

    @property
    def lineup(self) -> LineupMemory | None:
        """The lineup of this defect, open or ended."""
        return self.defect.lineup if self.defect else None

    def begin(self, blueprint: Blueprint) -> Blueprint:
        """Start another defect."""
        self.defects.append(DefectMemory.start(blueprint))
        self.index = -1
        return self.defects[-1].blueprint

    def latest(self, kind: str) -> Made | None:
        """The newest thing of a kind."""
        return next((made for made in reversed(self.made) if made.kind == kind), None)

    def all(self, kind: str) -> list[Made]:
        """All things of a kind, oldest first."""
        return [made for made in self.made if made.kind == kind]


class JobNote(_Model):
    """A job that this conversation started."""

    id: str
    kind: str
    started_at: datetime = Field(default_factory=now)


class Memory(_Model):
    """What a conversation knows."""

    language: str = "en"
    language_fixed: bool = False
    """The user asked for this language; messages no longer change it."""
    part: str = DEFAULT_PART
    parts: dict[str, PartMemory] = Field(default_factory=lambda: {DEFAULT_PART: PartMemory()})
    jobs: list[JobNote] = Field(default_factory=list)
    attachments: list[Path] = Field(default_factory=list)
    """Images that came with the latest message and are not used yet."""

    @property
    def current(self) -> PartMemory:
        """The part that the talk is about."""
        return self.parts[self.part]


class Ask(_Model):
    """What the conversation waits for."""

    kind: Literal["lineup", "question", "approval"]
    text: str
    field: str = ""
    """Of a question: a Blueprint field path, `photos`, `scale`, `part_kind`, `intent` …"""
    options: list[str] = Field(default_factory=list)
    cost_usd: float | None = None
    lineup_id: str = ""
    left: Picture | None = None
    right: Picture | None = None
    why: str = ""
    """Of a lineup: what is different in the new picture, and how much is left to ask."""
    reasons: list[str] = Field(default_factory=list)
    """Of a lineup: what may be wrong with the look that was kept."""
    frontier: Picture | None = None
    repeat: bool = False
    """The call that asked is made again after the answer."""
    reminders: int = 0
    """How often it was put again."""


class Call(TypedDict):
    """A tool call."""

    name: str
    args: dict[str, Any]


class AgentState(TypedDict, total=False):
    """The graph's state; all of it JSON except the messages."""

    messages: Annotated[list[AnyMessage], add_messages]
    memory: dict[str, Any]
    pending: dict[str, Any] | None
    postponed: list[Call]
    """Calls that wait for the answer to `pending`."""
    approved: bool
    """The next costly call was approved."""
    files: list[str]
    """Attachments of the message that comes in."""
    rounds: int
    """Model calls in this turn."""


def read_memory(state: AgentState) -> Memory:
    """The memory of a state; a fresh one at the start."""
    return Memory.model_validate(state.get("memory") or {})


def read_pending(state: AgentState) -> Ask | None:
    """What the state waits for."""
    pending = state.get("pending")
    return Ask.model_validate(pending) if pending else None
