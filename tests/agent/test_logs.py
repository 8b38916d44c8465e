"""Logs as lines and as JSON, without secrets."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from agent.logs import configure, strike_out


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("redrabbit")
    before = list(root.handlers), root.level, ours.level
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure("json")
    log = logging.getLogger("redrabbit.x")
    log.info("request", extra={"status": 200})
    log.warning("calling with Bearer abcdefgh12345 at %s", "postgresql://me:pw@host/db")
    try:
        raise ValueError("sk-secretsecret")
    except ValueError:
        log.exception("broke")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (lines[0]["event"], lines[0]["status"], lines[0]["level"]) == ("request", 200, "info")
    assert lines[1]["event"] == "calling with *** at postgresql://***@host/db"
    assert "sk-secret" not in str(lines[2])
    assert "ValueError" in lines[2]["exception"]


def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    configure("text")
    logging.getLogger("redrabbit.x").info("not shown")
    logging.getLogger("redrabbit.x").warning("shown")
    assert capsys.readouterr().err == "warning: redrabbit.x: shown\n"


def test_known_forms_are_struck_out() -> None:
    for secret in ("rr_0123abcd_ABCDEFGHIJKLMNOPQRST", "Key id-1:secret-2", "Bearer abc.def.ghi"):
        assert strike_out(f"x {secret} y") == "x *** y"
    assert strike_out("a key ring, 10 bearers") == "a key ring, 10 bearers"
