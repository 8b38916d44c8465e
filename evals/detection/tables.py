"""The measured tables in the detectors' README files, written from `evals/results/detection.json`.

`python -m evals.detection.tables` replaces what stands between the two markers; nothing is typed by hand.
"""

from __future__ import annotations

import json
import re
from typing import Any

from evals.common import ROOT
from evals.results import FOLDER
from tools.vision.images import write_atomic

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
DETECTORS = ROOT / "tools" / "detection" / "detectors"
COLUMNS = ("image_auroc", "image_aupr", "recall_at_fpr_1", "recall_at_fpr_5", "pixel_auroc", "pixel_ap", "aupro")


def table(result: dict[str, Any], detector: str) -> str:
    """Markdown of all data sets on which a detector was measured."""
    lines = [f"`{result['command']}`, commit {result['commit']}, mean of seeds, 95 % bootstrap intervals.", ""]
    lines += [f"| data set | {' | '.join(COLUMNS)} |", f"|---|{'---|' * len(COLUMNS)}"]
    found = False
    for name, rows in result["datasets"].items():
        row = rows.get(detector)
        if row is None or "image_auroc" not in row:
            continue
        found = True
        lines.append(f"| {name} | {' | '.join(_cell(row[column]) for column in COLUMNS)} |")
    for name, rows in result["datasets"].items():
        if "box_f1" in rows.get(detector, {}):
            found = True
            lines += ["", f"{name}: box F1 at IoU 0.33 {_cell(rows[detector]['box_f1'])}."]
    return "\n".join(lines) if found else "Not measured yet: `redrabbit eval run detection`."


def _cell(value: dict[str, float]) -> str:
    return f"{value['value']:.3f} ({value['low']:.3f}–{value['high']:.3f})"


def fill(text: str, measured: str) -> str:
    """A README with the table between its markers."""
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    return pattern.sub(lambda _: f"{BEGIN}\n{measured}\n{END}", text)


def main() -> None:
    """Fill every detector's README."""
    result = json.loads((FOLDER / "detection.json").read_text(encoding="utf-8"))
    for path in sorted(DETECTORS.glob("*/README.md")):
        text = path.read_text(encoding="utf-8")
        write_atomic(path, fill(text, table(result, path.parent.name)).encode())


if __name__ == "__main__":
    main()
