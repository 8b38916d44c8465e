"""A run: questions + answerer + scorer → `log.jsonl`, `summary.json`, `report.html`.

The log comes first and can be scored again (`rescore`) without asking anybody; a run that was cut off goes on where it
was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.mmad.answerers import Answerer, Case, Reply, Turn, build_answerer
from evals.mmad.evidence import Detectors, Finding, load_photo
from evals.mmad.layout import Item, QuestionSet, knowledge_of
from evals.mmad.log import Log, answered, read_log, read_run
from evals.mmad.protocol import Protocol, choose, run_identity, shown_options
from evals.mmad.score import summarise
from tools.vision.images import write_atomic
from tools.vision.types import RgbImage

SUMMARY = "summary.json"
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Price:
    """What a million tokens cost, for the cost column."""

    per_million_in: float = 0.0
    per_million_out: float = 0.0

    def of(self, reply: Reply) -> float | None:
        """The price of one reply; None where the model did not count its tokens."""
        if reply.tokens_in is None or reply.tokens_out is None:
            return None
        return (reply.tokens_in * self.per_million_in + reply.tokens_out * self.per_million_out) / 1e6


@dataclass
class Task:
    """Everything that a run needs.

    Attributes:
        questions: what is asked.
        out: folder of the run.
        answerer: name for `build_answerer`, or an answerer.
        protocol: how it is asked; `condition` says whether a model gets the detector's finding and the knowledge.
            `offline` has no eyes but its detector, so it always gets the finding; knowledge as the condition says.
        bundle, detector: see `Detectors`.
        examples: folders of labelled photos for `offline`.
        price: of tokens.
        detectors_folder: where fitted bundles are kept; beside the log by default, shared between conditions.
        fresh: throw an earlier log away.
    """

    questions: QuestionSet
    out: Path
    answerer: str | Answerer = "offline"
    protocol: Protocol = field(default_factory=Protocol)
    bundle: Path | None = None
    detector: str = "patchcore"
    examples: tuple[str, ...] = ()
    price: Price = field(default_factory=Price)
    detectors_folder: Path | None = None
    fresh: bool = False

    @property
    def name(self) -> str:
        """The answerer's name."""
        return self.answerer if isinstance(self.answerer, str) else self.answerer.name

    @property
    def needs_detector(self) -> bool:
        """Is a finding wanted?"""
        return self.name == "offline" or self.protocol.with_detector

    @property
    def needs_knowledge(self) -> bool:
        """Is the product's knowledge wanted?"""
        return self.protocol.with_knowledge

    def run(self, progress: Progress | None = None, should_stop: Callable[[], bool] | None = None) -> dict[str, Any]:
        """Ask what was not asked yet, then score.

        Args:
            progress: called with questions done, all, and the image.
            should_stop: asked before each image; True ends the run, which can be taken up again.

        Returns:
            The summary.

        Raises:
            MmadInputError: see `Log` and `Detectors`.
            ModelError: the model cannot be used.
        """
        chosen = choose(self.questions, self.protocol)
        answerer = (
            build_answerer(self.answerer, self.questions, seed=self.protocol.seed, examples=self.examples)
            if isinstance(self.answerer, str)
            else self.answerer
        )
        folder = self.detectors_folder or self.out / "detectors"
        detectors = (
            Detectors(self.questions, folder, bundle=self.bundle, detector=self.detector, seed=self.protocol.seed)
            if self.needs_detector
            else None
        )
        total = sum(take for _, take in chosen)
        with Log(self.out, self.about(), fresh=self.fresh) as log:
            done = 0
            for item, take in chosen:
                if should_stop is not None and should_stop():
                    break
                open_ones = [index for index in range(take) if item.identity(index) not in log.done]
                if open_ones:
                    self._ask(item, take, open_ones, answerer, detectors, log)
                    log.flush()
                done += take
                if progress is not None:
                    progress(done, total, item.key)
            lines = [
                log.done[item.identity(i)] for item, take in chosen for i in range(take) if item.identity(i) in log.done
            ]
        return write_summary(self.out, lines, self.facts(total, detectors))

    def about(self) -> dict[str, Any]:
        """What `run.json` says: which run the log belongs to."""
        more = {
            "detector": self.detector if self.needs_detector else None,
            "bundle": str(self.bundle.resolve()) if self.bundle is not None and self.needs_detector else None,
            "knowledge": self.needs_knowledge,
            "examples": sorted(self.examples),
        }
        return {
            "identity": run_identity(self.questions, self.protocol, self.name, more),
            "answerer": self.name,
            "condition": self.protocol.condition,
            "set": self.questions.label,
            "root": self.questions.root.name,
            "protocol": self.protocol.model_dump(),
            **more,
        }

    def facts(self, total: int, detectors: Detectors | None = None) -> dict[str, Any]:
        """What a summary says beside the scores."""
        questions = self.questions
        return {
            "set": questions.label,
            "answerer": self.name,
            "condition": self.protocol.condition,
            "protocol": self.protocol.model_dump(),
            "asked": total,
            "missing_images": list(questions.missing_images),
            "missing_templates": questions.missing_templates,
            "unusable": list(questions.unusable[:50]),
            "detectors": {} if detectors is None else dict(detectors.notes),
        }

    def _ask(
        self,
        item: Item,
        take: int,
        open_ones: Sequence[int],
        answerer: Answerer,
        detectors: Detectors | None,
        log: Log,
    ) -> None:
        """The open questions of one image."""
        image = load_photo(item.image)
        if image is None:
            for index in open_ones:
                log.add(_line(item, index, self.protocol, Reply(None, "", "the image cannot be read"), 0.0, None, None))
            return
        started = time.perf_counter()
        finding = None if detectors is None else detectors.look(item, image)
        detector_s = time.perf_counter() - started
        templates = self._templates(item)
        knowledge = knowledge_of(self.questions, item) if self.needs_knowledge else {}
        history: list[Turn] = []
        for index in range(take):
            identity = item.identity(index)
            shown, own = shown_options(item.questions[index], self.protocol, identity)
            if index not in open_ones:
                history.append(Turn(item.questions[index], shown, str(log.done[identity].get("said", ""))))
                continue
            case = Case(
                id=identity,
                question=item.questions[index],
                options=shown,
                image=image,
                templates=templates,
                history=tuple(history) if self.protocol.cumulative else (),
                finding=finding,
                knowledge=knowledge,
            )
            started = time.perf_counter()
            reply = answerer.answer(case)
            seconds = time.perf_counter() - started
            history.append(Turn(case.question, shown, reply.said))
            letter = None if reply.letter is None else own.get(reply.letter)
            line = _line(item, index, self.protocol, reply, seconds, letter, self.price.of(reply))
            log.add({**line, **_evidence(finding, detector_s if index == open_ones[0] else 0.0)})

    def _templates(self, item: Item) -> tuple[RgbImage, ...]:
        """The photos of good parts that are shown with the question."""
        paths = item.random if self.protocol.templates == "random" else item.similar
        loaded = (load_photo(path) for path in (paths or item.similar or item.random)[: self.protocol.shots])
        return tuple(image for image in loaded if image is not None)


def rescore(folder: Path, *, seed: int = 0) -> dict[str, Any]:
    """Score a log again without running anything.

    Raises:
        MmadInputError: no log there.
    """
    lines = read_log(folder)
    file = folder / SUMMARY if folder.is_dir() else folder.parent / SUMMARY
    try:
        old = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        old = {"missing_images": [], **{key: read_run(folder).get(key) for key in ("set", "answerer", "condition")}}
    kept = {key: value for key, value in old.items() if key in _FACTS}
    return write_summary(file.parent, lines, kept, seed=seed)


_FACTS = (
    "set", "answerer", "condition", "protocol", "asked", "missing_images", "missing_templates", "unusable", "detectors",
)  # fmt: skip


def write_summary(
    folder: Path, lines: Sequence[Mapping[str, Any]], facts: Mapping[str, Any], *, seed: int = 0
) -> dict[str, Any]:
    """`summary.json` and `report.html` of some log lines."""
    from evals.mmad.report import write_report

    seconds = sorted(float(line["seconds"]) for line in lines)
    costs = [float(line["cost"]) for line in lines if line.get("cost") is not None]
    summary = {
        **summarise(answered(lines), seed=seed),
        "latency_s": {
            "mean": round(sum(seconds) / len(seconds), 5) if seconds else None,
            "median": round(seconds[len(seconds) // 2], 5) if seconds else None,
            "detector_total": round(sum(float(line.get("detector_s") or 0.0) for line in lines), 3),
        },
        "cost": round(sum(costs), 6) if costs else 0.0,
        "tokens": {name: sum(int(line.get(f"tokens_{name}") or 0) for line in lines) for name in ("in", "out")},
        **facts,
    }
    write_atomic(folder / SUMMARY, json.dumps(summary, indent=2, ensure_ascii=False).encode())
    write_report(folder / "report.html", summary, lines)
    return summary


def _line(
    item: Item,
    index: int,
    protocol: Protocol,
    reply: Reply,
    seconds: float,
    letter: str | None,
    cost: float | None,
) -> dict[str, Any]:
    question = item.questions[index]
    shown, _ = shown_options(question, protocol, item.identity(index))
    return {
        "id": item.identity(index),
        "image": item.key,
        "dataset": item.dataset,
        "category": item.category,
        "subtask": question.subtask,
        "type": question.type,
        "normal": item.normal,
        "question": question.text,
        "options": dict(question.options),
        "shown": shown,
        "correct": item.answers[index],
        "answer": letter,
        "right": letter == item.answers[index],
        "said": reply.said,
        "why": reply.why,
        "condition": protocol.condition,
        "seconds": round(seconds, 5),
        "cost": cost,
        "tokens_in": reply.tokens_in,
        "tokens_out": reply.tokens_out,
    }


def _evidence(finding: Finding | None, detector_s: float) -> dict[str, Any]:
    if finding is None:
        return {"detector_s": round(detector_s, 5)}
    return {
        "detector_s": round(detector_s, 5),
        "finding": {
            "defect": finding.defect,
            "score": round(finding.score, 5),
            "threshold": round(finding.threshold, 5),
            "place": [round(value, 3) for value in finding.look.centre],
            "words": finding.look.description(),
        },
    }
