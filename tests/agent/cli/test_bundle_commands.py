"""`redrabbit bundle | validate | preflight | watch`: exit codes, JSON, one-line errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.cli.main import main
from tests.tools.detection.conftest import bad_photo, good_photo
from tools.vision.images import save_png


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`good/`, `unseen/`, `bad/` and `bundle/`."""
    folder = tmp_path_factory.mktemp("line")
    for seed in range(24):
        save_png(folder / "good" / f"{seed:02d}.png", good_photo(seed))
        save_png(folder / "unseen" / f"{seed:02d}.png", good_photo(4000 + seed))
    for seed in range(4):
        save_png(folder / "bad" / f"{seed}.png", bad_photo(900 + seed))
    arguments = ["fit", "--good", str(folder / "good"), "--detector", "pixel", "--out", str(folder / "bundle")]
    assert main([*arguments, "--backbone", "none", "--folds", "3", "--mm-per-px", "0.1"]) == 0
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_validate(line: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "validate", line / "bundle", "--json")
    assert code == 0
    document = json.loads(out)
    assert document["ok"]
    assert {"PROMISE_NOT_MET", "REPLAY_SAME"} <= {issue["code"] for issue in document["issues"]}
    (tmp_path / "line.yaml").write_text("defects: {min_aera: 4}")
    code, _, err = run(capsys, "validate", tmp_path / "line.yaml")
    assert code == 2
    assert "did you mean 'min_area'?" in err


def test_preflight(line: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, "preflight", "--good", line / "good", "--check", "a scratch 3 mm long", "--mm-per-px", 0.1,
        "--defects-preset", "industrial-defects-fp40", "--json",
    )  # fmt: skip
    assert code == 2
    assert "FILTERS_DELETE" in {issue["code"] for issue in json.loads(out)["issues"]}
    code, _, _ = run(
        capsys, "preflight", "--good", line / "good", "--check", "a scratch 3 mm long", "--mm-per-px", 0.1,
        "--defects-preset", "calm",
    )  # fmt: skip
    assert code == 0


def test_bundle_show_replay_compare_drift_table(line: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "bundle", "show", line / "bundle", "--json")
    assert (code, json.loads(out)["detector"]) == (0, "pixel")
    code, out, _ = run(capsys, "bundle", "replay", line / "bundle", "--json")
    assert (code, json.loads(out)["same"]) == (0, True)
    code, out, _ = run(
        capsys, "bundle", "compare", line / "bundle", line / "bundle", "--photos", line / "bad", "--json"
    )
    assert (code, json.loads(out)["flips"]) == (0, [])
    code, out, _ = run(capsys, "bundle", "drift", line / "bundle", "--photos", line / "unseen", "--json")
    assert code == 0
    assert json.loads(out)["level"] in ("stable", "look")
    code, out, _ = run(capsys, "bundle", "table", line / "bundle", "--bad", line / "bad", "--json")
    assert code == 0
    assert {point["name"] for point in json.loads(out)["points"]} >= {"zero_miss", "min_cost", "fpr_0.01"}


def test_bundle_pod_writes_a_curve_and_a_picture(
    line: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ("bundle", "pod", line / "bundle", "--defect", "a dark scratch", "--trials", 20, "--out", tmp_path / "p")
    code, out, _ = run(capsys, *common, "--good", line / "unseen", "--sizes", 0.2, 3, "--json")
    assert code == 0
    assert json.loads(out)["curves"][0]["defect_type"] == "scratch"
    assert len(json.loads((tmp_path / "p" / "pod.json").read_text())["curves"][0]["trials"]) == 20
    assert (tmp_path / "p" / "pod.png").stat().st_size > 5000
    code, _, err = run(capsys, *common, "--good", line / "good", "--sizes", 0.2, 3)
    assert code == 2
    assert "photos that it has not seen" in err


def test_watch_once(line: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, "watch", line / "bad", "--bundle", line / "bundle", "--out", tmp_path / "o", "--once", "--json",
        "--settle-seconds", 0,
    )  # fmt: skip
    assert code == 0
    assert [json.loads(text)["verdict"] for text in out.splitlines()] == ["ng"] * 4
