"""What a conversation leaves in the store beside its words: Blueprints with versions, lineups, choices.

Nothing here may stop a conversation: what cannot be kept is logged.
"""

from __future__ import annotations

import logging
import uuid
from pathlib import Path

from agent.events import BlueprintEvent, Event, LineupEvent, Picture
from agent.settings import Settings
from agent.store.images import ImageRow
from agent.store.repository import Store
from agent.store.scores import CHOICES, ComparisonRow
from tools.blueprint.model import Blueprint
from tools.errors import RedRabbitError
from tools.vision.images import content_hash

log = logging.getLogger("redrabbit.chat")
SPACE = uuid.UUID("6f1d7c62-5a0e-4a53-9b7e-2f6f6f1f7a10")


def blueprint_id(conversation_id: str, blueprint: Blueprint) -> str:
    """One Blueprint for each defect type on each part of a conversation; refining it adds versions."""
    return uuid.uuid5(SPACE, f"{conversation_id}/{blueprint.part}/{blueprint.defect_type}").hex


class Keeper:
    """Keeps what the events of one conversation show."""

    def __init__(self, settings: Settings, store: Store, conversation_id: str, person: str = "") -> None:
        """Keep for one conversation."""
        self.settings = settings
        self.store = store
        self.id = conversation_id
        self.person = person

    def keep(self, event: Event) -> None:
        """Keep what an event shows, where it is something to keep."""
        try:
            if isinstance(event, BlueprintEvent) and event.blueprint.defect_type is not None:
                key = blueprint_id(self.id, event.blueprint)
                self.store.save_blueprint(event.blueprint, blueprint_id=key, conversation_id=self.id)
            elif isinstance(event, LineupEvent):
                self._picture(event.left)
                self._picture(event.right)
        except (RedRabbitError, OSError):
            log.exception("an event of conversation %s was not kept", self.id)

    def choice(self, choice: str, lineup: Event | None) -> None:
        """Keep a choice between the pictures of the lineup that waits; `undo` marks the one before."""
        try:
            if choice == "undo":
                self.store.undo_comparison(self.id)
            elif choice in CHOICES and isinstance(lineup, LineupEvent):
                left, right = self._picture(lineup.left), self._picture(lineup.right)
                self.store.save_comparison(
                    ComparisonRow(
                        lineup_id=lineup.lineup_id[:64],
                        left_image_id=left.id,
                        right_image_id=right.id,
                        choice=choice,
                        person=self.person,
                        conversation_id=self.id,
                    )
                )
        except (RedRabbitError, OSError):
            log.exception("a choice in conversation %s was not kept", self.id)

    def _picture(self, picture: Picture) -> ImageRow:
        """The record of a rendered picture, made once."""
        digest = content_hash(picture.path.read_bytes())
        known = self.store.find_image(digest, kind="rendering", conversation_id=self.id)
        if known is not None:
            return known
        mask: Path | None = picture.mask_path if picture.mask_path and picture.mask_path.exists() else None
        return self.store.save_image(
            ImageRow(
                content_hash=digest,
                path=str(picture.path),
                kind="rendering",
                name=picture.path.name,
                mask_path=str(mask) if mask else None,
                mask_hash=content_hash(mask.read_bytes()) if mask else None,
                generator=self.settings.generator,
                conversation_id=self.id,
            )
        )
