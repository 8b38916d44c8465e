from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.cli.main import main
from tools.vision import hub
from tools.vision.errors import WeightsError


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["efficientnet-lite0"]["here"]
    assert rows["dinov2-small"]["get"] == "redrabbit weights get dinov2-small"


def test_get_prints_the_spec(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hub, "fetch", lambda _name, folder, **_: hub.Fetched(folder, f"dinov2:{folder}", "c0ffee", {}))
    assert main(["weights", "get", "dinov2-small", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"REDRABBIT_BACKBONE=dinov2:{tmp_path}\n"


def test_get_without_a_network_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(*_: object) -> None:
        raise WeightsError("the hub cannot be reached (ConnectError); fetch it elsewhere")

    monkeypatch.setattr(hub, "_listing", refuse)
    assert main(["weights", "get", "dinov2-small"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["weights", "get", "dinov2-small", "--sha256", "12"]) == 2
