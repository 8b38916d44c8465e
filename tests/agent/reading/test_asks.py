"""Closed kinds of sentences."""

import pytest

from agent.reading import read_choice, read_yes_no
from agent.reading.asks import (
    asks_quality,
    asks_sure,
    asks_term,
    read_detector,
    read_this_part,
    read_training_count,
    wants_restart,
    wants_training,
)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("show me the false alarms", "false_alarms"),
        ("how many false positives do we have?", "false_alarms"),
        ("welche Fehlalarme gab es?", "false_alarms"),
        ("that's a false alarm", None),
        ("das ist ein Fehlalarm", None),
        ("this is a false positive, the part is good", None),
        ("how good is the detector?", "all"),
        ("can we rely on this model?", "all"),
        ("Wie zuverlässig ist der Detektor?", "all"),
        ("how small a defect can you find?", "smallest"),
        ("what's the smallest scratch it detects?", "smallest"),
        ("wie kleine Fehler findet der Detektor?", "smallest"),
        ("how big is the region you found", None),
        ("how do you detect pinholes", None),
    ],
)
def test_what_is_asked_of_the_detector(text: str, topic: str | None) -> None:
    assert asks_quality(text) == topic


@pytest.mark.parametrize(
    "text", ["how sure are you?", "are you certain", "wie sicher bist du dir?", "Sind Sie sicher?"]
)
def test_how_sure(text: str) -> None:
    assert asks_sure(text)


@pytest.mark.parametrize(
    "text", ["start over", "let's start again, please", "restart", "fang nochmal von vorne an", "alles zurücksetzen"]
)
def test_starting_over_is_no_yes(text: str) -> None:
    assert wants_restart(text)
    assert read_yes_no(text) is None


@pytest.mark.parametrize("text", ["start", "start over with a dent", "start training", "von vorne gesehen ein Kratzer"])
def test_other_beginnings(text: str) -> None:
    assert not wants_restart(text)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("what is a Blueprint?", "blueprint"),
        ("was ist denn ein Blueprint?", "blueprint"),
        ("what do you mean by bundle", "bundle"),
        ("what is the blueprint", None),
        ("show the blueprint", None),
    ],
)
def test_a_word_of_ours(text: str, topic: str | None) -> None:
    assert asks_term(text) == topic


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("the part is a magnetic tile", "magnetic tile"),
        ("our product is called gear housing.", "gear housing"),
        ("das Teil ist eine Magnetkachel", "Magnetkachel"),
        ("unser Bauteil heißt Deckel links", "Deckel links"),
        ("the part is a good one", None),
        ("the part is 80 mm wide", None),
        ("das Teil ist ein Gutteil", None),
    ],
)
def test_what_the_part_is_called(text: str, name: str | None) -> None:
    assert read_this_part(text) == name


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("train on 5 images", 5),
        ("please train it with only 12 good photos", 12),
        ("trainiere auf 5 Bildern", 5),
        ("auf 20 Fotos trainieren", 20),
        ("train a detector on these 5 photos", None),
        ("retrain with the 3 new photos", None),
    ],
)
def test_training_on_so_many(text: str, count: int | None) -> None:
    assert wants_training(text)
    assert read_training_count(text) == count


@pytest.mark.parametrize("text", ["make 20 images to train on", "training data please", "train set of 20 images"])
def test_training_images_are_no_training(text: str) -> None:
    assert not wants_training(text)


def test_detectors_by_name() -> None:
    known = ("patchcore", "unet_tiny")
    assert read_detector("train patchcore on these", known) == "patchcore"
    assert read_detector("fit a unet tiny", known) == "unet_tiny"
    assert read_detector("train a detector called nonsense", known) == "nonsense"
    assert read_detector("trainiere ein Modell namens Quatsch", known) == "quatsch"
    assert read_detector("train a detector again", known) is None


@pytest.mark.parametrize(
    "text",
    ["ja, so soll er aussehen", "genau so soll es sein", "so muss der Kratzer aussehen", "that is how it should look"],
)
def test_an_approval(text: str) -> None:
    assert read_choice(text) == "accept"


@pytest.mark.parametrize("text", ["nein, so soll er nicht aussehen", "not good enough", "that isn't good enough"])
def test_a_denied_approval(text: str) -> None:
    assert read_choice(text) is None
