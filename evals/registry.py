"""The table of evaluations and how one is run: the envelope that every result file has.

Each evaluation is a package whose `main.py` has `run(*, seed, quick, out) -> dict`; this module adds what makes the
figures reproducible: the command, the commit, the machine and the seconds.
"""

from __future__ import annotations

import importlib
import time
from pathlib import Path
from typing import Any

from evals.common import commit, machine
from tools.errors import BadInputError

EVALUATIONS: dict[str, tuple[str, str]] = {
    "parsing": ("evals.parsing.main", "Sentence → Blueprint, scored by field."),
    "routing": ("evals.routing.main", "Which tool the offline model chooses for an utterance."),
    "conversation": ("evals.conversation.main", "Scripted dialogues with goals, checked on state."),
    "synthesis": ("evals.synthesis.main", "Do sculpted defects teach a detector to find real ones; are masks exact."),
    "evolution": ("evals.evolution.main", "Evaluations and comparisons until the wanted defect is there."),
    "detection": ("evals.detection.main", "Detectors on real images; the false-alarm guarantee."),
    "segmentation": ("evals.segmentation.main", "UNetTiny on real masks; size, parity and latency of its exports."),
    "calibration": ("evals.calibration.main", "Does the generator find the parameters of given photos."),
    "report": ("evals.report.main", "Fields and claims of reports against the evidence."),
    "retrieval": ("evals.retrieval.main", "Knowledge search against BM25."),
    "mmad": ("evals.mmad.main", "MMAD-style questions from real tiles: offline against always-A, random, majority."),
    "faults": ("evals.faults.main", "Jobs under SIGKILL, provider failures and a stopped database."),
    "speed": ("evals.speed.main", "Images a second and memory, beside peers."),
}
"""Name → (module, one-line help)."""


def available() -> dict[str, str]:
    """Name → help, of the evaluations that this version has."""
    return {name: text for name, (module, text) in EVALUATIONS.items() if _exists(module)}


def _exists(module: str) -> bool:
    return Path(__file__).parent.parent.joinpath(*module.split(".")).with_suffix(".py").exists()


def run_evaluation(name: str, *, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Run one evaluation and put its result in the envelope.

    Args:
        name: a key of `EVALUATIONS`.
        seed: of everything random in it.
        quick: the same protocol on less data, one to four minutes on two cores.
        out: where it keeps what it needs to resume, its logs and pictures.

    Raises:
        BadInputError: no such evaluation.
    """
    if name not in available():
        raise BadInputError(f"no evaluation {name!r}; there are {', '.join(available())}")
    out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    fields: dict[str, Any] = importlib.import_module(EVALUATIONS[name][0]).run(seed=seed, quick=quick, out=out)
    command = f"redrabbit eval run {name} --seed {seed}{' --quick' if quick else ''}"
    return {
        "name": name,
        "seed": seed,
        "quick": quick,
        "command": command,
        "commit": commit(),
        "machine": machine(),
        "seconds": round(time.monotonic() - started, 1),
        **fields,
    }
