"""What the page shows, as a plain value: events go in, HTML and messages come out. Knows no Gradio."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from agent.chat.bars import bar
from agent.chat.cards import blueprint_card, with_scale
from agent.chat.pictures import EMPTY, Link, gallery_html, lineup_html
from agent.events import (
    ApprovalEvent,
    BlueprintEvent,
    ErrorEvent,
    Event,
    FilesEvent,
    LineupEvent,
    Picture,
    PicturesEvent,
    ProgressEvent,
    QuestionEvent,
    TextEvent,
)
from agent.store.conversations import MessageRow
from tools.blueprint.model import Blueprint

CHOICE_WORDS = {"1": "The first one.", "2": "The second one.", "tie": "They are equally good."}
CHOICE_WORDS |= {"good enough": "Good enough.", "both_bad": "Neither is right.", "undo": "Undo my last choice."}
YES, NO = "Yes, go ahead", "No"
STARTERS = (
    "A 6 mm scratch, thin and bright, near the top left",
    "Two dark voids of about 1 mm in the centre of the casting",
    "A hairline crack starting at the edge, 15 mm long, critical",
    "Ein brauner Fleck, 8 mm, unten rechts",
)
SHOW, EXPORT, FIT = "Show me two candidates", "Export 20 images as a data set", "Fit a detector"
INSPECT = "Inspect the data set"
MARKS = {"lineage.jsonl": "data set", "bundle.json": "detector"}
"""The file that tells what a folder is."""
IN_CHAT = 4
"""More pictures than this in one event are shown on the stage only."""


@dataclass
class View:
    """Everything on the page."""

    link: Link
    overlays: Path
    data_dir: Path | None = None
    """Its path is left out of what is shown: the reader sees links, not where the server keeps things."""
    messages: list[dict[str, str]] = field(default_factory=list)
    blueprint: Blueprint | None = None
    lineup: LineupEvent | None = None
    pictures: tuple[Picture, ...] = ()
    files: list[FilesEvent] = field(default_factory=list)
    progress: ProgressEvent | None = None
    options: tuple[str, ...] = ()

    def say(self, text: str, files: tuple[Path, ...] = ()) -> None:
        """Add what the user said, with small pictures of what was sent; answers what was open."""
        images = " ".join(f"![{escape(path.name)}]({url})" for path in files[:6] if (url := self.link(path)))
        more = f" and {len(files) - 6} more" if len(files) > 6 else ""
        content = "\n\n".join(part for part in (images + more, text) if part)
        self.messages.append({"role": "user", "content": content or "…"})
        if self.lineup is not None:
            self.pictures = (self.lineup.left, self.lineup.right)
        self.lineup, self.options = None, ()

    def apply(self, event: Event) -> None:
        """Show one event."""
        if not isinstance(event, ProgressEvent):
            self.progress = None
        match event:
            case TextEvent():
                self._answer(event.text)
            case ErrorEvent():
                self._answer(f"⚠️ {event.text}")
            case BlueprintEvent():
                self.blueprint = with_scale(event)
            case PicturesEvent():
                self.pictures = event.pictures
                self._answer(self._thumbnails(event.pictures))
            case LineupEvent():
                self.lineup, self.options = event, event.reasons
                self._answer(event.text)
            case QuestionEvent():
                self.options = event.options
                self._answer(event.text)
            case ApprovalEvent():
                self.options = (YES, NO)
                cost = f" (about ${event.cost_usd:.2f})" if event.cost_usd else ""
                self._answer(event.text + cost)
            case FilesEvent():
                self.files.append(event)
                self._answer(self._links(event))
            case ProgressEvent():
                self.progress = event

    def restore(self, rows: list[MessageRow]) -> None:
        """Show what was said before; events of an older version that no longer fit are left out."""
        adapter: TypeAdapter[Event] = TypeAdapter(Event)
        for row in rows:
            for document in row.events:
                if row.role == "user":
                    self.say(user_words(document), tuple(map(Path, document.get("files", ()))))
                    continue
                try:
                    self.apply(adapter.validate_python(document))
                except ValidationError:
                    continue
        self.progress = None

    def stage(self) -> str:
        """The lineup that waits, else the last pictures, else how to begin."""
        if self.lineup is not None:
            return lineup_html(self.lineup, self.link, self.overlays)
        if self.pictures:
            return gallery_html(self.pictures, self.link, self.overlays)
        return EMPTY if not self.messages else ""

    def card(self) -> str:
        """The Blueprint card."""
        return blueprint_card(self.blueprint)

    def bar(self) -> str:
        """The progress of a job; empty where nothing runs."""
        if self.progress is None:
            return ""
        return bar(self.progress.fraction, self.progress.message or "Working")

    def status(self, busy: bool) -> str:
        """For screen readers: whether the answer is still coming."""
        said = sum(message["role"] == "user" for message in self.messages)
        words = "Working" if busy else "Ready"
        return f'<span class="rr-sr" role="status" data-said="{said}" data-busy="{str(busy).lower()}">{words}</span>'

    def downloads(self) -> str:
        """The files that were made, newest first."""
        newest = [(path, event.caption) for event in reversed(self.files) for path in with_folder(event.files)]
        items = "".join(self._download(path, caption) for path, caption in newest[:12])
        if not items:
            return ""
        return (
            f'<section class="rr-card rr-downloads" aria-label="Downloads"><h2>Downloads</h2><ul>{items}</ul></section>'
        )

    def suggestions(self) -> tuple[str, ...]:
        """What to say next: the answers to an open question, else the next steps on the way to a report."""
        if self.options or self.lineup is not None:
            return self.options
        if not self.messages:
            return ()
        if self.blueprint is None:
            return STARTERS[:2]
        made = {folder_kind(path.parent) for event in self.files for path in event.files}
        steps = [SHOW]
        if "data set" not in made:
            steps.append(EXPORT)
        if "detector" not in made:
            steps.append(FIT)
        return (*steps, INSPECT) if "detector" in made else tuple(steps)

    def _answer(self, text: str) -> None:
        if not text:
            return
        if self.data_dir is not None:
            text = text.replace(f"{self.data_dir}/", "")
        self.messages.append({"role": "assistant", "content": text})

    def _thumbnails(self, pictures: tuple[Picture, ...]) -> str:
        shown = [(each, self.link(each.path)) for each in pictures[:IN_CHAT]]
        return " ".join(f"![{_plain(each.caption)}]({url})" for each, url in shown if url)

    def _links(self, event: FilesEvent) -> str:
        names = [f"[{_plain(path.name)}]({url})" for path in event.files if (url := self.link(path))]
        return " · ".join(part for part in (event.caption, *names) if part)

    def _download(self, path: Path, caption: str) -> str:
        url = self.link(path) if path.exists() else None
        if url is None:
            return ""
        name = f"{path.name}.zip" if path.is_dir() else path.name
        size = f"{path.stat().st_size / 1024:.0f} KB" if path.is_file() else "folder as zip"
        return (
            f'<li><a href="{url}" download="{escape(name)}"><b>{escape(name)}</b>'
            f"<span>{escape(caption)} · {size}</span></a></li>"
        )


def user_words(document: dict[str, Any]) -> str:
    """What the user said or chose, in words."""
    text = str(document.get("text", ""))
    return CHOICE_WORDS.get(text, text) if document.get("kind") == "choice" else text


def folder_kind(folder: Path) -> str | None:
    """`data set`, `detector` or None."""
    return next((kind for mark, kind in MARKS.items() if (folder / mark).is_file()), None)


def with_folder(files: tuple[Path, ...]) -> tuple[Path, ...]:
    """Files to download; where they lie in a data set or a detector, the whole of it comes first."""
    folders = dict.fromkeys(path.parent for path in files if path.parent not in files and folder_kind(path.parent))
    return (*folders, *files)


def _plain(text: str) -> str:
    """Text without the characters that mean something in a Markdown link."""
    return "".join(letter for letter in text if letter not in "[]()<>!`*\n")
