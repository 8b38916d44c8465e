"""Texts that the checker once misjudged stay judged rightly."""

import pytest

from evals.report.scenes import scenes
from evals.report.unseen import batches, misjudged
from tools.detection.regions import UNKNOWN_TYPE

KNOWN_MISTAKES = {"Die Greiferbacken auf Grate prüfen."}
"""German words for an English record: the word list lacks "Greiferbacken"."""


@pytest.mark.parametrize("number", range(len(batches())))
def test_what_is_misjudged_is_known(number: int):
    assert {one["text"] for one in misjudged(batches()[number]["texts"])} <= KNOWN_MISTAKES


def test_every_text_has_a_scene_and_its_evidence():
    known = scenes()
    for batch in batches():
        for one in batch["texts"]:
            ids = {region.id for region in known[one["scene"]].regions}
            assert all(name in ids for name in one["evidence"].split() if name.startswith("r-"))
    assert known["bracket_review"].regions[0].type == UNKNOWN_TYPE
