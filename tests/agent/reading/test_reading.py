"""The small readers: numbers, choices, scales, names and requests."""

from __future__ import annotations

from typing import Any

import pytest

from agent import reading


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("20 images", [20]),
        ("1,000 images", [1000]),
        ("2k pictures", [2000]),
        ("twenty-five", [25]),
        ("a hundred and fifty", [150]),
        ("zwei Dutzend", [24]),
        ("fünfundzwanzig Bilder", [25]),
        ("3 million images", [3_000_000]),
        ("2 thousand images", [2000]),
        ("a 3.5 mm scratch", []),
        ("that one", []),
        ("", []),
    ],
)
def test_integers(text: str, numbers: list[int]) -> None:
    assert reading.read_integers(text) == numbers


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("1", "1"),
        ("the second one", "2"),
        ("I like the left one better", "1"),
        ("das rechte sieht besser aus", "2"),
        ("one is better than two", "1"),
        ("both are bad", "both_bad"),
        ("neither of these", "both_bad"),
        ("beide schlecht", "both_bad"),
        ("no difference", "tie"),
        ("gleich gut", "tie"),
        ("undo", "undo"),
        ("good enough", "accept"),
        ("the second is good enough", "accept 2"),
        ("nehmen wir das zweite", "accept 2"),
        ("no, I meant a crack", None),
        ("two of them, and wider", None),
        ("make 2 images", None),
        ("what causes cracks on the left?", None),
    ],
)
def test_choice(text: str, choice: str | None) -> None:
    assert reading.read_choice(text) == choice


@pytest.mark.parametrize(
    ("text", "answer"), [("yes please", True), ("ja, mach", True), ("No.", False), ("maybe", None)]
)
def test_yes_no(text: str, answer: bool | None) -> None:
    assert reading.read_yes_no(text) is answer


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("one pixel is 0.05 mm", {"mm_per_px": 0.05}),
        ("40 microns per px", {"mm_per_px": 0.04}),
        ("20 px per mm", {"mm_per_px": 0.05}),
        ("10 mm is 200 pixels", {"mm_per_px": 0.05}),
        ("scale: 0.1 mm/px", {"mm_per_px": 0.1}),
        ("ein Pixel entspricht 0,02 mm", {"mm_per_px": 0.02}),
        ("the tile is 60 mm across in the picture", {"width_mm": 60.0}),
        ("the part is 12 cm tall", {"height_mm": 120.0}),
        ("an area of 64 x 48 mm", {"width_mm": 64.0, "height_mm": 48.0}),
        ("I have no clue", None),
        ("0 px per mm", None),
        ("1 pixel is 5 bananas", None),
        ("pixel size 0.05 please", {"mm_per_px": 0.05}),
    ],
)
def test_scale(text: str, found: dict[str, float] | None) -> None:
    scale = reading.read_scale(text)
    assert scale == (pytest.approx(found) if found else None)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("make 20 images", 20),
        ("a 3 mm scratch, 20 images", 20),
        ("50 of them as coco", 50),
        ("twenty pictures with masks", 20),
        ("make images with seed 7", None),
        ("erzeuge 30 Bilder", 30),
        ("export it", None),
        ("make -5 images", -5),
        ("a set of 20-30 images", 30),
    ],
)
def test_count(text: str, count: int | None) -> None:
    assert reading.read_count(text) == count


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("switch to the gear housing", "gear housing"),
        ("now let's do another product, the gear housing", "gear housing"),
        ("jetzt ein anderes Teil: Getriebegehäuse", "Getriebegehäuse"),
        ("wechsle zum Bauteil Deckel", "Deckel"),
        ('a part called "Flange 7"', "Flange 7"),
        ("start on a different part", None),
        ("new part", None),
    ],
)
def test_part_name(text: str, name: str | None) -> None:
    assert reading.read_part_name(text) == name


@pytest.mark.parametrize(
    ("reader", "text", "found"),
    [
        (reading.read_versions, "compare version 1 and 3", [1, 3]),
        (reading.read_versions, "diff v1 v3", [1, 3]),
        (reading.read_versions, "go back", []),
        (reading.read_format, "as YOLO please", "yolo"),
        (reading.read_format, "make 20", None),
        (reading.read_language, "answer in German", "de"),
        (reading.read_report_formats, "as PDF and html", ["pdf", "html"]),
        (reading.read_seed, "with seed 12", 12),
        (reading.read_days_ago, "the one from yesterday", 1),
        (reading.read_opinion, "that is a false alarm", "good"),
        (reading.read_opinion, "it is scrap", "bad"),
        (reading.read_opinion, "why is it bad?", None),
        (reading.read_ordinal, "the third one", 3),
        (reading.read_ordinal, "das zweite", 2),
    ],
)
def test_requests(reader: Any, text: str, found: Any) -> None:
    assert reader(text) == found


@pytest.mark.parametrize(("text", "item"), [("the third one", 3), ("number 2", 2), ("the last one", 4), ("hm", None)])
def test_item(text: str, item: int | None) -> None:
    assert reading.read_item(text, 4) == item
