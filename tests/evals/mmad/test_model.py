"""Multimodal models: what they are sent and what is made of their replies; a scripted model and a real HTTP server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from agent.cli.main import main
from agent.models.errors import ModelError
from agent.settings import get_settings
from evals.mmad.answerers import Case
from evals.mmad.evidence import Finding
from evals.mmad.layout import Question, read_questions
from evals.mmad.log import read_log
from evals.mmad.model import ModelAnswerer
from evals.mmad.protocol import CONDITIONS, Protocol
from evals.mmad.task import Price, Task

from .conftest import photo


def scripted(*replies: Any) -> ModelAnswerer:
    """A model that says these things, one after the other."""
    return ModelAnswerer(GenericFakeChatModel(messages=iter(replies)), "scripted")


def case(**more: Any) -> Case:
    question = Question("Anomaly Detection", "Anomaly Detection", "Is there any defect?", {"A": "Yes.", "B": "No."})
    return Case(id="x#0", question=question, options=question.options, image=photo(1), **more)


def test_replies_become_letters() -> None:
    model = scripted(AIMessage("The answer is B."), AIMessage(""), AIMessage([{"type": "text", "text": "A"}]))
    assert [model.answer(case()).letter for _ in range(3)] == ["B", None, "A"]


def test_a_model_that_never_answers_ends_the_run() -> None:
    model = scripted()
    assert [model.answer(case()).letter for _ in range(2)] == [None, None]
    with pytest.raises(ModelError, match="does not answer"):
        model.answer(case())


class FakeServer(BaseHTTPRequestHandler):
    """An OpenAI-compatible chat server that says what the detector says, else A; keeps what it was asked."""

    asked: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        """Answer one request."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        FakeServer.asked.append(body)
        blocks = body["messages"][-1]["content"]
        text = "\n".join(block.get("text", "") for block in blocks)
        letter = "A"
        if "Verdict: " in text and "Is there any defect" in text:
            wanted = "Yes." if "Verdict: defective" in text else "No."
            letter = next((line[0] for line in text.splitlines() if line[1:] == f". {wanted}"), "A")
        choice = {"index": 0, "message": {"role": "assistant", "content": letter}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 900, "completion_tokens": 1, "total_tokens": 901}
        reply = json.dumps({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice],
                            "usage": usage}).encode()  # fmt: skip
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    FakeServer.asked.clear()
    running = ThreadingHTTPServer(("127.0.0.1", 0), FakeServer)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    monkeypatch.setenv("REDRABBIT_MODEL_BASE_URL", f"http://127.0.0.1:{running.server_port}/v1")
    get_settings.cache_clear()
    yield running.server_address[0]
    running.shutdown()


def test_all_conditions_over_http_on_identical_questions(server: str, small_set: Path, tmp_path: Path) -> None:
    pytest.importorskip("langchain_openai")
    out = tmp_path / "out"
    arguments = ["eval", "mmad", "--root", str(small_set), "--model", "openai:fake", "--out", str(out), "--limit", "30"]
    arguments += [
        "--knowledge",
        str(small_set / "domain_knowledge.json"),
        "--all-conditions",
        "--price-in",
        "2",
        "--detector",
        "pixel",
    ]
    assert main(arguments) == 0
    table = json.loads((out / "conditions.json").read_text())
    assert list(table) == list(CONDITIONS)
    assert len({tuple(line["id"] for line in read_log(out / name)) for name in CONDITIONS}) == 1
    assert table["alone"]["official"]["average"] is not None
    assert table["detector"]["micro"]["by_subtask"]["Anomaly Detection"] > 0.6
    assert table["alone"]["cost"] == pytest.approx(30 * 900 * 2 / 1e6)
    asked = FakeServer.asked
    assert len(asked) == 120
    images = [block for block in asked[0]["messages"][-1]["content"] if block["type"] == "image_url"]
    assert len(images) == 2
    assert images[0]["image_url"]["url"].startswith("data:image/jpeg;base64,")
    everything = [json.dumps(one["messages"]) for one in asked]
    assert not any("hole/000" in text or "test/good" in text for text in everything)
    assert sum("Verdict: " in text for text in everything) == 60
    assert sum("What is known of this product" in text for text in everything) == 60


def test_a_bad_key_or_provider_is_one_sentence(small_set: Path, tmp_path: Path, capsys: Any) -> None:
    arguments = ["eval", "mmad", "--root", str(small_set), "--out", str(tmp_path / "o"), "--answerer"]
    assert main([*arguments, "nobody:model"]) == 2
    assert "provider" in capsys.readouterr().err


def test_tokens_and_prices_are_counted(small_set: Path, tmp_path: Path) -> None:
    usage = {"input_tokens": 10, "output_tokens": 2, "total_tokens": 12}
    model = scripted(*(AIMessage("A", usage_metadata=usage) for _ in range(3)))
    task = Task(read_questions(small_set), tmp_path, model, Protocol(limit=3), price=Price(100, 1000))
    summary = task.run()
    assert summary["tokens"] == {"in": 30, "out": 6}
    assert summary["cost"] == pytest.approx(3 * (10 * 100 + 2 * 1000) / 1e6)


def test_the_finding_is_told_in_words(small_set: Path, tmp_path: Path) -> None:
    from evals.mmad.describe import look_at

    heat = photo(0, (12, 12))[..., 0].astype("float32")
    finding = Finding(True, 3.0, 2.0, look_at(photo(0, (12, 12)), 255 - heat, 100.0))
    assert "Verdict: defective (score 1.50 times its threshold)" in finding.evidence()
    assert "top left" in finding.evidence()
    assert "darker than" in finding.evidence()
