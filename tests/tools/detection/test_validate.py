from pathlib import Path

import pytest

from tools.detection.errors import DetectionInputError
from tools.detection.validate import passed, validate


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def codes(path: Path) -> dict[str, str]:
    return {issue.code: issue.severity for issue in validate(path)}


def test_a_good_bundle_and_a_good_file(bundle_path: Path, tmp_path: Path) -> None:
    issues = validate(bundle_path)
    assert passed(issues)
    assert "REPLAY_SAME" in {issue.code for issue in issues}
    file = write(tmp_path / "line.yaml", "schema_version: 1\ndefects: {min_area: 4}\nacceptance: ['no cracks']\n")
    assert validate(file) == []


def test_every_wrong_key_is_named_with_a_suggestion(tmp_path: Path) -> None:
    file = write(
        tmp_path / "line.yaml", "defects: {border_ignor_px: 2, min_area: banana, shape_filter: {}}\nseeed: 3\n"
    )
    messages = " | ".join(issue.message for issue in validate(file))
    for part in ("'border_ignore_px'?", "'banana'", "'shape_filters'?", "'seed'?"):
        assert part in messages


def test_what_is_well_formed_and_does_not_work(tmp_path: Path) -> None:
    file = write(
        tmp_path / "line.json",
        '{"defects": {"open_ksize": 3, "map_smoothing": {"method": "median"}, "polygons_only": true,'
        ' "shape_filters": {"max_aspect_ratio": 6}}, "acceptance": ["no scratch > 2 mm"]}',
    )
    assert codes(file) == {
        "SCHEMA_VERSION_MISSING": "warning",
        "RULE_INVALID": "error",
        "FILTER_DELETES_LINES": "warning",
        "SMOOTHING_IDLE": "warning",
        "NOTHING_TO_LOOK_AT": "error",
    }


def test_files_that_are_nothing(tmp_path: Path) -> None:
    with pytest.raises(DetectionInputError, match="does not exist"):
        validate(tmp_path / "no.yaml")
    assert codes(write(tmp_path / "x.json", "{")) == {"CONFIG_UNREADABLE": "error"}
    assert codes(write(tmp_path / "y.yaml", "schema_version: 99")) == {"CONFIG_INVALID": "error"}
    assert codes(tmp_path) == {"BUNDLE_INVALID": "error"}
