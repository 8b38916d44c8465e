"""`redrabbit fit` and `redrabbit inspect`: the command contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.cli.main import main
from tests.tools.detection.conftest import bad_photo, good_photo
from tools.vision.images import save_png


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`good/`, `bad/` and `bundle/`."""
    folder = tmp_path_factory.mktemp("line")
    for seed in range(24):
        save_png(folder / "good" / f"{seed:02d}.png", good_photo(seed))
    for seed in range(3):
        save_png(folder / "bad" / f"{seed}.png", bad_photo(900 + seed))
    arguments = ["fit", "--good", str(folder / "good"), "--detector", "pixel", "--out", str(folder / "bundle")]
    assert main([*arguments, "--seed", "3", "--backbone", "none", "--folds", "3", "--mm-per-px", "0.1"]) == 0
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_fit_json_is_one_document(line: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, "fit", "--good", line / "good", "--detector", "pixel", "--backbone", "none", "--out", tmp_path / "b",
        "--folds", 2, "--json", "--false-alarm-rate", 0.2, "--review-rate", 0.3,
    )  # fmt: skip
    assert code == 0
    document = json.loads(out)
    assert document["calibration"]["guarantee_met"] is True
    assert document["good"]["count"] == 24


def test_inspect_writes_the_lines_of_the_contract(
    line: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(
        capsys, "inspect", line / "bad", line / "good" / "00.png", "--bundle", line / "bundle", "--out",
        tmp_path / "o", "--save-maps", "--json", "--profile-json", tmp_path / "p.json",
    )  # fmt: skip
    assert code == 0
    summary = json.loads(out)
    assert (summary["images"], summary["ng"]) == (4, 3)
    lines = [json.loads(text) for text in (tmp_path / "o" / "results.jsonl").read_text().splitlines()]
    first = lines[0]
    contract = {"input", "verdict", "score", "score_threshold", "regions", "mask", "map", "timing_ms", "error"}
    assert contract <= set(first)
    region: dict[str, Any] = first["regions"][0]
    wanted = {"id", "type", "bbox_xyxy", "area_px", "length_mm", "score_max", "zone", "severity"}
    assert wanted <= set(region)
    assert first["error"] is None
    assert isinstance(first["timing_ms"], float)
    assert np.load(first["map"]).shape == (96, 128)
    assert json.loads((tmp_path / "p.json").read_text())["stages"]["detect"]["count"] == 4


def test_flags_beat_the_bundle_and_typos_are_one_line(
    line: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ("inspect", line / "bad", "--bundle", line / "bundle", "--out")
    code, _, _ = run(capsys, *common, tmp_path / "o", "--defect-min-area", 100_000, "--pixel-threshold", 1e9)
    assert code == 0
    first = json.loads((tmp_path / "o" / "results.jsonl").read_text().splitlines()[0])
    assert first["pixel_threshold"] == 1e9
    assert first["guarantee_met"] is False
    for extra, message in [
        (("--mask-format", "jpg"), "input should be 'png', 'npy' or 'npz'"),
        (("--defects-preset", "calmm"), "did you mean 'calm'?"),
        (("--rule", "no scrachs"), "did you mean 'scratch"),
        (("--roi-xyxy-norm", 0.5, 0, 0.2, 1), "x1 < x2"),
    ]:
        code, _, err = run(capsys, *common, tmp_path / "x", *extra)
        assert code == 2, extra
        assert message in err
        assert err.strip().count("\n") == 0


def test_bad_input_is_exit_2_with_one_sentence(line: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    for arguments, message in [
        (("fit", "--good", tmp_path / "empty", "--out", tmp_path / "b"), "holds no image"),
        (("fit", "--good", tmp_path / "none", "--out", tmp_path / "b"), "does not exist"),
        (("fit", "--good", line / "good", "--detector", "patchcor", "--out", tmp_path / "b"), "no detector 'patchcor'"),
        (("inspect", line / "bad", "--bundle", tmp_path, "--out", tmp_path / "o"), "is not a bundle"),
        (("inspect", tmp_path / "no.png", "--bundle", line / "bundle", "--out", tmp_path / "o"), "does not exist"),
    ]:
        code, _, err = run(capsys, *arguments)
        assert code == 2, arguments
        assert message in err
        assert err.strip().count("\n") == 0
    assert not (tmp_path / "b").exists()
