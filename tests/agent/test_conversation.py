"""The same conversations with the embedded model and with a scripted tool-calling one."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langgraph.checkpoint.memory import InMemorySaver

from agent.conversation import Conversation
from agent.settings import Settings
from agent.toolbelt.work import InlineRunner
from tests.agent.scripted import ScriptedModel
from tools.vision.images import save_png

RENDERED = ("use_rendered_parts", {"kind": "brass", "count": 4})
SCRIPT: dict[str, Any] = {
    "a 3 mm scratch on brass": [("describe_defect", {"text": "a 3 mm scratch on brass"})],
    "a scratch on brass": [("describe_defect", {"text": "a scratch on brass"})],
    "wider, and two of them": [("refine_blueprint", {"text": "wider, and two of them"})],
    "undo": [("undo", {})],
    "show me": [("show_lineup", {})],
    "use 4 rendered brass parts": [RENDERED],
    "make 2 images": [("export_dataset", {"count": 2})],
    "a 3 mm scratch on brass and then make 2 images": [
        ("describe_defect", {"text": "a 3 mm scratch on brass"}),
        ("export_dataset", {"count": 2}),
    ],
    "fit a pixel detector": [("fit_detector", {"detector": "pixel"})],
    "inspect one of the generated images": [("inspect_images", {"sculpted": 1})],
    "inspect this": [("inspect_images", {})],
    "here are photos of good parts": [("add_photos", {})],
    "why was it rejected?": [("discuss_verdict", {})],
    "this part is good, you are wrong": [("discuss_verdict", {"opinion": "good"})],
    "write the report": [("write_report", {})],
    "one pixel is 0.05 mm": [("set_scale", {"mm_per_px": 0.05})],
    "what causes scratches on brass?": [("ask_knowledge", {"question": "what causes scratches on brass?"})],
    "make 800 images": [("export_dataset", {"count": 800})],
    "switch to part flange": [("switch_part", {"name": "flange"})],
    "darker please": [("refine_blueprint", {"text": "darker please"}), ("show_lineup", {})],
}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("conversations")


@pytest.fixture(params=["offline", "scripted"])
def conversation(request: pytest.FixtureRequest, data_dir: Path) -> Conversation:
    model = ScriptedModel(script=SCRIPT) if request.param == "scripted" else None
    settings = Settings(data_dir=data_dir, _env_file=None)
    return Conversation(settings, uuid.uuid4().hex, model=model, runner=InlineRunner(), checkpointer=InMemorySaver())


def say(conversation: Conversation, text: str, *files: Path) -> list[Any]:
    return list(conversation.send(text, files))


def kinds(events: list[Any]) -> list[str]:
    return [event.kind for event in events if event.kind != "progress"]


def errors(events: list[Any]) -> list[str]:
    return [event.text for event in events if event.kind == "error"]


def test_a_description_becomes_a_blueprint(conversation: Conversation) -> None:
    events = say(conversation, "a 3 mm scratch on brass")
    assert kinds(events) == ["blueprint", "text"]
    blueprint = conversation.blueprint
    assert blueprint is not None
    assert (blueprint.defect_type, blueprint.material) == ("scratch", "brass")
    assert blueprint.geometry.length_mm is not None
    assert blueprint.geometry.length_mm.min == 3.0
    assert conversation.pending is None


def test_an_unknown_size_is_asked_for_once_and_taken(conversation: Conversation) -> None:
    events = say(conversation, "a scratch on brass")
    assert events[-1].kind == "question"
    assert events[-1].field == "geometry.length_mm"
    assert conversation.pending == events[-1]
    assert "error" not in kinds(say(conversation, "5"))
    assert conversation.blueprint is not None
    assert conversation.blueprint.geometry.length_mm is not None
    assert conversation.blueprint.geometry.length_mm.max == 5.0
    assert conversation.pending is None


def test_the_answer_may_be_left_to_us(conversation: Conversation) -> None:
    say(conversation, "a scratch on brass")
    assert "error" not in kinds(say(conversation, "you choose"))
    assert conversation.pending is None
    say(conversation, "use 4 rendered brass parts")
    assert kinds(say(conversation, "show me"))[-1] == "lineup"


@pytest.mark.parametrize(("text", "bound"), [("make 0 images", "count ≥ 1"), ("make -5 images", "count ≥ 1")])
def test_a_request_that_cannot_be_made_is_told(text: str, bound: str, data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir, _env_file=None)
    talk = Conversation(settings, uuid.uuid4().hex, runner=InlineRunner(), checkpointer=InMemorySaver())
    say(talk, "use 4 rendered brass parts")
    say(talk, "a 3 mm scratch on brass")
    events = say(talk, text)
    assert kinds(events) == ["text"]
    assert bound in events[0].text
    assert kinds(say(talk, "make 1 image"))[-1] == "text"


def test_refine_and_undo(conversation: Conversation) -> None:
    say(conversation, "a 3 mm scratch on brass")
    say(conversation, "wider, and two of them")
    assert conversation.blueprint is not None
    assert conversation.blueprint.version == 2
    assert conversation.blueprint.count is not None
    assert conversation.blueprint.count.min == 2
    say(conversation, "undo")
    assert conversation.blueprint.version == 1
    assert errors(say(conversation, "undo"))


@pytest.mark.parametrize(("words", "more"), [("a thin scratch on brass", "wider"), ("ein dünner Kratzer", "breiter")])
def test_a_thin_scratch_stays_thin_and_grows_from_there(words: str, more: str, data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir, _env_file=None)
    talk = Conversation(settings, uuid.uuid4().hex, runner=InlineRunner(), checkpointer=InMemorySaver())
    assert say(talk, words)[-1].field == "geometry.length_mm", "how long it is, is still to be asked"
    thin = talk.blueprint.geometry.width_mm if talk.blueprint else None
    assert thin is not None
    say(talk, more)
    wider = talk.blueprint.geometry.width_mm if talk.blueprint else None
    assert wider is not None
    assert thin.min < wider.min
    assert wider.max < 0.25


def test_lineup_choices_until_good_enough(conversation: Conversation) -> None:
    say(conversation, "a 3 mm scratch on brass")
    assert say(conversation, "show me")[-1].kind == "question"
    lineup = say(conversation, "use rendered parts")[-1]
    assert lineup.kind == "lineup"
    assert lineup.left.path.is_file()
    assert lineup.left.mask_path.is_file()
    assert lineup.left.path.read_bytes() != lineup.right.path.read_bytes()
    for choice in ("2", "tie", "both_bad", "undo", "1"):
        assert list(conversation.choose(choice))[-1].kind == "lineup", choice
    memory = conversation.memory.current.lineup
    assert memory is not None
    assert len(memory.answers) == 3
    champion = memory.candidates[memory.champion or 0].style
    say(conversation, "good enough")
    assert conversation.blueprint is not None
    assert dict(conversation.blueprint.style) == champion
    assert conversation.pending is None


def test_the_new_pair_is_told_by_the_numbers_on_its_pictures(conversation: Conversation) -> None:
    say(conversation, "a 3 mm scratch on brass")
    say(conversation, "use 4 rendered brass parts")
    say(conversation, "show me")
    for choice in ("2", "1", "2"):
        told = list(conversation.choose(choice))[-1].why
        lineup = conversation.memory.current.lineup
        assert lineup is not None
        kept = "1" if lineup.left == lineup.champion else "2"
        if "In the new pair" in told:
            assert f"In the new pair, {'2' if kept == '1' else '1'} " in told
            assert f" {kept}, your best so far" in told
        else:
            assert "sides swapped" in told


def test_reasons_repeats_and_the_way_back(conversation: Conversation) -> None:
    say(conversation, "a 3 mm scratch on brass")
    say(conversation, "use 4 rendered brass parts")
    lineup = say(conversation, "show me")[-1]
    assert lineup.frontier is None
    assert len(lineup.reasons) == 6
    events = say(conversation, "2, but too bright")
    assert events[-1].kind == "lineup"
    assert events[-1].frontier.path.is_file()
    assert "too bright" in events[-1].why
    assert "more choice" in events[-1].why or "good enough" in events[-1].why
    memory = conversation.memory.current.lineup
    assert memory is not None
    first = memory.champion
    assert memory.answers[0].reason == "too bright"
    assert say(conversation, events[-1].reasons[0])[-1].kind == "lineup"
    list(conversation.choose("both_bad"))
    say(conversation, f"back to {(first or 0) + 1}")
    memory = conversation.memory.current.lineup
    assert memory is not None
    assert memory.champion == first
    assert [answer.choice for answer in memory.answers] == ["2", "reason", "both_bad", "back"]
    assert "no candidate 99" in say(conversation, "back to 99")[-1].text
    moved = say(conversation, "wrong place")[-1]
    assert moved.kind == "lineup"
    assert moved.lineup_id != lineup.lineup_id
    say(conversation, "1")
    say(conversation, "good enough")
    assert conversation.blueprint is not None
    assert conversation.blueprint.version == 2
    assert conversation.blueprint.prompt


def test_a_wish_during_a_lineup_starts_it_anew(conversation: Conversation) -> None:
    say(conversation, "a 3 mm scratch on brass")
    say(conversation, "use 4 rendered brass parts")
    first = say(conversation, "show me")[-1]
    second = say(conversation, "darker please")[-1]
    assert second.kind == "lineup"
    assert second.lineup_id != first.lineup_id
    assert conversation.blueprint is not None
    assert conversation.blueprint.appearance.contrast is not None


def test_an_aside_leaves_the_question_open(conversation: Conversation) -> None:
    say(conversation, "a scratch on brass")
    events = say(conversation, "what causes scratches on brass?")
    assert kinds(events) == ["text", "question"]
    say(conversation, "4 mm")
    assert conversation.blueprint is not None
    assert conversation.blueprint.geometry.length_mm is not None


def test_mixed_request_waits_for_photos_and_goes_on(conversation: Conversation) -> None:
    assert say(conversation, "a 3 mm scratch on brass and then make 2 images")[-1].kind == "question"
    events = say(conversation, "use rendered parts")
    assert "files" in kinds(events)
    made = conversation.memory.current.latest("dataset")
    assert made is not None
    assert len(list((made.path / "ground_truth").rglob("*.png"))) == 2
    assert (made.path / "lineage.jsonl").is_file()


def test_from_description_to_report(conversation: Conversation) -> None:
    for line in ("a 3 mm scratch on brass", "use 4 rendered brass parts", "make 2 images", "fit a pixel detector"):
        assert errors(say(conversation, line)) == []
    events = say(conversation, "inspect one of the generated images")
    assert "pictures" in kinds(events)
    inspection = conversation.memory.current.latest("inspection")
    assert inspection is not None
    before = dict(inspection.facts)
    assert kinds(say(conversation, "why was it rejected?")) == ["text"]
    say(conversation, "this part is good, you are wrong")
    after = conversation.memory.current.latest("inspection")
    assert after is not None
    assert after.facts["verdict"] == before["verdict"]
    assert after.facts["opinion"] == "good"
    events = say(conversation, "write the report")
    files = next(event for event in events if event.kind == "files").files
    assert {path.suffix for path in files} == {".html", ".json"}
    report = json.loads(next(path for path in files if path.suffix == ".json").read_text())
    assert report["mm_per_px"] == conversation.memory.current.mm_per_px
    assert report["confidence"]["good_total"] == 4, "what the calibration measured on held-out good parts"
    assert report["confidence"]["promise"]


def test_own_photos_need_a_scale_for_millimetres(conversation: Conversation, tmp_path: Path) -> None:
    photos = _photos(tmp_path, 3)
    say(conversation, "here are photos of good parts", *photos)
    assert conversation.memory.current.photos is not None
    assert conversation.memory.current.photos.count == 3
    say(conversation, "a 3 mm scratch on brass")
    asked = say(conversation, "show me")[-1]
    assert asked.field == "scale"
    assert say(conversation, "one pixel is 0.05 mm")[-1].kind == "lineup"
    assert conversation.memory.current.mm_per_px == 0.05


def test_much_work_is_approved_first(conversation: Conversation) -> None:
    say(conversation, "a 3 mm scratch on brass")
    say(conversation, "use 4 rendered brass parts")
    assert say(conversation, "make 800 images")[-1].kind == "approval"
    assert "error" not in kinds(say(conversation, "no"))
    assert conversation.memory.current.latest("dataset") is None
    assert conversation.pending is None


def test_parts_are_kept_apart(conversation: Conversation) -> None:
    say(conversation, "a 3 mm scratch on brass")
    say(conversation, "switch to part flange")
    assert conversation.memory.part == "flange"
    assert conversation.blueprint is None


@pytest.mark.parametrize("name", ["empty.png", "text.png", "cut.png", "animated.gif"])
def test_bad_files_are_one_sentence_and_the_talk_goes_on(conversation: Conversation, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(_bad_file(name))
    events = say(conversation, "here are photos of good parts", tmp_path / name)
    assert errors(events)
    assert all("\n" not in sentence for sentence in errors(events))
    assert kinds(say(conversation, "a 3 mm scratch on brass"))[0] == "blueprint"


def test_missing_and_empty_folders(conversation: Conversation, tmp_path: Path) -> None:
    assert "does not exist" in errors(say(conversation, "", tmp_path / "nowhere"))[0]
    (tmp_path / "hollow").mkdir()
    assert "holds no image" in errors(say(conversation, "", tmp_path / "hollow"))[0]
    assert conversation.memory.current.photos is None


def _photos(folder: Path, count: int) -> list[Path]:
    rng = np.random.default_rng(5)
    return [save_png(folder / f"{i}.png", rng.integers(90, 150, (160, 160, 3)).astype(np.uint8)) for i in range(count)]


def _bad_file(name: str) -> bytes:
    from PIL import Image

    if name == "empty.png":
        return b""
    if name == "text.png":
        return b"this is not an image"
    import io

    buffer = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), (shade, 0, 0)) for shade in (10, 200)]
    if name == "animated.gif":
        frames[0].save(buffer, format="GIF", save_all=True, append_images=frames[1:])
        return buffer.getvalue()
    frames[0].save(buffer, format="PNG")
    return buffer.getvalue()[:60]
