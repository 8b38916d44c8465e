"""`redrabbit eval run mmad`: MMAD-style questions made from real magnetic tiles, answered offline and by the baselines.

Every answerer gets the same questions. `offline` fits its detector on good tiles that are in no question; thresholds
come from good tiles alone. `offline+knowledge` is shown the records on magnetic tiles that come with Red Rabbit as
well; they name the product, so its figure for Object Classification is about reading, not about seeing. Photos of one
tile may lie on both sides, as in the data set's other figures: no specimen is named in it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from evals.common import REAL_DATA
from evals.mmad.compare import compare
from evals.mmad.domain import write_knowledge
from evals.mmad.layout import DETECTION, LOCALIZATION, read_questions
from evals.mmad.make import make_questions
from evals.mmad.protocol import Condition, Protocol
from evals.mmad.task import Task
from tools.errors import BadInputError

ANSWERERS: dict[str, tuple[str, Condition]] = {
    "offline": ("offline", "alone"),
    "offline+knowledge": ("offline", "knowledge"),
    "always-a": ("always-a", "alone"),
    "random": ("random", "alone"),
    "majority": ("majority", "alone"),
}
"""Name in the result → answerer and condition. The first is compared with the others."""
DATASET, PRODUCT, CATEGORY = "tiles", "magnetic tile", "magnetic_tile"
QUICK_QUESTIONS = 200
FULL_QUESTIONS = 1200


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Make the questions, ask, compare.

    Args:
        seed: of the questions, the fit and the intervals.
        quick: 200 questions instead of about 1200.
        out: question set and logs; a later run goes on from them.

    Raises:
        BadInputError: the real photos are not there.
    """
    source = REAL_DATA / "magnetic_tile"
    if not source.is_dir():
        raise BadInputError(f"the magnetic tiles are not in {REAL_DATA.name}; set REDRABBIT_REAL_DATA")
    questions_folder = out / f"questions-{seed}"
    if not (questions_folder / "mmad.json").is_file():
        shutil.rmtree(questions_folder, ignore_errors=True)
        make_questions(
            source,
            questions_folder,
            product=PRODUCT,
            dataset=DATASET,
            limit=QUICK_QUESTIONS if quick else FULL_QUESTIONS,
            seed=seed,
        )
    questions = read_questions(questions_folder, write_knowledge(questions_folder, DATASET, CATEGORY))
    summaries: dict[str, dict[str, Any]] = {}
    for name, (answerer, condition) in ANSWERERS.items():
        print(f"{name}: {questions.n_questions} questions", file=sys.stderr)
        summaries[name] = Task(
            questions,
            out / f"{name}-{seed}",
            answerer,
            Protocol(seed=seed, condition=condition),
            detectors_folder=out / f"detectors-{seed}",
        ).run()
    first, *rest = ANSWERERS
    others = {name: compare(out / f"{name}-{seed}", out / f"{first}-{seed}", seed=seed) for name in rest}
    return {
        "set": questions.label,
        "questions": questions.n_questions,
        "images": len(questions.items),
        "answerers": {name: _figures(summary) for name, summary in summaries.items()},
        "offline_minus": {
            name: {key: found["difference"][key] for key in ("value", "low", "high")} for name, found in others.items()
        },
        "mcnemar_p": {name: found["mcnemar"]["p"] for name, found in others.items()},
    }


def _figures(summary: dict[str, Any]) -> dict[str, Any]:
    official = summary["official"]
    return {
        "detection_balanced_accuracy": _valued(official, DETECTION),
        "localization_accuracy": _valued(official, LOCALIZATION),
        "by_subtask": official["by_subtask"],
        "average": {name: summary[name]["average"] for name in ("official", "micro", "strict")},
        "overkill": summary["overkill"],
        "miss": summary["miss"],
        "unparsed": summary["unparsed"],
        "seconds_per_question": summary["latency_s"]["mean"],
    }


def _valued(score: dict[str, Any], subtask: str) -> dict[str, float]:
    interval = score["interval_by_subtask"][subtask]
    return {"value": score["by_subtask"][subtask], "low": interval["low"], "high": interval["high"]}
