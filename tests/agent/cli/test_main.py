"""The command table: help is quick, errors are one line, exit codes mean something."""

from __future__ import annotations

import importlib
import subprocess
import sys
import time

import pytest

from agent.cli import main as cli


def test_help_lists_every_command_without_importing_them() -> None:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "agent.cli.main", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert time.monotonic() - started < 5
    for name in cli.COMMANDS:
        assert f"  {name}" in done.stdout
    for heavy in ("torch", "gradio", "typer", "numpy"):
        assert f"| {heavy}\n" not in done.stderr


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_of_the_table_exists_and_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert importlib.import_module(cli.COMMANDS[name][0]).app is not None
    assert cli.main([name, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspekt"]) == 2
    assert "did you mean 'inspect'" in capsys.readouterr().err


def test_bad_option_is_one_line_and_exit_code_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--frobnicate"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
