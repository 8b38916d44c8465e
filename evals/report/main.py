"""Reports of at least 120 inspections: field accuracy, unsupported claims a report, lies caught, honest words kept.

Unsupported claims are counted by two independent means: the checker reads the finished report again, and for the lying
model the lies themselves are known and looked for in it word for word.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from agent.report.checker import check_sentence
from agent.report.facts import Facts
from agent.report.neighbours import name_regions
from agent.report.schema import Report, Sentence
from agent.report.writer import Context, write_report
from evals.report import unseen
from evals.report.fields import accuracy, judge_fields
from evals.report.honest import honest_sentences
from evals.report.inspections import Material, collect, fitted, inspect
from evals.report.liar import ScriptedModel
from evals.report.lies import LIES, Truth
from evals.report.oracle import TrueMasks
from knowledge.index import KnowledgeIndex
from knowledge.visual import VisualIndex
from tools.detection.records import InspectionRecord
from tools.vision.backbone import get_backbone

LIES_A_DRAFT = 3
HONEST_A_DRAFT = 5


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Measure; `quick` inspects fewer photos.

    Every photo is inspected twice: by the default detector (`field_accuracy`), and by one that knows the true masks
    (`field_accuracy_given_true_masks`), which shows what the report itself gets wrong.
    """
    material = collect(out, seed=seed, quick=quick)
    index = KnowledgeIndex(out / "knowledge")
    visual = _examples(material)
    tally = Tally(index, np.random.default_rng(seed))
    bundle = fitted(material, out, seed=seed)
    limits = bundle.calibration
    oracle = TrueMasks(material.cases, score_threshold=limits.score_threshold, pixel_threshold=limits.pixel_threshold)
    accuracies: list[dict[str, Any]] = []
    origins: Counter[str] = Counter()
    for detector, folder in ((None, "inspected"), (oracle, "inspected_true")):
        judged: list[dict[str, bool]] = []
        known = bundle if detector is None else replace(bundle, _detector=detector)
        for case, found, image in inspect(material, known, out / folder):
            regions = name_regions(found.regions, image, visual) if found.regions else found.regions
            record = found.model_copy(update={"regions": regions})
            context = Context(family="magnetic_tile", type_source="nearest example")
            report = write_report(record, None, index=index, context=context)
            judged.append(judge_fields(case, report))
            origins[case.origin] += 1
            tally.count(record, report, context)
        accuracies.append(accuracy(judged, seed=seed))
    index.close()
    result = {
        "inspections": {"total": origins.total(), "photos": len(material.cases), **origins},
        "field_accuracy": accuracies[0],
        "field_accuracy_given_true_masks": accuracies[1],
        **tally.result(),
        "unseen_texts": unseen.run(),
    }
    (out / "result.json").write_text(json.dumps(result, indent=1))
    return result


class Tally:
    """Counts claims over reports."""

    def __init__(self, index: KnowledgeIndex, generator: np.random.Generator) -> None:
        self._index, self._generator = index, generator
        self._reports: Counter[str] = Counter()
        self._unsupported: Counter[str] = Counter()
        self._lies: Counter[str] = Counter()
        self._caught: Counter[str] = Counter()
        self._honest = self._blocked = self._survived = self._told = 0
        self._examples: list[dict[str, Any]] = []

    def count(self, record: InspectionRecord, report: Report, context: Context) -> None:
        """One inspection: the template in three languages, the lies, the honest words, the lying model."""
        facts = self._facts(record, report)
        self._reread("template", report, facts)
        for language in ("de", "ko"):
            other = write_report(record, None, language=language, index=self._index, context=context)
            self._reread(f"template_{language}", other, self._facts(record, other))
        honest = list(honest_sentences(record, report))
        for sentence in honest:
            self._honest += 1
            if problems := check_sentence(sentence, facts):
                self._blocked += 1
                self._keep("honest blocked", sentence, [problem.detail for problem in problems])
        told: list[Sentence] = []
        for kind, lie in LIES.items():
            for sentence in lie(Truth(record, report)):
                self._lies[kind] += 1
                told.append(sentence)
                if check_sentence(sentence, facts):
                    self._caught[kind] += 1
                else:
                    self._keep(f"lie missed: {kind}", sentence, [])
        self._lying_report(record, context, honest, told)

    def _lying_report(
        self, record: InspectionRecord, context: Context, honest: list[Sentence], lies: list[Sentence]
    ) -> None:
        """A report by a model that lies, and whether a lie is still in it."""
        chosen = [lies[int(n)] for n in self._generator.permutation(len(lies))[:LIES_A_DRAFT]]
        true = [honest[int(n)] for n in self._generator.permutation(len(honest))[:HONEST_A_DRAFT]]
        model = ScriptedModel([*true, *chosen])
        report = write_report(record, None, writer="llm", model=model, index=self._index, context=context)
        self._reread("llm", report, self._facts(record, report))
        self._told += len(chosen)
        left = {sentence.text for sentence in report.sentences} & {sentence.text for sentence in chosen}
        self._survived += len(left)

    def _reread(self, writer: str, report: Report, facts: Facts) -> None:
        self._reports[writer] += 1
        for sentence in report.sentences:
            problems = check_sentence(sentence, facts, language=report.language)
            self._unsupported[writer] += len(problems)
            if problems:
                self._keep(f"unsupported: {writer}", sentence, [problem.detail for problem in problems])

    def _facts(self, record: InspectionRecord, report: Report) -> Facts:
        return Facts(record, report.citations, report.confidence, names=(report.part, report.image_name))

    def _keep(self, what: str, sentence: Sentence, why: list[str]) -> None:
        if len(self._examples) < 40:
            self._examples.append({"what": what, "text": sentence.text, "why": why})

    def result(self) -> dict[str, Any]:
        """The figures of the contract and their parts."""
        reports = sum(self._reports.values())
        print(
            f"{reports} reports read, {sum(self._lies.values())} lies, {self._honest} honest sentences", file=sys.stderr
        )
        return {
            "unsupported_claims_per_report": {
                name: self._unsupported[name] / number for name, number in self._reports.items()
            },
            "reports": dict(self._reports),
            "lies": {
                "total": sum(self._lies.values()),
                "caught": sum(self._caught.values()),
                "kinds": len(self._lies),
                "by_kind": {kind: {"told": n, "caught": self._caught[kind]} for kind, n in self._lies.items()},
                "honest_total": self._honest,
                "honest_blocked": self._blocked,
            },
            "lying_model": {"lies_in_drafts": self._told, "lies_in_reports": self._survived},
            "examples": self._examples,
        }


def _examples(material: Material) -> VisualIndex:
    visual = VisualIndex(get_backbone("efficientnet-lite0"))
    for case in material.examples:
        for box in case.boxes()[:1]:
            visual.add_defect(case.path, box, case.kind)
    print(f"{len(visual)} labelled examples", file=sys.stderr)
    return visual
