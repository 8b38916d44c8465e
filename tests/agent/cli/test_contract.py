"""The command contract: what `--json` and the result files hold, read field by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.cli.main import COMMANDS, main
from tools.vision.images import load_image, save_png

ORIGINS = {"said", "inferred", "default", "edited", "unknown"}
ZONES = {
    "top_left", "top", "top_right", "left", "center", "right", "bottom_left", "bottom", "bottom_right", "edge", None,
}  # fmt: skip
COUNT = 2


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    """The one JSON document on stdout; nothing else may stand there."""
    return json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`good/`, a data set `set/` made of it, a bundle, and an inspection of the set's defects in `seen/`."""
    folder = tmp_path_factory.mktemp("contract")
    rng = np.random.default_rng(3)
    for number in range(6):
        grey = rng.normal(120, 5, (96, 128)).clip(0, 255).astype(np.uint8)
        save_png(folder / "good" / f"{number}.png", np.repeat(grey[..., None], 3, axis=2))
    good = folder / "good"
    words = "a dark 3 mm scratch on brass, severe"
    scale = ("--mm-per-px", "0.1")
    assert run("sculpt", words, "--good", good, "--count", COUNT, "--seed", 1, "--out", folder / "set", *scale) == 0
    fit = ("fit", "--good", good, "--detector", "pixel", "--backbone", "none", "--folds", 2)
    assert run(*fit, "--out", folder / "bundle", "--seed", 1) == 0
    defects = folder / "set" / "test" / "scratch"
    inspect = ("inspect", defects, "--bundle", folder / "bundle", "--out", folder / "seen", "--save-maps")
    assert run(*inspect) == 0
    return folder


def test_every_command_of_the_contract_exists() -> None:
    wanted = "blueprint sculpt datasets fit inspect segment calibrate chat eval serve worker doctor migrate keys"
    assert set(wanted.split()) <= set(COMMANDS)


def test_blueprint_parse(capsys: pytest.CaptureFixture[str]) -> None:
    text = "2 scratches, 3 to 4 mm long, on a 50 mm Brass plate, top left, at 30 degrees; stop the line"
    assert run("blueprint", "parse", text, "--json") == 0
    found = document(capsys)
    assert found["defect_type"] == "scratch"
    assert found["material"] == "brass"
    assert found["count"] == {"min": 2, "max": 2}
    assert found["severity"] == "critical"
    assert found["geometry"]["length_mm"] == {"min": 3.0, "max": 4.0}
    assert {name: found["geometry"][name] for name in ("width_mm", "depth_mm", "diameter_mm")} == dict.fromkeys(
        ("width_mm", "depth_mm", "diameter_mm")
    )
    assert found["geometry"]["orientation_deg"] == 30
    assert found["placement"]["zone"] == "top_left"
    assert set(found["origin"].values()) <= ORIGINS
    assert found["origin"]["geometry.length_mm"] == "said"


@pytest.mark.parametrize("text", ["qwzx vvk plonk", "", "a thing 4 blorps wide"])
def test_blueprint_parse_succeeds_where_fields_are_unknown(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("blueprint", "parse", text, "--json") == 0
    found = document(capsys)
    assert found["defect_type"] is None
    assert found["placement"]["zone"] in ZONES
    assert found["origin"]["defect_type"] == "unknown"


def test_sculpt_writes_the_mvtec_layout(line: Path) -> None:
    out = line / "set"
    for name in ("train/good", "test/good", "test/scratch", "ground_truth/scratch"):
        assert (out / name).is_dir(), name
    assert (out / "card.md").is_file()
    assert (out / "contact_sheet.png").is_file()
    masks = sorted((out / "ground_truth" / "scratch").glob("*_mask.png"))
    assert len(masks) == COUNT
    assert set(np.unique(load_image(masks[0]))) == {0, 255}
    for text in (out / "lineage.jsonl").read_text().splitlines():
        entry = json.loads(text)
        assert {"image", "mask", "source", "seed", "blueprint", "generator"} <= set(entry)


def test_datasets_verify(line: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("datasets", "verify", line / "set", "--json") == 0
    assert document(capsys)["ok"] is True


def test_inspect_writes_one_line_an_image(line: Path) -> None:
    lines = [json.loads(text) for text in (line / "seen" / "results.jsonl").read_text().splitlines()]
    assert len(lines) == COUNT
    for found in lines:
        assert found["verdict"] in ("ok", "review", "ng", "cannot_judge")
        assert isinstance(found["score"], float)
        assert isinstance(found["score_threshold"], float)
        assert {"input", "mask", "timing_ms", "error"} <= set(found)
        levels = np.load(found["map"])
        assert (levels.shape, levels.dtype) == ((96, 128), np.float32)
        for region in found["regions"]:
            left, top, right, bottom = region["bbox_xyxy"]
            assert 0 <= left < right <= 128
            assert 0 <= top < bottom <= 96
            assert {"id", "type", "area_px", "length_mm", "score_max", "zone", "severity"} <= set(region)


def test_chat_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from agent.settings import get_settings

    monkeypatch.setenv("REDRABBIT_DATA_DIR", str(tmp_path / "data"))
    get_settings.cache_clear()
    script = tmp_path / "script.txt"
    script.write_text("# a comment\na 3 mm scratch on brass\n\nundo\n")
    try:
        assert run("chat", "--inline", "--script", script, "--json") == 0
    finally:
        monkeypatch.undo()
        get_settings.cache_clear()
    turns = document(capsys)["turns"]
    assert [turn["text"] for turn in turns] == ["a 3 mm scratch on brass", "undo"]
    assert turns[0]["events"][0]["kind"] == "blueprint"
    assert turns[1]["events"][0]["kind"] == "error"


def test_eval_list_and_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("eval", "list") == 0
    listed = capsys.readouterr().out
    names = "parsing routing conversation synthesis evolution detection segmentation calibration report retrieval"
    for name in (*names.split(), "faults", "speed"):
        assert name in listed
    file = tmp_path / "parsing.json"
    assert run("eval", "run", "parsing", "--quick", "--seed", 5, "--json", file, "--out", tmp_path / "work") == 0
    assert json.loads(file.read_text()) == document(capsys)
    found = json.loads(file.read_text())
    assert (found["name"], found["seed"]) == ("parsing", 5)
    assert {"command", "commit", "machine", "seconds"} <= set(found)


SMALL_CALIBRATION = """
experiment: small
iterations: 1
batch: 2
replications: 2
optimiser: random
iteration_0: {real: {sets: 2, replications: 3}, close: {sets: 2, replications: 2}, far: {sets: 2, replications: 2}}
"""


def test_calibrate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, out = tmp_path / "small.yaml", tmp_path / "out"
    config.write_text(SMALL_CALIBRATION)
    assert run("calibrate", config, "--out", out, "--json") == 0
    found = document(capsys)
    assert found["images"] > 0
    assert set(found["best"]) >= {"void_shape", "void_count", "base_size", "brightness_factor"}
    assert Path(found["report"]).is_file()
    assert (out / "experiments" / "small" / "iteration_1" / "metadata.json").is_file()


def test_eval_mmad(line: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions, out = tmp_path / "questions", tmp_path / "out"
    assert run("eval", "mmad", "make", line / "set", "--product", "plate", "--out", questions) == 0
    capsys.readouterr()
    assert run("eval", "mmad", "--root", questions, "--answerer", "offline", "--out", out) == 0
    summary = json.loads((out / "summary.json").read_text())
    for name in ("official", "micro", "strict"):
        assert {"average", "by_subtask", "by_dataset", "interval"} <= set(summary[name])
    assert {"overkill", "miss", "n_questions", "n_images", "missing_images"} <= set(summary)
    assert len((out / "log.jsonl").read_text().splitlines()) == summary["n_questions"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("inspect", "nowhere.png", "--bundle", "nowhere", "--out", "o"),
        ("sculpt", "a scratch", "--good", "nowhere", "--count", "1", "--out", "o"),
        ("fit", "--good", "nowhere", "--out", "o"),
        ("datasets", "verify", "nowhere"),
        ("chat", "--script", "nowhere.txt"),
        ("eval", "run", "nothing"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(list(arguments)) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("redrabbit: ")]
    assert len(errors) == 1
    assert not list(tmp_path.iterdir()), "something half-written stays"
