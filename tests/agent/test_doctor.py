"""The doctor tells what is there, what is not, and how to get it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.cli.main import main
from agent.doctor import examine
from agent.settings import Settings


def test_a_plain_install_lacks_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert checks["backbone"]["detail"].startswith("efficientnet-lite0: ")
    assert "dinov2-small" in checks["backbone"]["remedy"]
    assert checks["chat model"]["detail"].startswith("offline")
    assert checks["database"]["detail"].startswith("sqlite")


@pytest.mark.parametrize(
    ("setting", "name", "remedy"),
    [
        ({"backbone": "dinov2:/nowhere"}, "backbone", "REDRABBIT_BACKBONE"),
        ({"database_url": "postgresql://nobody:secret@127.0.0.1:1/x"}, "database", "REDRABBIT_DATABASE_URL"),
        ({"model": "anthropic:claude"}, "chat model", "langchain-anthropic"),
    ],
)
def test_what_is_missing_comes_with_a_remedy(setting: dict[str, str], name: str, remedy: str, tmp_path: Path) -> None:
    check = next(check for check in examine(Settings(data_dir=tmp_path, **setting)) if check.name == name)
    assert check.state == "missing"
    assert remedy in check.remedy
    assert "secret" not in check.detail
