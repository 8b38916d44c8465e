"""What the page shows for each event, and after it is opened again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agent import events
from agent.chat.cards import FIELDS, blueprint_card, value_of, with_scale, words_of
from agent.chat.pictures import mask_overlay
from agent.chat.views import EXPORT, FIT, INSPECT, SHOW, STARTERS, View, with_folder
from agent.store.conversations import MessageRow
from tools.blueprint.model import Blueprint, CountRange, Origin, PositiveRange
from tools.vision.images import save_png


@pytest.fixture
def view(tmp_path: Path) -> View:
    return View(link=lambda path: f"/link/{path.name}", overlays=tmp_path / "overlays")


def picture(folder: Path, caption: str = "one") -> events.Picture:
    image = save_png(folder / "a.png", np.zeros((32, 32, 3), np.uint8))
    mask = np.zeros((32, 32), np.uint8)
    mask[10:20, 10:20] = 255
    return events.Picture(path=image, mask_path=save_png(folder / "m.png", mask), caption=caption)


def test_an_empty_page_teaches(view: View) -> None:
    assert "Show good parts" in view.stage()
    assert "Describe a defect" in view.card()
    assert (view.bar(), view.downloads(), view.suggestions()) == ("", "", ())
    assert 'data-said="0" data-busy="true">Working' in view.status(busy=True)


def test_every_event_shows(view: View, tmp_path: Path) -> None:
    view.say("hello", (tmp_path / "good.png",))
    assert view.messages[-1] == {"role": "user", "content": "![good.png](/link/good.png)\n\nhello"}
    assert view.suggestions() == STARTERS[:2]
    view.apply(events.TextEvent(text="**words**"))
    view.apply(events.ErrorEvent(text="no"))
    assert [each["content"] for each in view.messages[1:]] == ["**words**", "⚠️ no"]
    view.apply(events.BlueprintEvent(blueprint=Blueprint(defect_type="dent")))
    assert "dent" in view.card()
    view.apply(events.ProgressEvent(job_id="j", fraction=0.333, message="<b>"))
    assert "&lt;b&gt; · 33 %" in view.bar()
    view.apply(events.QuestionEvent(field="severity", text="How bad?", options=("minor", "severe")))
    assert view.bar() == ""
    assert view.suggestions() == ("minor", "severe")
    view.say("minor")
    assert view.suggestions() == (SHOW, EXPORT, FIT)
    view.apply(events.ApprovalEvent(text="May I?", cost_usd=1.5))
    assert view.messages[-1]["content"] == "May I? (about $1.50)"
    view.apply(events.PicturesEvent(pictures=(picture(tmp_path), picture(tmp_path, "<two>"))))
    assert view.stage().count("<figure") == 2
    assert "&lt;two&gt;" in view.stage()
    lineup = events.LineupEvent(lineup_id="l", left=picture(tmp_path), right=picture(tmp_path))
    view.apply(lineup)
    assert 'data-key="1"' in view.stage()
    assert view.lineup is lineup
    view.say("The first one.")
    assert view.lineup is None
    assert view.pictures == (lineup.left, lineup.right)


def test_downloads_offer_the_whole_folder_first(view: View, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    for name in ("lineage.jsonl", "card.md"):
        (tmp_path / "set" / name).write_text("x")
    view.apply(events.BlueprintEvent(blueprint=Blueprint(defect_type="dent")))
    view.apply(events.FilesEvent(files=(tmp_path / "set" / "card.md",), caption="scratches"))
    shown = view.downloads()
    assert shown.index("set.zip") < shown.index("card.md")
    assert view.suggestions() == (SHOW, FIT)
    (tmp_path / "set" / "bundle.json").write_text("{}")
    (tmp_path / "set" / "lineage.jsonl").unlink()
    assert view.suggestions() == (SHOW, EXPORT, INSPECT)
    assert with_folder((tmp_path / "nothing" / "a",)) == (tmp_path / "nothing" / "a",)


def test_files_that_are_gone_are_not_offered(view: View, tmp_path: Path) -> None:
    view.apply(events.FilesEvent(files=(tmp_path / "gone.md",)))
    assert view.downloads() == ""


def test_what_was_said_comes_back(view: View, tmp_path: Path) -> None:
    lineup = events.LineupEvent(lineup_id="l", left=picture(tmp_path), right=picture(tmp_path))
    rows = [
        MessageRow(conversation_id="c", position=0, role="user", events=[{"kind": "user", "text": "a", "files": []}]),
        MessageRow(
            conversation_id="c",
            position=1,
            role="assistant",
            events=[
                {"kind": "of another version"},
                events.TextEvent(text="b").model_dump(mode="json"),
                lineup.model_dump(mode="json"),
            ],
        ),
        MessageRow(conversation_id="c", position=2, role="user", events=[{"kind": "choice", "text": "both_bad"}]),
    ]
    view.restore(rows)
    said = [each["content"] for each in view.messages]
    assert said == ["a", "b", lineup.text, "Neither is right."]
    assert view.lineup is None


def test_the_card_shows_each_field_with_its_origin() -> None:
    blueprint = Blueprint(
        defect_type="missing_part",
        part="<script>",
        geometry={"length_mm": PositiveRange(min=2, max=2.5), "orientation_deg": 45.0},  # type: ignore[arg-type]
        count=CountRange(min=1, max=3),
        origin={"defect_type": Origin.SAID, "geometry.length_mm": Origin.EDITED, "count": Origin.INFERRED},
    )
    card = blueprint_card(blueprint)
    assert "missing part" in card
    assert "2 – 2.5 mm" in card
    assert "45°" in card
    assert "&lt;script&gt;" in card
    assert "<script>" not in card
    for origin in ("said", "edited", "inferred", "unknown"):
        assert f'rr-{origin}"' in card
    assert 'data-field="geometry.depth_mm"' not in card
    assert 'data-field="severity"' in card


def test_the_cards_fields_are_fields() -> None:
    empty = Blueprint()
    for path, _ in FIELDS:
        assert value_of(empty, path) is None, path
    assert words_of("mm_per_px", 0.1) == "0.1 mm/px"
    assert words_of("placement.box", (0.0, 0.1, 0.5, 1.0)) == "0 0.1 0.5 1"


def test_a_mask_overlay_marks_the_mask_only(tmp_path: Path) -> None:
    from PIL import Image

    mask = np.zeros((40, 60), np.uint8)
    mask[10:20, 20:40] = 255
    path = save_png(tmp_path / "m.png", mask)
    overlay = mask_overlay(path, tmp_path / "overlays")
    assert mask_overlay(path, tmp_path / "overlays") == overlay
    alpha = np.asarray(Image.open(overlay))[..., 3]
    assert alpha.shape == mask.shape
    assert (alpha[mask > 0] > 0).all()
    assert alpha[9, 30] == 255
    assert (alpha[:5] == 0).all()


def test_the_card_shows_the_scale_of_the_parts_photos() -> None:
    blueprint = Blueprint(defect_type="scratch")
    shown = with_scale(events.BlueprintEvent(blueprint=blueprint, mm_per_px=0.1, scale_origin="default"))
    card = blueprint_card(shown)
    assert "0.1 mm/px" in card
    assert 'data-field="mm_per_px"' in card
    own = with_scale(events.BlueprintEvent(blueprint=Blueprint(defect_type="scratch", mm_per_px=0.5), mm_per_px=0.1))
    assert own.mm_per_px == 0.5
