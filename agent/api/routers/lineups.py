"""Lineups: two looks of a Blueprint's defect on a photo, the choice between them, and the next pair."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from agent.api.access import Reader, Writer
from agent.api.context import After, Context, Ctx, IdempotencyKey, Limit, Page, once, page
from agent.api.routers.blueprints import BlueprintAnswer
from agent.api.routers.blueprints import answer as blueprint_answer
from agent.api.uploads import image_path
from agent.store.errors import ConflictError
from agent.store.images import ImageRow
from agent.store.lineups import LineupRow
from agent.store.scores import ComparisonRow
from tools.blueprint.model import Blueprint

if TYPE_CHECKING:
    from tools.evolution.session import Session

router = APIRouter(prefix="/lineups", tags=["lineups"])


class NewLineup(BaseModel):
    """What to compare looks of."""

    blueprint_id: str = Field(max_length=64, examples=["0f8e…"])
    blueprint_version: int | None = Field(default=None, ge=1, le=2**31 - 1, examples=[None])
    image_id: str = Field(max_length=64, description="A photo of a good part.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    mm_per_px: float | None = Field(default=None, gt=0, lt=1e6, examples=[0.1])


class Choice(BaseModel):
    """Which is nearer to what is meant; `undo` takes the last choice back."""

    choice: Literal["1", "2", "tie", "both_bad", "undo"] = Field(examples=["1"])
    reason: str | None = Field(default=None, max_length=60, description="One of `reasons`.", examples=[None])


class Candidate(BaseModel):
    """One look that was shown."""

    number: int
    image_id: str
    text: str
    parent: int | None


class LineupAnswer(BaseModel):
    """A lineup: `left` is choice 1, `right` choice 2; `chance` that nothing closer can be drawn than the champion."""

    id: str
    left: Candidate
    right: Candidate
    champion: Candidate | None
    answers: int
    chance: float
    remaining: int
    finished: bool
    reasons: list[str]
    created_at: datetime


class LineupItem(BaseModel):
    """A lineup in a list."""

    id: str
    blueprint_version_id: str
    image_id: str
    seed: int
    created_at: datetime


@router.post("", status_code=201, summary="Begin a lineup")
def create(body: NewLineup, ctx: Ctx, caller: Writer, idempotency_key: IdempotencyKey = None) -> LineupAnswer:
    """Draws the first pair."""
    return once(ctx, caller, "lineups", idempotency_key, body, LineupAnswer, lambda: _begin(body, ctx))


def _begin(body: NewLineup, ctx: Context) -> LineupAnswer:
    from agent.toolbelt.sculpting import start_text

    version = ctx.store.get_blueprint(body.blueprint_id, body.blueprint_version)
    photo = ctx.store.get_image(body.image_id)
    blueprint = version.blueprint()
    if blueprint.defect_type is None:
        raise ConflictError("the Blueprint names no defect type; set defect_type first")
    row = LineupRow(
        blueprint_version_id=version.id,
        image_id=photo.id,
        seed=body.seed,
        mm_per_px=body.mm_per_px or blueprint.mm_per_px,
        start=start_text(blueprint, body.seed),
    )
    session = _session(row, ctx)
    _keep(row, session, ctx)
    return _shown(ctx.store.save_lineup(row), session)


@router.get("", summary="List lineups")
def list_all(
    ctx: Ctx,
    _: Reader,
    limit: Limit = 50,
    after: After = None,
    image_id: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[LineupItem]:
    """Newest first."""
    rows = ctx.store.list_lineups(limit=limit, after=after, image_id=image_id)
    return page(rows, limit, lambda row: LineupItem.model_validate(row, from_attributes=True))


@router.get("/{lineup_id}", summary="Read a lineup")
def read(lineup_id: str, ctx: Ctx, _: Reader) -> LineupAnswer:
    """The pair on the table and how sure the champion is."""
    row = ctx.store.get_lineup(lineup_id)
    return _shown(row, _session(row, ctx))


@router.post("/{lineup_id}/choices", summary="Choose")
def choose(lineup_id: str, body: Choice, ctx: Ctx, caller: Writer) -> LineupAnswer:
    """Takes the choice and draws the next pair."""
    row = ctx.store.get_lineup(lineup_id)
    session, pair = _session(row, ctx), None
    if body.choice == "undo":
        session.undo()
    else:
        pair = session.state.left, session.state.right
        session.answer(body.choice, body.reason)
    _keep(row, session, ctx)
    row = ctx.store.update_lineup(row)
    if pair is not None:
        left, right = (row.pictures[number] for number in pair)
        ctx.store.save_comparison(
            ComparisonRow(lineup_id=row.id, left_image_id=left, right_image_id=right, choice=body.choice, person=caller)
        )
    return _shown(row, session)


@router.post("/{lineup_id}/accept", summary="Keep the champion's look")
def accept(lineup_id: str, ctx: Ctx, _: Writer) -> BlueprintAnswer:
    """Stores the champion's look as the Blueprint's next version."""
    from tools.evolution.style_text import compile_text

    row = ctx.store.get_lineup(lineup_id)
    session = _session(row, ctx)
    if session.champion is None:
        raise ConflictError("nothing was preferred yet; choose first")
    text = session.state.candidates[session.champion].text
    version = ctx.store.get_blueprint_version(row.blueprint_version_id)
    latest = ctx.store.get_blueprint(version.blueprint_id)
    style = dict(compile_text(text, str(latest.blueprint().defect_type)).style)
    kept = latest.blueprint().model_copy(update={"style": style, "prompt": text})
    saved = ctx.store.save_blueprint(kept, blueprint_id=version.blueprint_id, expected_version=latest.version)
    return blueprint_answer(ctx.store.get_blueprint_head(saved.blueprint_id), saved)


def _session(row: LineupRow, ctx: Context) -> Session:
    from tools.evolution.session import Session, Shown, State, Turn
    from tools.generation.registry import get_generator
    from tools.vision.images import load_image

    state = State()
    if row.state:
        known = row.state
        state = State(
            [Shown(**each) for each in known["candidates"]],
            [Turn(**each) for each in known["turns"]],
            known["left"],
            known["right"],
            known["repeat"],
        )
    # The look on the table is the candidate's text alone, so an earlier look must not show through.
    blueprint = _blueprint(row, ctx).model_copy(update={"style": {}, "prompt": None, "mm_per_px": row.mm_per_px})
    photo = load_image(image_path(ctx.store.get_image(row.image_id), ctx.files))
    folder = ctx.settings.data_dir / "lineups" / row.id
    return Session(blueprint, photo, row.seed, get_generator("renderer"), start=row.start, folder=folder, state=state)


def _blueprint(row: LineupRow, ctx: Context) -> Blueprint:
    return ctx.store.get_blueprint_version(row.blueprint_version_id).blueprint()


def _keep(row: LineupRow, session: Session, ctx: Context) -> None:
    """The session's state, and the pictures of candidates that are new."""
    from tools.vision.images import content_hash, encode_png

    row.state = asdict(session.state)
    pictures = list(row.pictures)
    for number in range(len(pictures), len(session.state.candidates)):
        drawn = session.draw(number)
        image, mask = encode_png(drawn.image), encode_png(drawn.mask)
        kept = ctx.store.save_image(
            ImageRow(
                kind="rendering",
                name=f"candidate {number + 1}",
                content_hash=content_hash(image),
                path=ctx.files.put(image, ".png"),
                mask_hash=content_hash(mask),
                mask_path=ctx.files.put(mask, ".png"),
                width_px=drawn.image.shape[1],
                height_px=drawn.image.shape[0],
                seed=row.seed,
                generator="renderer",
                parameters={"text": session.state.candidates[number].text},
                recipe=content_hash(f"{row.id}/{number}/{content_hash(image)}".encode()),
                blueprint_version_id=row.blueprint_version_id,
                source_id=row.image_id,
            )
        )
        pictures.append(kept.id)
    row.pictures = pictures


def _shown(row: LineupRow, session: Session) -> LineupAnswer:
    state, champion = session.state, session.champion

    def candidate(number: int) -> Candidate:
        known = state.candidates[number]
        return Candidate(number=number + 1, image_id=row.pictures[number], text=known.text, parent=known.parent)

    return LineupAnswer(
        id=row.id,
        left=candidate(state.left),
        right=candidate(state.right),
        champion=None if champion is None else candidate(champion),
        answers=len(state.turns),
        chance=round(session.chance(), 4),
        remaining=session.remaining(),
        finished=session.finished(),
        reasons=session.reasons(),
        created_at=row.created_at,
    )
