"""Talk about an inspection and its detector: which photo, the worst, how good it is; in the language of the talk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.models.offline.plan import make_plan
from agent.settings import Settings
from agent.state import Made, Memory
from agent.toolbelt.base import Context, Outcome
from agent.toolbelt.inspections import discuss_verdict, worst_photo
from agent.toolbelt.judged import inspection_facts, read_records
from agent.toolbelt.library import list_library
from agent.toolbelt.quality import detector_quality
from agent.toolbelt.reasons import reasons_in_words
from agent.wording import say
from tests.agent.report.conftest import make_record, make_region, make_second
from tools.errors import BadInputError

OK = "score 1 lies below the threshold 2.5 and no region is left"
RECORDS = (
    make_record((), input="/photos/bolt_1.png", verdict="ok", score=1.0, reasons=(OK,)),
    make_record([make_second()], input="/photos/bolt_2.png", score=3.0),
    make_record([make_region(severity="moderate")], input="/photos/bolt_3.png", score=9.0),
    make_record([make_region(severity="critical")], input="/photos/bolt_4.png", score=4.0),
)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    folder = tmp_path / "inspection"
    folder.mkdir()
    lines = "".join(record.model_dump_json() + "\n" for record in RECORDS)
    (folder / "results.jsonl").write_text(lines, encoding="utf-8")
    context = Context(Settings(data_dir=tmp_path, database_url=None, _env_file=None), Memory())
    facts = inspection_facts(read_records(folder), "en")
    context.part.made.append(Made(kind="inspection", name="inspection-1", path=folder, facts=facts))
    return context


def situation(context: Context, **more: Any) -> dict[str, Any]:
    made = context.part.latest("inspection")
    assert made is not None
    return {"language": "en", "part": "part", "parts": ["part"], "detectors": 1, "last_inspection": made.facts, **more}


def told(outcome: Outcome, language: str = "en") -> str:
    return say(outcome.code, language, **outcome.facts)


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("why is bolt_2 bad?", "bolt_2.png"),
        ("what is wrong with bolt_3.png?", "bolt_3.png"),
        ("why is the third one bad?", "bolt_3.png"),
        ("where is the defect on photo 2?", "bolt_2.png"),
        ("warum ist bolt_4 schlecht?", "bolt_4.png"),
        ("wieso wurde das zweite abgelehnt?", "bolt_2.png"),
        ("why is the worst one bad?", "bolt_3.png"),
        ("and bolt_1?", "bolt_1.png"),
        ("was ist mit bolt_2?", "bolt_2.png"),
    ],
)
def test_a_question_about_a_photo_is_answered_for_that_photo(context: Context, text: str, image: str) -> None:
    (call,) = make_plan(text, situation(context)).calls
    assert call["name"] == "discuss_verdict"
    arguments = {"opinion": None, **call["args"]}
    assert discuss_verdict(context, **arguments).facts["image"] == image
    again = discuss_verdict(context, None, None)
    assert again.facts["image"] == image, "the talk goes on about it"


@pytest.mark.parametrize(
    ("text", "tool"),
    [("inspect bolt_2.png again", "inspect_images"), ("write the report on bolt_2", "write_report"),
     ("the second one", "recall_defect")],
)  # fmt: skip
def test_other_requests_may_name_a_photo_too(context: Context, text: str, tool: str) -> None:
    now = situation(context, blueprint={"version": 1}, defects=["scratch", "dent"])
    (call,) = make_plan(text, now).calls
    assert call["name"] == tool
    if tool == "write_report":
        assert call["args"]["image"] == "bolt_2.png"


def test_a_photo_that_was_not_inspected_is_an_error_with_the_names(context: Context) -> None:
    for text in ("why is bolt_9.png bad?", "why is the ninth one bad?"):
        (call,) = make_plan(text, situation(context)).calls
        with pytest.raises(BadInputError, match=r"bolt_1\.png"):
            discuss_verdict(context, None, call["args"]["image"])


@pytest.mark.parametrize(
    "text",
    [
        "which one is the worst?",
        "show me the worst part",
        "which has the highest score?",
        "welches ist das schlimmste?",
        "welches Teil ist am schlechtesten?",
    ],
)
def test_the_worst_by_verdict_and_score_and_where(context: Context, text: str) -> None:
    (call,) = make_plan(text, situation(context)).calls
    assert call["name"] == "worst_photo"
    found = worst_photo(context)
    assert (found.code, found.facts["image"], found.facts["score"]) == ("worst_photo", "bolt_3.png", "9")
    assert "top left" in found.facts["worst"]
    assert "bolt_4.png" in found.facts["graver"], "another one has the more severe region"


@pytest.mark.parametrize("text", ["bolt_2 is good, you are wrong", "bolt_2 ist gut"])
def test_an_opinion_is_kept_for_its_photo(context: Context, text: str) -> None:
    (call,) = make_plan(text, situation(context)).calls
    assert call["args"] == {"opinion": "good", "image": "bolt_2.png"}
    assert discuss_verdict(context, **call["args"]).code == "verdict_disputed_good"
    made = context.part.latest("inspection")
    assert made is not None
    assert made.facts["opinions"] == {"bolt_2.png": "good"}


def test_an_inspection_in_english_is_told_in_german(context: Context) -> None:
    context.memory.language = "de"
    first = discuss_verdict(context, None, "bolt_1")
    assert first.facts["verdict_text"] == "in Ordnung"
    assert first.facts["reasons"].startswith("Wert 1 liegt unter der Schwelle 2,5")
    second = told(discuss_verdict(context, None, "2"), "de")
    assert "nicht in Ordnung" in second
    assert "not good" not in second
    library = told(list_library(context, "inspection", None), "de")
    assert "nicht in Ordnung: 3" in library


@pytest.mark.parametrize(
    "reason",
    [
        OK,
        "score 12.5 reaches the threshold 9.3",
        "score 12.5 reaches the threshold 9.3, though no region is left to show",
        "score 2.1 lies between the review threshold 2 and the NG threshold 2.5",
        "a region at top_left reaches 3.1, between the review threshold 3 and the NG threshold 4",
        "anomaly of 80 px at center: highest score 34.39, threshold 12.25 (3.0 times the distance from a good pixel to "
        "the threshold)",
        "crack of 4.21 mm at top_left: highest score 5, threshold 2.4 (12% of the picture's diagonal long)",
        "the picture is blank: it has no contrast at all",
        "the picture is much more blurred than every good one",
        "the picture does not look like this product (distance 0.40, limit 0.20)",
        "the part has moved by about +12 px in x and -3 px in y",
    ],
)
def test_every_reason_has_german_words(reason: str) -> None:
    german = reasons_in_words((reason,), "de")
    assert german != reason
    assert not {"the", "score", "threshold", "picture", "region"} & set(german.split())
    assert reasons_in_words((reason,), "en") == reason


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tools.detection.fit import fit_bundle
    from tools.vision.images import save_png

    folder, rng = tmp_path_factory.mktemp("bundle"), np.random.default_rng(3)
    for number in range(6):
        save_png(folder / "good" / f"{number}.png", rng.integers(110, 140, (64, 64, 3)).astype(np.uint8))
    fit_bundle(folder / "good", folder / "out", detector="pixel", backbone="none", folds=3)
    return folder / "out"


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("show me the false alarms", "false_alarms"),
        ("how good is the detector?", "all"),
        ("how small a defect can you find?", "smallest"),
        ("how sure are you?", "promise"),
        ("zeig mir die Fehlalarme", "false_alarms"),
        ("Wie gut ist der Detektor?", "all"),
        ("wie klein darf ein Kratzer sein, damit du ihn findest?", "smallest"),
        ("wie sicher bist du?", "promise"),
        ("what is the false positive rate of this thing", "false_alarms"),
    ],
)
@pytest.mark.parametrize("inspected", [True, False])
def test_questions_about_the_detector_reach_its_card(context: Context, text: str, topic: str, inspected: bool) -> None:
    now = situation(context) if inspected else {"language": "en", "detectors": 1}
    calls = make_plan(text, now).calls
    assert calls[-1]["name"] == "detector_quality"
    assert calls[-1]["args"].get("topic", "all") == topic
    assert len(calls) == (2 if topic == "promise" and inspected else 1)


def test_what_the_card_says_and_what_is_not_known(context: Context, bundle: Path) -> None:
    with pytest.raises(BadInputError, match="train a detector"):
        detector_quality(context, "all")
    context.part.made.append(Made(kind="detector", name="pixel-1", path=bundle))
    card = json.loads((bundle / "calibration_card.json").read_text())["calibration"]
    found = detector_quality(context, "all")
    assert found.facts["guaranteed"] is False
    assert (found.facts["above"], found.facts["held_out"]) == (card["above"], card["held_out"])
    assert found.facts["more"] == card["more_good_needed"]
    assert "not guaranteed" in found.facts["answer"]
    assert "redrabbit bundle pod" in found.facts["answer"]
    context.memory.language = "de"
    assert "garantiert ist das noch nicht" in detector_quality(context, "promise").facts["answer"]


def test_the_drawn_check_and_the_smallest_size_where_they_were_measured(context: Context, bundle: Path) -> None:
    facts = {"drawn": {"drawn": 6, "flagged": 4, "defect": "scratch"}}
    context.part.made.append(Made(kind="detector", name="pixel-1", path=bundle, facts=facts))
    curves = [{"defect_type": "scratch", "unit": "mm", "a90_95": 1.7}]
    (bundle / "pod.json").write_text(json.dumps({"curves": curves}))
    try:
        answer = detector_quality(context, "smallest").facts["answer"]
    finally:
        (bundle / "pod.json").unlink()
    assert "1.7 mm" in answer
    assert "of 6 (scratch)" in answer
    assert "flags 4" in answer


def test_false_alarms_are_those_that_the_user_calls_good(context: Context, bundle: Path) -> None:
    context.part.made.append(Made(kind="detector", name="pixel-1", path=bundle))
    unknown = detector_quality(context, "false_alarms").facts["answer"]
    assert "I cannot know" in unknown
    assert all(f"bolt_{number}.png" in unknown for number in (2, 3, 4))
    discuss_verdict(context, "good", "bolt_2")
    called = detector_quality(context, "false_alarms").facts["answer"]
    assert called.startswith("**False alarms by your word:** bolt_2.png.")
