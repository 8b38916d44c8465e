"""The lineup: two looks of the same defect on the same photo, and what the user says to them."""

from __future__ import annotations

import uuid
import zlib
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from agent.reading.reason import reason_word
from agent.state import Ask, LineupMemory
from agent.toolbelt import sculpting
from agent.toolbelt.base import Arguments, Context, Outcome, tool
from agent.toolbelt.needs import drawable, drawing_question, need_blueprint, show_card
from agent.wording import say, summarise
from tools.blueprint.model import Blueprint, Origin
from tools.errors import BadInputError
from tools.evolution.levers import CHIPS

if TYPE_CHECKING:
    from tools.evolution.session import Session

CHIPS_SHOWN = 6


class LineupArguments(Arguments):
    """What `show_lineup` takes."""

    seed: int | None = Field(default=None, ge=0, lt=2**31, description="another seed draws it elsewhere")
    photo: int | None = Field(default=None, ge=1, description="which good photo, by number")


@tool("show_lineup", LineupArguments, gives="lineup")
def show_lineup(context: Context, seed: int | None, photo: int | None) -> Outcome:
    """Draw the defect on a good photo in two looks and let the user choose between them."""
    asked = drawing_question(context)
    if asked is not None:
        return Outcome("needs_answer", {}, asked)
    defect, photos = context.part.defect, context.part.photos
    assert defect is not None
    assert photos is not None
    assert defect.blueprint.defect_type is not None
    chosen = seed if seed is not None else _next_seed(context)
    paths = photos.paths()
    if photo is not None and photo > len(paths):
        raise BadInputError(say("no_such_photo", context.language, number=photo, count=len(paths)))
    source = paths[(photo - 1) if photo else chosen % len(paths)]
    start = sculpting.start_text(drawable(context), chosen)
    lineup = LineupMemory(id=uuid.uuid4().hex[:12], seed=chosen, photo=source, candidates=[])
    defect.lineup = lineup
    session = sculpting.open_session(context, lineup, start)
    facts = {"photo": source.name, "summary": summarise(defect.blueprint, context.language)}
    return Outcome("lineup_shown", facts, _ask(context, lineup, session))


def _next_seed(context: Context) -> int:
    """The next lineup of this defect is on another photo; the first one depends on what was said alone."""
    defect = context.part.defect
    assert defect is not None
    if defect.lineup is not None:
        return defect.lineup.seed + 1
    return zlib.crc32(defect.blueprint.text.encode()) % 1000


def _ask(context: Context, lineup: LineupMemory, session: Session) -> Ask:
    """Keep the session and put its pair."""
    sculpting.keep(context, lineup, session)
    left, right = (lineup.candidates[index].picture for index in (lineup.left, lineup.right))
    assert left is not None
    assert right is not None
    language = context.language
    return Ask(
        kind="lineup",
        field="lineup",
        text=say("ask_lineup", language),
        lineup_id=lineup.id,
        left=left.model_copy(update={"caption": "1"}),
        right=right.model_copy(update={"caption": "2"}),
        why=sculpting.explain(context, lineup, session),
        reasons=[reason_word(reason, language) for reason in session.reasons()[:CHIPS_SHOWN]],
        frontier=sculpting.frontier(context, lineup, session),
    )


def _open(context: Context) -> tuple[LineupMemory, Session]:
    """The open lineup and its session."""
    lineup = context.part.lineup
    if lineup is None or not lineup.open:
        raise BadInputError(say("no_lineup", context.language))
    return lineup, sculpting.open_session(context, lineup)


class ChooseArguments(Arguments):
    """What `choose_candidate` takes."""

    choice: Literal["1", "2", "tie", "both_bad", "undo"] = Field(description="1 is the left picture")
    reason: str | None = Field(default=None, description="what is still wrong with the better one, as `give_reason`")


@tool("choose_candidate", ChooseArguments)
def choose_candidate(context: Context, choice: str, reason: str | None) -> Outcome:
    """Take the user's choice in the open lineup and show the next pair."""
    lineup, session = _open(context)
    if choice == "undo":
        if not lineup.answers:
            raise BadInputError(say("no_choice_yet", context.language))
        session.undo()
        asked = _ask(context, lineup, session)
        return Outcome("choice_undone", {"answers": len(lineup.answers)}, asked)
    session.answer(choice, reason if reason in CHIPS else None)
    asked = _ask(context, lineup, session)
    code = {"tie": "choice_tie", "both_bad": "choice_both_bad"}.get(choice, "choice_taken")
    return Outcome(code, {"choice": choice, "answers": len(lineup.answers), "why": asked.why}, asked)


class ReasonArguments(Arguments):
    """What `give_reason` takes."""

    reason: str = Field(description=f"one of: {', '.join(CHIPS)}, wrong place, not this material")


@tool("give_reason", ReasonArguments)
def give_reason(context: Context, reason: str) -> Outcome:
    """The user says what is wrong with the look that was kept in the open lineup, in one of the known words."""
    lineup, session = _open(context)
    if reason == "wrong place":
        # Elsewhere means another seed: the looks on the table stay, drawn at another place.
        afresh: dict[str, Any] = {"id": uuid.uuid4().hex[:12], "candidates": [], "answers": [], "champion": None}
        moved = lineup.model_copy(update={**afresh, "seed": lineup.seed + 1})
        kept = lineup.champion if lineup.champion is not None else lineup.left
        context.part.defect.lineup = moved  # type: ignore[union-attr]
        session = sculpting.open_session(context, moved, lineup.candidates[kept].text)
        return Outcome("place_moved", {}, _ask(context, moved, session))
    if reason == "not this material":
        text = say("material_named", context.language, material=context.part.blueprint.material or "")  # type: ignore[union-attr]
        return Outcome("needs_answer", {}, _ask(context, lineup, session).model_copy(update={"text": text}))
    session.complain(reason)
    asked = _ask(context, lineup, session)
    return Outcome("reason_taken", {"reason": reason_word(reason, context.language), "why": asked.why}, asked)


class RevisitArguments(Arguments):
    """What `revisit_candidate` takes."""

    number: int = Field(ge=1, description="the candidate's number in the family tree")


@tool("revisit_candidate", RevisitArguments)
def revisit_candidate(context: Context, number: int) -> Outcome:
    """Go back to a candidate that the open lineup showed earlier, and go on from there."""
    lineup, session = _open(context)
    if number > len(lineup.candidates):  # the lineup stays open, so this is a question and no error
        text = say("no_such_candidate", context.language, number=number, count=len(lineup.candidates))
        return Outcome("needs_answer", {}, _ask(context, lineup, session).model_copy(update={"text": text}))
    session.back(number - 1)
    asked = _ask(context, lineup, session)
    return Outcome("candidate_revisited", {"number": number, "why": asked.why}, asked)


class AcceptArguments(Arguments):
    """What `accept_look` takes."""

    choice: Literal["1", "2"] | None = Field(default=None, description="the picture to accept, if the user named one")


@tool("accept_look", AcceptArguments, gives="lineup")
def accept_look(context: Context, choice: str | None) -> Outcome:
    """The user is content: keep the best look as a new version of the Blueprint and end the lineup."""
    lineup, defect = context.part.lineup, context.part.defect
    if lineup is None or defect is None or not lineup.open:
        raise BadInputError(say("no_lineup", context.language))
    if choice is not None:
        lineup.champion = lineup.left if choice == "1" else lineup.right
    if lineup.champion is None:
        asked = _ask(context, lineup, sculpting.open_session(context, lineup))
        which = asked.model_copy(update={"text": say("ask_which", context.language)})
        return Outcome("needs_answer", {}, which)
    blueprint = keep_look(context)
    assert blueprint is not None
    show_card(context, blueprint)
    return Outcome("look_accepted", {"version": blueprint.version, "answers": len(lineup.answers)})


def keep_look(context: Context) -> Blueprint | None:
    """End an open lineup whose champion is known: its style becomes part of the Blueprint. Returns the new version."""
    lineup, defect = context.part.lineup, context.part.defect
    if lineup is None or defect is None or not lineup.open or lineup.champion is None:
        return None
    lineup.open = False
    chosen = lineup.candidates[lineup.champion]
    changes = {"style": chosen.style, "prompt": chosen.text or None}
    return defect.add(need_blueprint(context).with_changes(changes, Origin.EDITED))
