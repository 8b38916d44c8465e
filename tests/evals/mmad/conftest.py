"""A question set in the real layout: 200 questions, two data sets, tiny rendered photos."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tools.vision.images import save_png

SIDE = 64
PLACES = {"Top left.": (12, 12), "Bottom right.": (50, 50), "Top right.": (50, 12), "Bottom left.": (12, 50)}


def photo(seed: int, spot: tuple[int, int] | None = None) -> np.ndarray[Any, Any]:
    """A grey grain, with a dark spot at (x, y) where one is wanted."""
    grain = np.random.default_rng(seed).normal(150, 4, (SIDE, SIDE, 1)).repeat(3, axis=2)
    if spot is not None:
        rows, columns = np.mgrid[:SIDE, :SIDE]
        grain[(columns - spot[0]) ** 2 + (rows - spot[1]) ** 2 < 36] = 30
    return np.clip(grain, 0, 255).astype(np.uint8)


def ask(kind: str, text: str, right: str, wrong: list[str], turn: int) -> dict[str, Any]:
    """A question whose right option moves with `turn`."""
    options = list(wrong)
    options.insert(turn % (len(wrong) + 1), right)
    letters = "ABCD"[: len(options)]
    return {
        "Question": text,
        "Answer": letters[options.index(right)],
        "Options": dict(zip(letters, options, strict=True)),
        "type": kind,
        "annotation": True,
    }


def conversation(number: int, place: str | None) -> list[dict[str, Any]]:
    """The questions of one image: seven on a defective part, three on a good one."""
    answer, other = ("Yes.", "No.") if place else ("No.", "Yes.")
    asked = [ask("Anomaly Detection", "Is there any defect in the object?", answer, [other], number)]
    if place:
        there = "There is a defect in the object. "
        others = [name for name in PLACES if name != place]
        asked += [
            ask("Defect Classification", there + "What is the type of the defect?", "Hole.", ["Thread.", "Scratch.", "Bend."], number),  # noqa: E501
            ask("Defect Localization", there + "Where is the defect?", place, others, number),
            ask("Defect Description", there + "What is the appearance of the defect?", "A dark round spot.", ["A long white line.", "A bright area."], number),  # noqa: E501
            ask("Defect Analysis", there + "What is the effect of the defect?", "It weakens the part.", ["It improves the part.", "It has no effect.", "It makes it better."], number),  # noqa: E501
        ]  # fmt: skip
    asked.append(ask("Object Structure", "What is the surface?", "Grainy.", ["Striped.", "Woven.", "Tiled."], number))
    if number % 2:
        asked.append(
            ask("Object Classification", "What kind of product is it?", "Plate.", ["Bottle.", "Screw."], number)
        )
    return asked


def write_set(root: Path, defects: int, good: int) -> dict[str, Any]:
    """Write images and `mmad.json`; good parts of DS-MVTec lie in MVTec-AD, as in the benchmark."""
    entries: dict[str, Any] = {}
    names = list(PLACES)
    for dataset, category, good_folder in (("DS-MVTec", "plate", "MVTec-AD"), ("VisA", "disc", "VisA")):
        templates = [f"{good_folder}/{category}/train/good/{index:03d}.png" for index in range(8)]
        for index, template in enumerate(templates):
            save_png(root / template, photo(900 + index))
        for index in range(defects):
            place = names[index % 4]
            inside = f"image/hole/{index:03d}.png" if dataset == "DS-MVTec" else f"test/bad/{index:03d}.png"
            save_png(root / dataset / category / inside, photo(index, PLACES[place]))
            entries[f"{dataset}/{category}/{inside}"] = {
                "image_path": inside,
                "conversation": conversation(index, place),
                "mask_path": f"mask/hole/{index:03d}.png",
                "similar_templates": templates,
                "random_templates": templates[::-1],
            }
        for index in range(good):
            inside = f"test/good/{index:03d}.png"
            save_png(root / good_folder / category / inside, photo(500 + index))
            entries[f"{good_folder}/{category}/{inside}"] = {
                "image_path": inside,
                "conversation": conversation(index, None),
                "mask_path": "",
                "similar_templates": templates,
                "random_templates": templates[::-1],
            }
    (root / "mmad.json").write_text(json.dumps(entries))
    knowledge = {
        "MVTec": {"plate": {"hole": "A hole weakens the plate.", "good": "A grainy plate."}},
        "VisA": {"disc": {"bad": "A dark hole.", "good": "A grainy disc."}},
    }
    (root / "domain_knowledge.json").write_text(json.dumps(knowledge))
    return entries


@pytest.fixture(scope="session")
def two_hundred(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 questions; nothing in it is changed."""
    root = tmp_path_factory.mktemp("mmad")
    entries = write_set(root, defects=12, good=10)
    assert sum(len(entry["conversation"]) for entry in entries.values()) >= 200
    return root


@pytest.fixture
def small_set(tmp_path: Path) -> Path:
    """A few questions, for a test to change."""
    root = tmp_path / "set"
    write_set(root, defects=2, good=2)
    return root
