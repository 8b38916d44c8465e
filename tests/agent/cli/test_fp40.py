"""docs/fp40.md says where each capability is: its keys, flags, modules and tests are looked up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.detection.bundle import Manifest
from tools.detection.config import _all_paths
from tools.detection.regions import Region

ROOT = Path(__file__).parents[3]
ROWS = [
    [cell.strip() for cell in line.replace("\\|", "¦").strip().strip("|").split("|")]
    for line in (ROOT / "docs" / "fp40.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \d+ \|", line)
]
COMMANDS = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "agent" / "cli").glob("*.py")))
KNOWN = (
    {leaf for path in _all_paths() for leaf in path.split(".")} | set(Manifest.model_fields) | set(Region.model_fields)
)
FILE = re.compile(r"`([\w/.]+\.py)`")


def test_there_are_forty() -> None:
    assert [row[0] for row in ROWS] == [str(number) for number in range(1, 41)]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_a_row_names_exists(row: list[str]) -> None:
    _, _, keys, module, test = row
    for flag in re.findall(r"--(?:no-)?[a-z][a-z-]*[a-z]", keys):
        named = flag.removeprefix("--").removeprefix("no-")
        assert f"--{named}" in COMMANDS or re.search(rf"\b{named.replace('-', '_')}:", COMMANDS), flag
    for key in re.findall(r"`([a-z][a-z0-9_.]*)[`{]|[{,]([a-z_]+)(?=[,}])", keys):
        name = key[0] or key[1]
        if not name.endswith((".json", ".md")):
            assert set(name.split(".")) <= KNOWN, name
    for name in FILE.findall(module):
        assert any((ROOT / folder / name).is_file() for folder in ("tools/detection", ".")), name
    for name in FILE.findall(test):
        assert any((ROOT / folder / name).is_file() for folder in ("tests/tools/detection", ".")), name
