"""The MMAD layout: `mmad.json`, `domain_knowledge.json` and the data sets' folders beside them.

Format: Jiang et al., "MMAD", ICLR 2025. `mmad.json` maps `<folder>/<category>/…/image` to its questions; paths inside
an entry are relative to `<folder>/<category>`, template paths to the root. A key's folder is not always its data set:
the good parts of DS-MVTec lie in `MVTec-AD`. Whatever is missing is reported, never fatal: a subset is a valid root.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.mmad.errors import MmadInputError

QUESTION_FILE = "mmad.json"
KNOWLEDGE_FILE = "domain_knowledge.json"
DETECTION = "Anomaly Detection"
LOCALIZATION = "Defect Localization"
OBJECT_ANALYSIS = "Object Analysis"
SUBTASKS = (
    DETECTION,
    "Defect Classification",
    LOCALIZATION,
    "Defect Description",
    "Defect Analysis",
    "Object Classification",
    OBJECT_ANALYSIS,
)
"""The seven scored subtasks, in the benchmark's order."""

_TYPES = {
    "anomaly discrimination": DETECTION,
    "defect localisation": LOCALIZATION,
    "object structure": OBJECT_ANALYSIS,
    "object details": OBJECT_ANALYSIS,
    **{name.lower(): name for name in SUBTASKS},
}
_DATASETS = {"MVTec-AD": "DS-MVTec"}
_KNOWLEDGE_NAMES = {"DS-MVTec": ("DS-MVTec", "MVTec", "MVTec-AD")}
_FOLDERS = {"DS-MVTec": ("DS-MVTec", "MVTec-AD")}


@dataclass(frozen=True)
class Question:
    """What an answerer may see of a question: no right answer, and no path."""

    type: str
    """As the file has it, such as `Object Details`."""
    subtask: str
    """One of `SUBTASKS`."""
    text: str
    options: Mapping[str, str]
    """Letter → text, two to five."""


@dataclass(frozen=True)
class Item:
    """One image with its questions. `answers` are for the scorer alone."""

    key: str
    dataset: str
    category: str
    image: Path
    mask: Path | None
    questions: tuple[Question, ...]
    answers: tuple[str, ...]
    """The right letter of each question."""
    similar: tuple[Path, ...]
    random: tuple[Path, ...]
    """Photos of good parts that are there, of the two kinds."""

    @property
    def normal(self) -> bool:
        """Does it show a good part? As the official scorer decides it: `good` in the key."""
        return "good" in self.key

    @property
    def product(self) -> str:
        """`<dataset>/<category>`."""
        return f"{self.dataset}/{self.category}"

    def identity(self, index: int) -> str:
        """The id of one of its questions."""
        return f"{self.key}#{index}"


@dataclass(frozen=True)
class QuestionSet:
    """A whole question file, as far as its images are there."""

    root: Path
    items: tuple[Item, ...]
    missing_images: tuple[str, ...] = ()
    """Keys of entries whose image is not there."""
    unusable: tuple[str, ...] = ()
    """Entries and questions that cannot be asked, each with the reason."""
    missing_templates: int = 0
    label: str = "MMAD"
    """`MMAD`, or `MMAD-style` for sets that `redrabbit eval mmad make` wrote."""
    knowledge: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    @property
    def n_questions(self) -> int:
        """Number of questions on images that are there."""
        return sum(len(item.questions) for item in self.items)


def read_questions(root: Path, knowledge: Path | None = None) -> QuestionSet:
    """Read a root folder (or the question file itself).

    Args:
        root: folder with `mmad.json` and the data sets.
        knowledge: a `domain_knowledge.json`; without one no knowledge is read.

    Raises:
        MmadInputError: no question file, not JSON, or nothing in it can be asked.
    """
    path = _question_file(Path(root))
    data = _json(path)
    if not isinstance(data, dict) or not data:
        raise MmadInputError(f"{path} holds no questions; it maps image paths to conversations")
    reader = _Reader(path.parent)
    meta = data.get("_about") if isinstance(data.get("_about"), dict) else None
    for key, entry in data.items():
        if key != "_about":
            reader.read(str(key), entry)
    if not reader.items:
        raise MmadInputError(
            f"none of the {len(reader.missing)} images of {path.name} is under {path.parent}; "
            "put the data sets' folders beside it, see docs/mmad.md"
            if reader.missing
            else f"{path} holds no question that can be asked: {'; '.join(reader.unusable[:2])}"
        )
    return QuestionSet(
        root=path.parent,
        items=tuple(reader.items),
        missing_images=tuple(reader.missing),
        unusable=tuple(reader.unusable),
        missing_templates=reader.missing_templates,
        label="MMAD" if meta is None else str(meta.get("label", "MMAD-style")),
        knowledge={} if knowledge is None else read_knowledge(knowledge),
    )


def read_knowledge(path: Path) -> dict[str, dict[str, dict[str, str]]]:
    """`domain_knowledge.json`: data set → category → defect type or `good` → text.

    Raises:
        MmadInputError: not such a file.
    """
    data = _json(path)
    found: dict[str, dict[str, dict[str, str]]] = {}
    for dataset, categories in data.items() if isinstance(data, dict) else ():
        for category, texts in categories.items() if isinstance(categories, dict) else ():
            if isinstance(texts, dict):
                kept = {str(name): str(text) for name, text in texts.items() if isinstance(text, str)}
                found.setdefault(str(dataset), {})[str(category)] = kept
    if not found:
        raise MmadInputError(f"{path} holds no domain knowledge; it maps data set, category and defect type to a text")
    return found


def knowledge_of(questions: QuestionSet, item: Item) -> Mapping[str, str]:
    """What is known of an item's category: defect type or `good` → text; nothing about which of them it is."""
    for name in _KNOWLEDGE_NAMES.get(item.dataset, (item.dataset,)):
        texts = questions.knowledge.get(name, {}).get(item.category)
        if texts:
            return texts
    return {}


def dataset_of(folder: str) -> str:
    """The data set that a key's first folder belongs to."""
    return _DATASETS.get(folder, folder)


def subtask_of(kind: str) -> str | None:
    """The scored subtask of a question's type; None for one that is not scored."""
    return _TYPES.get(" ".join(kind.lower().split()))


def _question_file(root: Path) -> Path:
    if root.is_file():
        return root
    for place in (root, root / "MMAD", root / "dataset" / "MMAD"):
        if (place / QUESTION_FILE).is_file():
            return place / QUESTION_FILE
    if not root.exists():
        raise MmadInputError(f"{root} does not exist; give the folder with {QUESTION_FILE}")
    raise MmadInputError(f"{root} has no {QUESTION_FILE}; give the folder that holds it and the data sets")


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MmadInputError(f"{path} cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise MmadInputError(f"{path} is not JSON ({error})") from None


class _Reader:
    """Entries to items; keeps what could not be used."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.items: list[Item] = []
        self.missing: list[str] = []
        self.unusable: list[str] = []
        self.missing_templates = 0

    def read(self, key: str, entry: Any) -> None:
        """One entry of the file."""
        parts = [part for part in key.split("/") if part not in ("", ".")]
        if len(parts) < 3 or ".." in parts or not isinstance(entry, dict):
            self.unusable.append(f"{key}: not <data set>/<category>/…/image")
            return
        folder, category = parts[0], parts[1]
        dataset = dataset_of(folder)
        image = self._first(key, *self._inside(folder, dataset, category, entry.get("image_path")))
        if image is None:
            self.missing.append(key)
            return
        questions, answers = self._questions(key, entry)
        if not questions:
            return
        mask = entry.get("mask_path")
        self.items.append(
            Item(
                key=key,
                dataset=dataset,
                category=category,
                image=image,
                mask=self._first(*self._inside(folder, dataset, category, mask), str(mask)) if mask else None,
                questions=tuple(questions),
                answers=tuple(answers),
                similar=self._templates(entry.get("similar_templates")),
                random=self._templates(entry.get("random_templates")),
            )
        )

    def _inside(self, folder: str, dataset: str, category: str, path: Any) -> list[str]:
        if not path:
            return []
        folders = dict.fromkeys((folder, dataset, *_FOLDERS.get(dataset, ())))
        return [f"{name}/{category}/{path}" for name in folders]

    def _first(self, *relative: str) -> Path | None:
        """The first of these paths that is a file inside the root."""
        base = self.root.resolve()
        for name in relative:
            if ".." in Path(name).parts or Path(name).is_absolute():
                continue
            if (base / name).is_file():
                return base / name
        return None

    def _templates(self, names: Any) -> tuple[Path, ...]:
        found = []
        for name in names if isinstance(names, list) else ():
            folder, _, rest = str(name).partition("/")
            others = [f"{other}/{rest}" for other in _FOLDERS.get(dataset_of(folder), ()) if other != folder]
            path = self._first(str(name), *others)
            if path is None:
                self.missing_templates += 1
            else:
                found.append(path)
        return tuple(dict.fromkeys(found))

    def _questions(self, key: str, entry: dict[str, Any]) -> tuple[list[Question], list[str]]:
        name = next((name for name in entry if name.startswith("conversation")), "conversation")
        conversation = entry.get(name)
        questions, answers = [], []
        for number, raw in enumerate(conversation if isinstance(conversation, list) else ()):
            if not isinstance(raw, dict):
                self.unusable.append(f"{key}#{number}: not a question")
                continue
            options, answer = _options(raw.get("Options")), str(raw.get("Answer", "")).strip()
            kind = str(raw.get("type", ""))
            subtask = subtask_of(kind)
            if subtask is None:
                self.unusable.append(f"{key}#{number}: type {kind!r} is not one of the seven scored ones")
            elif len(options) < 2 or answer not in options:
                self.unusable.append(f"{key}#{number}: needs two options or more and an answer among them")
            else:
                questions.append(Question(kind, subtask, str(raw.get("Question", "")), options))
                answers.append(answer)
        if not questions:
            self.unusable.append(f"{key}: no question that can be asked")
        return questions, answers


def _options(raw: Any) -> dict[str, str]:
    """Letter → text, from a mapping or a list."""
    if isinstance(raw, Mapping):
        return {str(letter).strip(): str(text) for letter, text in raw.items()}
    if isinstance(raw, Sequence) and not isinstance(raw, str):
        return {chr(65 + number): str(text) for number, text in enumerate(raw[:26])}
    return {}
