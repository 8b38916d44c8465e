"""The chat's answers about an inspected part, and "match these photos", without a detector or a network."""

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from agent.events import FilesEvent, PicturesEvent
from agent.models.offline.context import read_request
from agent.settings import Settings
from agent.state import DefectMemory, Made, Memory, PhotoSet, now
from agent.toolbelt.base import Context
from agent.toolbelt.explaining import explain_report
from agent.toolbelt.matching import match_photos
from tests.agent.report.conftest import make_record
from tests.knowledge.conftest import bag_of_words
from tools.blueprint.parser import parse
from tools.errors import BadInputError
from tools.vision.images import save_png

AFTER_AN_INSPECTION = {"last_inspection": {"verdict": "ng"}, "blueprint": {"version": 1}, "defects": []}


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    from knowledge.index import KnowledgeIndex

    index = KnowledgeIndex(None, embed=bag_of_words)
    monkeypatch.setattr("agent.report.knowledge.open_index", lambda _settings: index)
    context = Context(Settings(data_dir=tmp_path, database_url=None), Memory())
    context.events = []  # type: ignore[attr-defined]
    context.emit = context.events.append  # type: ignore[attr-defined]
    return context


def inspected(context: Context, folder: Path, *, verdict: str = "ng", days_ago: int = 0) -> None:
    photo = np.full((150, 200, 3), 130, np.uint8)
    photo[10:22, 20:104] = 60
    path = save_png(folder / "part_17.png", photo)
    record = make_record(input=str(path), verdict=verdict)
    (folder / "results.jsonl").write_text(record.model_dump_json() + "\n", encoding="utf-8")
    made = Made(kind="inspection", name=folder.name, path=folder, made_at=now() - timedelta(days=days_ago))
    context.part.made.append(made)


def test_why_this_and_not_that_cites_a_record_and_shows_the_place(context: Context, tmp_path: Path):
    inspected(context, tmp_path / "one")
    found = explain_report(context, "why is this a crack and not a scratch?")
    assert found.code == "report_explained"
    assert "is called crack" in found.facts["answer"]
    assert "general.crack_or_scratch" in found.facts["sources"]
    kinds = [type(event) for event in context.events]  # type: ignore[attr-defined]
    assert PicturesEvent in kinds
    assert FilesEvent in kinds
    assert Path(found.facts["report"]).is_file()


def test_last_weeks_parts_are_compared(context: Context, tmp_path: Path):
    inspected(context, tmp_path / "old", verdict="ok", days_ago=now().weekday() + 3)
    inspected(context, tmp_path / "new")
    text = explain_report(context, "compare with last week").facts["answer"]
    assert "100.0 % now" in text


def test_without_an_inspection_it_says_what_to_do(context: Context):
    with pytest.raises(BadInputError, match="inspect this"):
        explain_report(context, "why is this a crack and not a scratch?")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("why is this a crack and not a scratch?", "explain"),
        ("Was soll ich an der Maschine prüfen?", "explain"),
        ("compare with last week", "explain"),
        ("match these photos", "match"),
        ("passe das Aussehen an diese Fotos an", "match"),
        ("fit a detector on these photos", "fit"),
    ],
)
def test_the_offline_model_finds_the_tool(text: str, intent: str):
    assert read_request(text, AFTER_AN_INSPECTION).intent == intent


class Calibrates:
    """Stands where the job runner stands: leaves what a calibration leaves."""

    def run(self, kind, arguments, progress):
        assert kind == "calibrate"
        assert len(arguments["real"]) == 5
        progress("job-1", 0.5, "distance 2.0")
        folder = Path(arguments["out"]) / "experiments" / "photos"
        outcome = {
            "best": {"style.edge_px": 1.5}, "mmd2": 0.02, "threshold": 0.04, "iterations": 2, "converged": True,
            "stopped_because": "near", "images": 96,
        }  # fmt: skip
        save_png(folder / "beside.png", np.zeros((8, 8, 3), np.uint8))
        (folder / "result.json").write_text(json.dumps(outcome))
        return "job-1"


def test_matching_photos_gives_the_blueprint_the_found_style(context: Context, tmp_path: Path):
    photos = [save_png(tmp_path / f"{n}.png", np.full((16, 16, 3), n, np.uint8)) for n in range(5)]
    context.part.defects.append(DefectMemory.start(parse("a void, 1 mm in diameter").blueprint))
    context.part.photos = PhotoSet.keep(photos, tmp_path)
    context.get_runner = Calibrates  # type: ignore[assignment]
    with pytest.raises(BadInputError, match="at least 5"):
        match_photos(context, photos[:4], 2, 0)
    found = match_photos(context, photos, 2, 0)
    assert found.code == "photos_matched"
    assert context.part.blueprint is not None
    assert context.part.blueprint.style["edge_px"] == 1.5
    assert any(isinstance(event, PicturesEvent) for event in context.events)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("question", "family", "defect_type"),
    [
        ("why do castings get voids?", "casting", "void"),
        ("Warum bekommen Gussteile Poren?", "casting", "void"),
        ("what causes voids in solder joints of a pcb?", "pcb", "void"),
    ],
)
def test_a_question_about_one_kind_of_part_is_answered_for_it(
    context: Context, monkeypatch: pytest.MonkeyPatch, question: str, family: str, defect_type: str
) -> None:
    from agent.toolbelt import domain
    from knowledge.index import KnowledgeIndex

    index = KnowledgeIndex(None, embed=bag_of_words)
    monkeypatch.setattr(domain, "open_index", lambda _settings: index)
    monkeypatch.setattr(domain, "NOT_FOUND_BELOW", -1.0)  # a bag of words is far from most questions
    found = domain.ask_knowledge(context, question)
    assert found.code == "knowledge_found"
    assert found.facts["records"][0]["id"].startswith(f"{family}.{defect_type}.")
