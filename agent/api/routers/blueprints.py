"""Blueprints: words in, versions kept, differences shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, model_validator

from agent.api.access import Reader, Writer
from agent.api.admission import admit, request_hash
from agent.api.context import After, Ctx, IdempotencyKey, Limit, Page, once, page
from agent.api.routers.jobs import shown
from agent.api.uploads import image_path
from agent.jobs import client
from agent.store.blueprints import BlueprintRow, BlueprintVersionRow
from tools.blueprint.model import Blueprint, Origin

router = APIRouter(prefix="/blueprints", tags=["blueprints"])
TEXT = "a 5 mm scratch, 0.2 mm wide, near the left edge of a brushed steel plate"


class ParseRequest(BaseModel):
    """A description in a person's words."""

    text: str = Field(min_length=1, max_length=10_000, examples=[TEXT])
    language: str | None = Field(default=None, pattern="^(en|de)$", examples=["en"])


class ParseAnswer(BaseModel):
    """What was understood, what was not, and what is odd."""

    blueprint: Blueprint
    questions: list[dict[str, Any]]
    warnings: list[str]


class NewBlueprint(BaseModel):
    """A Blueprint to keep: as words, or whole."""

    text: str | None = Field(default=None, min_length=1, max_length=10_000, examples=[TEXT])
    blueprint: Blueprint | None = Field(default=None, examples=[None])
    name: str | None = Field(default=None, max_length=200, examples=["scratch on plate"])

    @model_validator(mode="after")
    def _one(self) -> NewBlueprint:
        if (self.text is None) == (self.blueprint is None):
            raise ValueError("send either text or blueprint")
        return self


class Changes(BaseModel):
    """Fields to set, by path; null clears one."""

    changes: dict[str, Any] = Field(
        min_length=1, max_length=50, examples=[{"geometry.length_mm": {"min": 4, "max": 6}, "severity": "minor"}]
    )
    expected_version: int | None = Field(default=None, ge=1, examples=[1])
    """Refuse when somebody else changed it since this version."""


class BlueprintAnswer(BaseModel):
    """One version of a kept Blueprint."""

    id: str
    name: str
    version: int
    latest_version: int
    blueprint: Blueprint
    created_at: datetime


class BlueprintItem(BaseModel):
    """A kept Blueprint in a list."""

    id: str
    name: str
    defect_type: str | None
    part: str | None
    latest_version: int
    updated_at: datetime


def answer(head: BlueprintRow, row: BlueprintVersionRow) -> BlueprintAnswer:
    """A version as the API shows it."""
    return BlueprintAnswer(
        id=head.id,
        name=head.name,
        version=row.version,
        latest_version=head.latest_version,
        blueprint=row.blueprint(),
        created_at=row.created_at,
    )


def _parse(text: str, language: str | None) -> ParseAnswer:
    from tools.blueprint.parser import parse

    parsed = parse(text, language=language)
    questions = [{"field": each.field, "text": each.text, "options": list(each.options)} for each in parsed.questions]
    return ParseAnswer(blueprint=parsed.blueprint, questions=questions, warnings=list(parsed.warnings))


@router.post("/parse", summary="Understand a description")
def parse_text(body: ParseRequest, _: Reader) -> ParseAnswer:
    """Turns words into a Blueprint and keeps nothing. What was not said is unknown, and asked for in `questions`."""
    return _parse(body.text, body.language)


@router.post("", status_code=201, summary="Keep a Blueprint")
def create(body: NewBlueprint, ctx: Ctx, caller: Writer, idempotency_key: IdempotencyKey = None) -> BlueprintAnswer:
    """Stores version 1."""

    def make() -> BlueprintAnswer:
        blueprint = body.blueprint or _parse(body.text or "", None).blueprint
        row = ctx.store.save_blueprint(blueprint, name=body.name)
        return answer(ctx.store.get_blueprint_head(row.blueprint_id), row)

    return once(ctx, caller, "blueprints", idempotency_key, body, BlueprintAnswer, make)


@router.get("", summary="List Blueprints")
def list_all(
    ctx: Ctx,
    _: Reader,
    limit: Limit = 50,
    after: After = None,
    defect_type: Annotated[str | None, Query(max_length=100)] = None,
    part: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[BlueprintItem]:
    """Newest first."""
    rows = ctx.store.list_blueprints(limit=limit, after=after, defect_type=defect_type, part=part)
    return page(rows, limit, lambda row: BlueprintItem.model_validate(row, from_attributes=True))


@router.get("/{blueprint_id}", summary="Read a Blueprint")
def read(
    blueprint_id: str, ctx: Ctx, _: Reader, version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> BlueprintAnswer:
    """The latest version, or the one asked for."""
    return answer(ctx.store.get_blueprint_head(blueprint_id), ctx.store.get_blueprint(blueprint_id, version))


@router.patch("/{blueprint_id}", summary="Change fields")
def change(blueprint_id: str, body: Changes, ctx: Ctx, _: Writer) -> BlueprintAnswer:
    """Stores the next version; the changed fields' origin becomes `edited`."""
    from tools.blueprint.errors import BlueprintError

    latest = ctx.store.get_blueprint(blueprint_id)
    try:
        changed = latest.blueprint().with_changes(body.changes, Origin.EDITED)
    except (KeyError, TypeError):
        wrong = ", ".join(sorted(body.changes))
        raise BlueprintError(f"a path among {wrong[:200]} is not a field of a Blueprint; see its schema") from None
    row = ctx.store.save_blueprint(
        changed, blueprint_id=blueprint_id, expected_version=body.expected_version or latest.version
    )
    return answer(ctx.store.get_blueprint_head(blueprint_id), row)


class Evolution(BaseModel):
    """How far to evolve a Blueprint's look, and on what."""

    good: list[str] = Field(min_length=1, max_length=1000, description="Ids of photos of good parts.")
    evaluations: int = Field(default=120, ge=8, le=10_000)
    seconds: float | None = Field(default=None, gt=0, le=86_400, examples=[None])
    usd: float | None = Field(default=None, ge=0, le=100_000, examples=[None], description="For pictures from fal.ai.")
    generator: Literal["renderer", "fal"] = "renderer"
    accept: float = Field(default=0.95, gt=0, le=1)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)


@router.post("/{blueprint_id}/evolve", status_code=202, summary="Evolve a Blueprint's look")
def evolve(
    blueprint_id: str, body: Evolution, ctx: Ctx, caller: Writer, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Starts a job that changes the look until the scores accept it or the budget is used."""
    job_id = admit(ctx, caller, "evolve", idempotency_key)
    arguments = {
        "blueprint": ctx.store.get_blueprint(blueprint_id).blueprint(),
        "good": [image_path(ctx.store.get_image(image_id), ctx.files) for image_id in body.good],
        **body.model_dump(exclude={"good"}),
    }
    asked = request_hash(blueprint=blueprint_id, body=body.model_dump(mode="json"))
    job_id = client.start("evolve", arguments, job_id=job_id, request=asked)
    return shown(client.status(job_id), ctx)


@router.delete("/{blueprint_id}", status_code=204, response_class=Response, summary="Delete a Blueprint")
def delete(blueprint_id: str, ctx: Ctx, _: Writer) -> None:
    """Removes it with all versions; images made from it stay."""
    ctx.store.delete_blueprint(blueprint_id)


@router.get("/{blueprint_id}/versions", summary="List versions")
def versions(blueprint_id: str, ctx: Ctx, _: Reader) -> list[BlueprintAnswer]:
    """Oldest first."""
    head = ctx.store.get_blueprint_head(blueprint_id)
    return [answer(head, row) for row in ctx.store.list_blueprint_versions(blueprint_id)]


@router.get("/{blueprint_id}/diff", summary="Compare two versions")
def diff_versions(
    blueprint_id: str,
    ctx: Ctx,
    _: Reader,
    old: Annotated[int, Query(ge=1, le=2**31 - 1)],
    new: Annotated[int, Query(ge=1, le=2**31 - 1)],
) -> list[dict[str, Any]]:
    """The fields that differ, with both values and where the new one came from."""
    from tools.blueprint.versions import diff

    before = ctx.store.get_blueprint(blueprint_id, old).blueprint()
    after = ctx.store.get_blueprint(blueprint_id, new).blueprint()
    return [
        {"path": each.path, "old": _json(each.old), "new": _json(each.new), "origin": each.origin}
        for each in diff(before, after)
    ]


def _json(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value
