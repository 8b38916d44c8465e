"""The embedded model: routing, plans for messages, what it asks back."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from agent.models.offline.gloss import gloss, mend
from agent.models.offline.plan import intents_of, make_plan
from agent.models.offline.router import fit_router, get_router, load_router
from agent.models.offline.seeds import Phrase, expand, read_phrases

BLUEPRINT = {"version": 1, "summary": "scratch, on brass", "defect_type": "scratch", "text": "a scratch"}
BUSY: dict[str, Any] = {
    "language": "en",
    "parts": ["part"],
    "blueprint": BLUEPRINT,
    "defects": ["scratch, on brass", "dent"],
    "photos": {"count": 4, "source": "own", "kind": ""},
    "data_sets": 1,
    "detectors": 1,
    "last_inspection": {"verdict": "ng"},
}


@pytest.mark.parametrize(
    ("text", "tools"),
    [
        ("a 3 mm scratch on brass", ["describe_defect"]),
        ("a 3 mm scratch on brass and then make 20 images", ["describe_defect", "export_dataset"]),
        ("ein Riss im Glas, dann zeig es mir", ["describe_defect", "show_lineup"]),
        ("train a detector and inspect tile_07.png", ["fit_detector", "inspect_images"]),
        ("hello! a 2 mm dent on steel please", ["describe_defect"]),
    ],
)
def test_plans_without_anything_there(text: str, tools: list[str]) -> None:
    assert intents_of(make_plan(text, {"language": "en"})) == tools


@pytest.mark.parametrize(
    ("text", "tools"),
    [
        ("wider, and two of them", ["refine_blueprint"]),
        ("no, I meant a crack", ["refine_blueprint"]),
        ("the second one", ["recall_defect"]),
        ("back to the dent", ["recall_defect"]),
        ("why?", ["discuss_verdict"]),
        ("undo", ["undo"]),
        ("make it darker, then show me", ["refine_blueprint", "show_lineup"]),
    ],
)
def test_plans_in_the_middle_of_work(text: str, tools: list[str]) -> None:
    assert intents_of(make_plan(text, BUSY)) == tools


@pytest.mark.parametrize("text", ["a dark crack, 20 mm", "a stain, 8 mm", "a scratch, 3 x 5 mm"])
@pytest.mark.parametrize("situation", [{"language": "en"}, BUSY])
def test_a_size_behind_a_comma_stays_with_its_defect(text: str, situation: dict[str, Any]) -> None:
    calls = make_plan(text, situation).calls
    assert [call["args"]["text"] for call in calls] == [text]


@pytest.mark.parametrize(
    ("text", "count"), [("inspect one of the generated images", 1), ("inspect all of the generated images", 1000)]
)
def test_one_or_all_of_the_own_images(text: str, count: int) -> None:
    (call,) = make_plan(text, BUSY).calls
    assert (call["name"], call["args"]["sculpted"]) == ("inspect_images", count)


def test_words_before_a_blueprint_describe() -> None:
    assert intents_of(make_plan("three small chips, wider than long", {"language": "en"})) == ["describe_defect"]


@pytest.mark.parametrize(
    ("situation", "tools"),
    [({"attachment_count": 3}, ["add_photos"]), ({**BUSY, "attachment_count": 1}, ["inspect_images"])],
)
def test_images_without_words(situation: dict[str, Any], tools: list[str]) -> None:
    assert intents_of(make_plan("", situation, files=True)) == tools


def test_images_whose_purpose_is_open_are_asked_about() -> None:
    assert make_plan("", {**BUSY, "attachment_count": 5}, files=True).unsure == ("attachment",)


def test_smalltalk_needs_no_tool() -> None:
    assert make_plan("good morning", {}).say == "greeting"
    assert make_plan("", {}).say == "empty_message"


@pytest.mark.parametrize("text", ["xq zv wkk", "…", "🐇", "hmm"])
def test_nonsense_calls_nothing_that_changes_anything(text: str) -> None:
    assert set(intents_of(make_plan(text, BUSY))) <= {"ask_user"}


def test_the_shipped_coefficients_are_those_of_the_seeds() -> None:
    from agent.models.offline.router import SHIPPED, seeds_key

    assert load_router(SHIPPED).key == seeds_key(), "run python -m agent.models.offline.router"


def test_no_pickle_and_the_same_answers_after_saving(tmp_path: Path) -> None:
    words = (("undo", "a"), ("train", "b"), ("hello", "c"))
    phrases = [Phrase(f"{word} {i}", name, "en", i) for i in range(12) for word, name in words]
    router = fit_router(phrases)
    router.save(tmp_path / "router.npz")
    again = load_router(tmp_path / "router.npz")
    assert [r.intent for r in again.route_all(["undo it", "train it"])] == ["a", "b"]
    assert again.route("undo it").confidence == pytest.approx(router.route("undo it").confidence, abs=0.01)


def test_the_held_out_utterances() -> None:
    folder = Path(__file__).parents[3] / "evals" / "routing"
    phrases = [phrase for path in sorted(folder.glob("batch_*.txt")) for phrase in read_phrases(path)]
    found = get_router().route_all([phrase.text for phrase in phrases])
    right = [routing.intent == phrase.intent for routing, phrase in zip(found, phrases, strict=True)]
    assert len(right) >= 160
    assert sum(right) / len(right) >= 0.93


def test_an_answer_takes_less_than_a_second() -> None:
    make_plan("warm up", BUSY)
    started = time.perf_counter()
    make_plan("a 3 mm scratch on brass and then make 20 images", BUSY)
    assert time.perf_counter() - started < 1.0


def test_gloss_and_typos() -> None:
    assert gloss("Zeig mir zwei Vorschläge", "de") == "show me two proposals"
    assert mend("scrach") == "scratch"
    assert mend("kubernetes") == "kubernetes"


def test_expansion_is_bounded_and_fixed() -> None:
    line = "(a|b|c|d) (a|b|c|d) (x|y)"
    assert len(expand(line)) == 12
    assert expand(line) == expand(line)
    assert expand("plain (words)") == ["plain (words)"]
