"""What a tool needs before it can work, and the question to ask where it is missing."""

from __future__ import annotations

from agent.events import BlueprintEvent
from agent.state import Ask
from agent.toolbelt.base import Context
from agent.wording import say
from tools.blueprint.model import Blueprint, Origin
from tools.errors import BadInputError

_SIZES = ("length_mm", "width_mm", "depth_mm", "diameter_mm")


def need_blueprint(context: Context) -> Blueprint:
    """The Blueprint.

    Raises:
        BadInputError: there is none, or its type is unknown.
    """
    blueprint = context.part.blueprint
    if blueprint is None:
        raise BadInputError(say("no_blueprint", context.language))
    return blueprint


def drawing_question(context: Context) -> Ask | None:
    """The one question that has to be answered before a defect can be drawn, or None."""
    from agent.toolbelt.questions import open_question

    blueprint = need_blueprint(context)
    asked = open_question(context, blueprint)
    if asked is not None:
        return asked.model_copy(update={"repeat": True})
    if context.part.photos is None:
        return photos_question(context)
    has_mm = any(getattr(blueprint.geometry, name) is not None for name in _SIZES)
    if has_mm and scale_of(context) is None:
        options = [say(key, context.language) for key in ("option_scale_px", "option_scale_width", "option_unknown")]
        return Ask(
            kind="question", field="scale", text=say("ask_scale", context.language), options=options, repeat=True
        )
    return None


def photos_question(context: Context) -> Ask:
    """Where the good photos come from."""
    options = [say("option_attach", context.language), say("option_rendered", context.language)]
    return Ask(kind="question", field="photos", text=say("ask_photos", context.language), options=options, repeat=True)


def show_card(context: Context, blueprint: Blueprint | None) -> None:
    """Show the Blueprint as a card, with the scale of the part's photos; nothing where there is none."""
    part = context.part
    if blueprint is not None:
        context.emit(BlueprintEvent(blueprint=blueprint, mm_per_px=part.mm_per_px, scale_origin=part.scale_origin))


def scale_of(context: Context) -> float | None:
    """Millimetres per pixel: the Blueprint's own, else the part's."""
    blueprint = context.part.blueprint
    return (blueprint.mm_per_px if blueprint else None) or context.part.mm_per_px


def drawable(context: Context) -> Blueprint:
    """The Blueprint as it is drawn: with the part's scale and the look that was chosen so far."""
    blueprint = need_blueprint(context)
    updates: dict[str, object] = {"mm_per_px": scale_of(context)}
    if blueprint.mm_per_px is None and context.part.mm_per_px is not None:
        updates["origin"] = {**blueprint.origin, "mm_per_px": Origin(context.part.scale_origin)}
    lineup = context.part.lineup
    if lineup and lineup.open and lineup.champion is not None:
        updates["style"] = lineup.candidates[lineup.champion].style
    return blueprint.model_copy(update=updates)
