"""An automatic run ends in a Blueprint with its prompt, pictures of what was tried, and files that resume."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.blueprint.model import Blueprint, Origin
from tools.evolution.automatic import Evolved, evolve_blueprint, read_references
from tools.evolution.engine import Budget
from tools.evolution.errors import EvolutionError
from tools.evolution.style_text import compile_text
from tools.generation.base_parts import render_part
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.renderer import Renderer
from tools.scoring.case import Case, Term
from tools.vision.errors import ImageError
from tools.vision.images import load_image, save_png

POOR = {"contrast": 0.02, "edge_px": 0.6}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("good")
    return [
        save_png(folder / f"{seed}.png", render_part("brushed_metal", size=(96, 96), seed=seed)) for seed in range(3)
    ]


def run(photos: list[Path], out: Path, evaluations: int = 24, **more: object) -> Evolved:
    blueprint = Blueprint(defect_type="scratch", style=POOR)
    return evolve_blueprint(blueprint, photos, out, budget=Budget(evaluations, 1.1), seed=2, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def evolved(photos: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Evolved:
    return run(photos, tmp_path_factory.mktemp("run"))


def test_the_best_text_becomes_the_prompt_and_its_style(evolved: Evolved) -> None:
    best = evolved.evolution.members[evolved.evolution.best]
    assert evolved.best_score == best.score > evolved.start_score
    assert evolved.blueprint.prompt == best.text
    assert dict(evolved.blueprint.style) == compile_text(best.text, "scratch").style
    assert evolved.blueprint.version == 2
    assert evolved.blueprint.origin["prompt"] == Origin.EDITED


def test_the_folder_holds_all_of_it(evolved: Evolved) -> None:
    kept = Blueprint.model_validate_json((evolved.folder / "blueprint.json").read_bytes())
    assert kept == evolved.blueprint
    members = sorted((evolved.folder / "members").glob("*.png"))
    assert len(members) == len(evolved.evolution.members)
    assert load_image(members[0]).shape == (96, 96, 3)
    assert load_image(evolved.frontier).shape[2] == 3
    document = json.loads(json.dumps(evolved.as_document()))
    assert document["best_score"] == round(evolved.best_score, 4)
    assert document["spent_usd"] == 0
    assert Path(document["folder"]) == evolved.folder


def test_only_two_photos_are_drawn_on_with_two_seeds_each(evolved: Evolved) -> None:
    assert all(len(member.by_example) == 4 for member in evolved.evolution.members)


def test_the_same_folder_judges_nothing_twice(evolved: Evolved, photos: list[Path]) -> None:
    log = evolved.folder / "evaluations.jsonl"
    before = log.read_text()
    again = run(photos, evolved.folder)
    assert again.evolution == evolved.evolution
    assert log.read_text() == before


def test_progress_is_told_and_a_stop_is_heard(photos: list[Path], tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    found = run(photos, tmp_path, progress=lambda *said: told.append(said), should_stop=lambda: len(told) >= 2)
    assert found.evolution.evaluations < 24
    assert all(0 < done <= total == 24 and "best score" in words for done, total, words in told)
    assert found.frontier.is_file()


def test_references_pull_towards_their_looks(photos: list[Path], tmp_path: Path) -> None:
    target = Blueprint(defect_type="scratch", style={"contrast": -0.6, "edge_px": 3.0, "size_factor": 1.8})
    for seed in range(2):
        drawn = Renderer().generate(target, load_image(photos[2]), seed)
        save_png(tmp_path / "wanted" / f"{seed}.png", drawn.image)
        save_png(tmp_path / "wanted" / f"{seed}_mask.png", drawn.mask)
    found = run(photos, tmp_path / "run", evaluations=40, references=tmp_path / "wanted")
    assert found.best_score > found.start_score
    assert "appearance" in found.evolution.members[0].by_term


def test_a_model_may_write_the_texts(photos: list[Path], tmp_path: Path) -> None:
    found = run(photos, tmp_path, ask=lambda _: "```\ncontrast -0.4, edge 2\n```")
    assert "contrast -0.4, edge 2" in [member.text for member in found.evolution.members]


def test_a_member_that_cannot_be_drawn_shows_the_photo(photos: list[Path], tmp_path: Path) -> None:
    blueprint = Blueprint.model_validate(
        {"defect_type": "scratch", "geometry": {"length_mm": {"min": 90, "max": 90}}, "mm_per_px": 0.1}
    )
    found = evolve_blueprint(blueprint, photos, tmp_path, budget=Budget(8, 0.9))
    assert found.best_score == 0.0
    assert found.feedback
    assert not (tmp_path / "members").exists()


def test_what_is_missing_is_said(photos: list[Path], tmp_path: Path) -> None:
    with pytest.raises(EvolutionError, match="needs a defect type"):
        evolve_blueprint(Blueprint(), photos, tmp_path, budget=Budget())
    with pytest.raises(EvolutionError, match="at least one photo"):
        evolve_blueprint(Blueprint(defect_type="scratch"), [], tmp_path, budget=Budget())
    with pytest.raises(BlueprintDoesNotFitError, match="no generator 'magic'"):
        run(photos, tmp_path, generator="magic")
    (tmp_path / "no.png").write_text("no picture")
    with pytest.raises(ImageError):
        run([tmp_path / "no.png"], tmp_path / "run")


def test_references_need_masks_of_their_size(tmp_path: Path) -> None:
    with pytest.raises(EvolutionError, match="no pictures"):
        read_references(
            save_png(tmp_path / "only" / "a_mask.png", render_part("ceramic", size=(64, 64), seed=0)).parent
        )
    part = render_part("ceramic", size=(64, 64), seed=0)
    save_png(tmp_path / "refs" / "a.png", part)
    with pytest.raises(EvolutionError, match=r"a\.png has no a_mask\.png beside it"):
        read_references(tmp_path / "refs")
    save_png(tmp_path / "refs" / "a_mask.png", part[:32])
    with pytest.raises(EvolutionError, match="not of the size"):
        read_references(tmp_path / "refs")
    mask = part[..., 0] * 0
    mask[10:20, 10:20] = 200
    save_png(tmp_path / "refs" / "a_mask.png", mask)
    ((image, read),) = read_references(tmp_path / "refs")
    assert (image == part).all()
    assert set(read.ravel()) == {0, 255}


def test_more_terms_can_be_given(photos: list[Path], tmp_path: Path) -> None:
    class Half:
        name = "half"

        def score(self, case: Case) -> Term:
            return Term(self.name, 0.5)

    found = run(photos, tmp_path, evaluations=8, extra=(Half(),))
    assert found.evolution.members[0].by_term["half"] == 0.5
    assert found.best_score <= 0.5
