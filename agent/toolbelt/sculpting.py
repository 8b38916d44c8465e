"""The sculpting session of a conversation: `tools.evolution.session` on the photos and the memory of the chat."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent.events import Picture
from agent.state import Answered, Candidate, LineupMemory
from agent.toolbelt.base import Context
from agent.toolbelt.needs import drawable
from agent.wording import say
from tools.blueprint.model import Blueprint

if TYPE_CHECKING:
    from tools.evolution.session import Session
    from tools.vision.types import RgbImage

THUMBNAIL_PX = 128


def start_text(blueprint: Blueprint, seed: int) -> str:
    """The first candidate: the look that the Blueprint has so far, completed by drawing."""
    from tools.evolution.response import searchable
    from tools.evolution.style_text import write_text
    from tools.generation.renderer import parameters_of

    assert blueprint.defect_type is not None
    names = {name for name, _, _ in searchable(blueprint.defect_type)}
    style = {
        parameter.name: float(f"{parameter.draw_value(seed, 'lineup', 0):.3g}")
        for parameter in parameters_of(blueprint.defect_type)
        if parameter.draw and parameter.name in names
    }
    return write_text({**style, **dict(blueprint.style)})


def open_session(context: Context, lineup: LineupMemory, start: str = "") -> Session:
    """The session of a lineup: a new one from the start text where nothing was shown yet, else as it stands."""
    from tools.evolution.session import Session, Shown, State, Turn
    from tools.generation.registry import get_generator
    from tools.vision.images import load_image

    state = State(
        [Shown(candidate.text, candidate.parent) for candidate in lineup.candidates],
        [
            Turn(answer.choice, answer.left, answer.right, answer.reason, answer.repeat, answer.target)
            for answer in lineup.answers
        ],
        lineup.left,
        lineup.right,
        lineup.repeat,
    )
    first = lineup.candidates[0].text if lineup.candidates else start
    # The look on the table is the candidate's text alone, so a look that was chosen before must not show through.
    blueprint = drawable(context).model_copy(update={"style": {}})
    photo = load_image(lineup.photo)
    return Session(
        blueprint,
        photo,
        lineup.seed,
        get_generator("renderer"),
        start=first,
        folder=folder(context, lineup),
        state=state,
    )


def folder(context: Context, lineup: LineupMemory) -> Path:
    """Where the session's pictures lie."""
    return context.settings.data_dir / "lineups" / lineup.id


def keep(context: Context, lineup: LineupMemory, session: Session) -> None:
    """Write the session's state into the memory, and draw the candidates that are new."""
    from agent.toolbelt.pictures import save_candidate
    from tools.evolution.style_text import compile_text

    defect_type = str(context.part.blueprint.defect_type) if context.part.blueprint else ""
    state = session.state
    for number in range(len(lineup.candidates), len(state.candidates)):
        shown = state.candidates[number]
        candidate = Candidate(style=compile_text(shown.text, defect_type).style, text=shown.text, parent=shown.parent)
        candidate.picture = save_candidate(session.draw(number), folder(context, lineup), number + 1)
        lineup.candidates.append(candidate)
    lineup.answers = [
        Answered(
            left=turn.left,
            right=turn.right,
            choice=turn.kind,
            reason=turn.reason,
            repeat=turn.repeat,
            target=turn.target,
        )
        for turn in state.turns
    ]
    lineup.left, lineup.right, lineup.repeat = state.left, state.right, state.repeat
    lineup.champion = session.champion


def explain(context: Context, lineup: LineupMemory, session: Session) -> str:
    """What is different in the new picture and why, and how much is left to ask; in words."""
    language = context.language
    said = [_change(context, lineup, session)]
    if lineup.champion is not None:
        percent = min(99, round(100 * session.chance()))
        key = "lineup_settled" if session.finished() else "lineup_left"
        said.append(say(key, language, percent=percent, count=session.remaining()))
    consistency = session.consistency()
    if consistency is not None and lineup.answers and lineup.answers[-1].repeat:
        said.append(say("lineup_consistency", language, percent=round(100 * consistency)))
    return " ".join(part for part in said if part)


def _change(context: Context, lineup: LineupMemory, session: Session) -> str:
    from agent.reading.reason import reason_word
    from tools.evolution.words import difference

    language = context.language
    if lineup.repeat:
        return say("lineup_repeat", language)
    if lineup.champion is None:
        return ""
    new = lineup.right if lineup.left == lineup.champion else lineup.left
    looks = session.looks(new), session.looks(lineup.champion)
    if looks[0] is None or looks[1] is None:
        return ""
    words = difference(looks[0], looks[1], language)
    reason = lineup.answers[-1].reason if lineup.answers else None
    because = " " + say("lineup_because", language, reason=reason_word(reason, language)) if reason else ""
    key = "lineup_changed" if words else "lineup_unchanged"
    # By their places in the pair that is shown: the numbers of the family tree would be a second numbering.
    place, other = ("1", "2") if new == lineup.left else ("2", "1")
    return say(key, language, number=place, kept=other, changes=_listed(words, language), because=because)


def _listed(words: tuple[str, ...], language: str) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {say('word_and', language)} {words[-1]}"


def frontier(context: Context, lineup: LineupMemory, session: Session) -> Picture | None:
    """The picture of how the session went; None before the first answer."""
    if not lineup.answers:
        return None
    from tools.evolution.pictures import Node, frontier_picture
    from tools.vision.images import save_png

    closeness = session.closeness()
    nodes = [
        Node(str(number + 1), one.parent, closeness[number], best=number == lineup.champion, thumbnail=_thumbnail(one))
        for number, one in enumerate(lineup.candidates)
    ]
    across, up = say("frontier_across", context.language), say("frontier_up", context.language)
    image = frontier_picture(session.history(), nodes, across, up)
    name = f"frontier-{len(lineup.answers):03d}-{len(lineup.candidates):03d}.png"
    path = save_png(folder(context, lineup) / name, image)
    return Picture(path=path, caption=say("frontier_caption", context.language))


def _thumbnail(candidate: Candidate) -> RgbImage | None:
    from agent.toolbelt.pictures import thumbnail
    from tools.vision.images import load_image

    if candidate.picture is None or candidate.picture.crop_path is None:
        return None
    return thumbnail(load_image(candidate.picture.crop_path), THUMBNAIL_PX)
