"""Starting over, naming the part, our own words, approving a look, and training on so many photos."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from agent.conversation import Conversation
from agent.models.offline.plan import intents_of, make_plan
from agent.settings import Settings
from agent.toolbelt.work import InlineRunner

DRAWN: dict[str, Any] = {
    "language": "en",
    "part": "part",
    "parts": ["part"],
    "blueprint": {"version": 1, "summary": "scratch", "defect_type": "scratch", "text": "a scratch"},
    "defects": ["scratch"],
    "photos": {"count": 6, "source": "own", "kind": ""},
}


@pytest.fixture
def talk(tmp_path: Path) -> Conversation:
    settings = Settings(data_dir=tmp_path, _env_file=None)
    return Conversation(settings, uuid.uuid4().hex, runner=InlineRunner(), checkpointer=InMemorySaver())


def say(talk: Conversation, *lines: str) -> list[Any]:
    events: list[Any] = []
    for line in lines:
        events = list(talk.send(line))
    return events


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("train on 5 images", 5),
        ("train a detector on these 5 photos", None),
        ("now please train with 4 good pictures", 4),
        ("trainiere auf 5 Bildern", 5),
        ("den Detektor auf diesen 5 Fotos trainieren", None),
    ],
)
@pytest.mark.parametrize("situation", [{"language": "en"}, DRAWN])
@pytest.mark.parametrize("files", [False, True])
def test_training_on_so_many_photos_trains(
    text: str, count: int | None, situation: dict[str, Any], files: bool
) -> None:
    calls = make_plan(text, situation, files=files).calls
    assert [call["name"] for call in calls] == [*(["add_photos"] if files else []), "fit_detector"]
    assert calls[-1]["args"].get("count") == count


@pytest.mark.parametrize(
    "text", ["make 20 images to train on", "I need 50 training images", "erzeuge 20 Trainingsbilder"]
)
def test_images_for_training_are_still_a_data_set(text: str) -> None:
    assert intents_of(make_plan(text, DRAWN)) == ["export_dataset"]


def test_only_so_many_photos_are_learned(talk: Conversation) -> None:
    say(talk, "use 6 rendered brass parts", "train a pixel detector on 4 images")
    made = talk.memory.current.latest("detector")
    assert made is not None
    assert (made.facts["detector"], made.facts["count"]) == ("pixel", 4)


@pytest.mark.parametrize(
    "text",
    [
        "train a detector called nonsense",
        "trainiere einen Detektor namens Quatsch",
        "train padim on these",
        "fit a fastflow detector",
    ],
)
def test_a_detector_that_nobody_knows_is_refused_with_the_known_ones(talk: Conversation, text: str) -> None:
    events = say(talk, "use 4 rendered brass parts", text)
    (error,) = [event.text for event in events if event.kind == "error"]
    assert "\n" not in error
    assert "patchcore" in error
    assert talk.memory.current.latest("detector") is None


@pytest.mark.parametrize(
    "text",
    ["train again", "trainiere neu", "fit a good detector", "train the model", "trainiere bitte", "train it now"],
)
def test_ordinary_words_are_no_detectors(text: str) -> None:
    (call,) = make_plan(text, DRAWN).calls
    assert (call["name"], call["args"]) == ("fit_detector", {})


@pytest.mark.parametrize("text", ["start over", "let's start again", "fang bitte von vorne an", "alles auf Anfang"])
def test_starting_over_keeps_what_there_was(talk: Conversation, text: str) -> None:
    say(talk, "use 4 rendered brass parts", "a scratch on brass")
    assert talk.pending is not None
    say(talk, text)
    assert talk.pending is None
    assert talk.blueprint is None
    assert talk.memory.current.photos is None
    assert talk.memory.parts["part"].defects
    say(talk, "go back to part")
    assert talk.blueprint is not None


def test_starting_over_is_no_yes_to_a_question(talk: Conversation) -> None:
    say(talk, "a 3 mm scratch on brass", "use 4 rendered brass parts", "make 800 images", "start over")
    assert talk.memory.parts["part"].latest("dataset") is None
    assert talk.blueprint is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("the part is a magnetic tile", "magnetic tile"),
        ("our product is called gear housing", "gear housing"),
        ("das Teil ist eine Magnetkachel", "Magnetkachel"),
        ("unser Bauteil heißt Deckel", "Deckel"),
    ],
)
def test_the_part_gets_its_name_and_keeps_its_defects(talk: Conversation, text: str, name: str) -> None:
    say(talk, "a 3 mm scratch on brass", text)
    assert talk.memory.part == name
    assert len(talk.memory.current.defects) == 1
    assert len(talk.memory.parts) == 1


@pytest.mark.parametrize(
    "text", ["what is a Blueprint?", "was ist eigentlich ein Blueprint?", "what does Blueprint mean"]
)
@pytest.mark.parametrize("situation", [{"language": "en"}, DRAWN])
def test_our_own_words_are_explained(text: str, situation: dict[str, Any]) -> None:
    if "mean" in text:
        text = "what do you mean by Blueprint"
    (call,) = make_plan(text, situation).calls
    assert (call["name"], call["args"]) == ("help", {"topic": "blueprint"})


def test_the_blueprint_itself_is_still_shown() -> None:
    assert intents_of(make_plan("what is the blueprint now?", DRAWN)) == ["show_blueprint"]


@pytest.mark.parametrize(
    "text", ["ja, so soll er aussehen", "genau so sollte es aussehen", "yes, that's how it should look"]
)
def test_an_approval_keeps_the_look(talk: Conversation, text: str) -> None:
    say(talk, "a 3 mm scratch on brass", "use 4 rendered brass parts", "show me", "1", text)
    assert talk.pending is None
    assert talk.blueprint is not None
    assert talk.blueprint.style
    assert talk.memory.current.lineup is not None
    assert not talk.memory.current.lineup.open


def test_a_scale_said_before_the_photos_holds(talk: Conversation, tmp_path: Path) -> None:
    import numpy as np

    from tools.vision.images import save_png

    photo = save_png(tmp_path / "good.png", np.full((64, 64, 3), 120, np.uint8))
    say(talk, "one pixel is 0.05 mm")
    list(talk.send("here are good parts", [photo]))
    assert talk.memory.current.mm_per_px == 0.05
