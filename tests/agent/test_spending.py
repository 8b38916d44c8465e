"""Pictures that cost money are asked for only after the user said yes to a limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from agent.conversation import Conversation
from agent.settings import Settings
from tools.errors import RedRabbitError


class Recorder:
    """A runner that notes what it is asked to do."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def run(self, kind: str, arguments: dict[str, Any], progress: Any) -> str:
        self.asked.append(arguments)
        raise RedRabbitError("this job may spend $0.30 at fal.ai; allow more")

    def status(self, job_id: str) -> dict[str, Any]:
        return {}

    def cancel(self, job_id: str) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_money_is_asked_for(tmp_path: Path, answer: str) -> None:
    settings = Settings(data_dir=tmp_path, generator="fal", fal_usd_per_megapixel=0.05, _env_file=None)
    runner = Recorder()
    talk = Conversation(settings, "t", runner=runner, checkpointer=InMemorySaver())
    for text in ("a 3 mm scratch on brass", "use 4 rendered brass parts"):
        list(talk.send(text))
    list(talk.send("make 4 images"))
    asked = talk.pending
    assert asked is not None
    assert asked.kind == "approval"
    assert "$0.20" in str(asked.text)
    assert "$0.40" in str(asked.text)
    assert runner.asked == []
    events = list(talk.send(answer))
    if answer == "no":
        assert runner.asked == []
        return
    assert runner.asked[0]["generator"] == "fal"
    assert runner.asked[0]["spend_usd"] == pytest.approx(0.4)
    assert any("allow more" in event.text for event in events if event.kind in ("error", "text"))
