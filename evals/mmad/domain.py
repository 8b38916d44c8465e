"""`domain_knowledge.json` from the records that come with Red Rabbit, for question sets that `make` wrote.

It is general knowledge of a family of products and its kinds of defect; nothing in it is about one image.
"""

from __future__ import annotations

import json
from pathlib import Path

from evals.mmad.layout import KNOWLEDGE_FILE
from knowledge.records import domain_records
from tools.vision.images import write_atomic


def write_knowledge(folder: Path, dataset: str, category: str) -> Path | None:
    """Write what is known of a category, in the benchmark's layout, beside its questions.

    Args:
        folder: of the question set.
        dataset: name of the data set in keys.
        category: in keys; its records are those of the family of that name.

    Returns:
        The file; None where there is no record of such a family.
    """
    texts = {record.title: record.text for record in domain_records() if record.family == category}
    if not texts:
        return None
    path = folder / KNOWLEDGE_FILE
    write_atomic(path, json.dumps({dataset: {category: texts}}, indent=1, ensure_ascii=False).encode())
    return path
