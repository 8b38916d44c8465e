"""The set-up script: quick when nothing changed, and its lock carries no torch."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_a_second_run_is_a_no_op() -> None:
    if not (ROOT / ".venv" / ".dev.stamp").exists():
        pytest.skip("this checkout has no environment of its own")
    base = Path(sys.base_prefix) / "bin" / "python3"
    subprocess.run([base, ROOT / "bootstrap.py", "--dev"], check=True)
    started = time.monotonic()
    subprocess.run([base, ROOT / "bootstrap.py", "--dev"], check=True)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_pins_everything_and_names_neither_torch_nor_an_address(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line.strip()]
    assert all(re.match(r"^[A-Za-z0-9_.\[\]-]+==\S+( ;.*)?$", line) for line in lines)
    assert not any(re.match(r"^(torch|torchvision|nvidia-.*)==", line) for line in lines)


def test_only_the_standard_library_is_imported() -> None:
    text = (ROOT / "bootstrap.py").read_text()
    modules = {match.split(".")[0] for match in re.findall(r"^(?:import|from) ([\w.]+)", text, re.M)}
    assert modules <= set(sys.stdlib_module_names) | {"__future__"}
