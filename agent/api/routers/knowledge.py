"""Knowledge: what is known of defects, their causes and what to do."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from agent.api.access import Reader
from agent.api.context import Ctx

router = APIRouter(prefix="/knowledge", tags=["knowledge"])


class Question(BaseModel):
    """What to look for."""

    query: str = Field(min_length=1, max_length=2000, examples=["why do castings get porosity?"])
    k: int = Field(default=5, ge=1, le=50)


class Answer(BaseModel):
    """One entry, best first."""

    record_id: str
    title: str
    text: str
    score: float
    source: str


@router.post("/ask", summary="Ask")
def ask(body: Question, ctx: Ctx, _: Reader) -> list[Answer]:
    """The nearest entries, with their source."""
    hits: list[Any] = ctx.knowledge().search(body.query, k=body.k)
    return [Answer.model_validate(hit, from_attributes=True) for hit in hits]
