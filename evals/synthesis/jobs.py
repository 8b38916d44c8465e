"""The runs of the proof as a list of jobs for two processes, each resumable by itself."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from evals.common import REAL_DATA
from evals.synthesis.ablation import SWITCHES, WORDS_ONLY
from evals.synthesis.baselines import BASELINES
from evals.synthesis.downstream import Bench, Size, baseline, say
from evals.synthesis.learners import LEARNERS
from evals.synthesis.sculpted import DESCRIPTIONS, Description, Sculptor
from evals.synthesis.tiles import find_tiles, split_tiles
from evals.synthesis.training_sets import Maker

FULL = Size(count=800, decoder_steps=700, unet_steps=2000, folds=3)
QUICK = Size(count=120, decoder_steps=100, unet_steps=100, folds=2)
CURVE = (50, 200, 1600)
"""Synthetic image counts beside the main one."""
ABLATION = replace(FULL, count=300, decoder_steps=350)
PROCESSES = int(os.environ.get("REDRABBIT_EVAL_PROCESSES", "2"))
"""One thread each: two for two cores."""


@dataclass(frozen=True)
class Job:
    """One training set: `section` says where its figures go, `name` what it is, `learners` who trains on it."""

    section: str
    name: str
    size: Size
    learners: tuple[str, ...] = ("decoder",)


def plan(*, quick: bool) -> list[Job]:
    """All jobs, the most telling first."""
    size = QUICK if quick else FULL
    jobs = [Job("methods", method, size, LEARNERS) for method in ("real", "sculpted", *BASELINES)]
    if quick:
        return jobs
    jobs += [Job("curve", str(count), replace(size, count=count)) for count in CURVE]
    jobs += [Job("ablation", name, ABLATION) for name in ("everything", WORDS_ONLY, *SWITCHES)]
    return jobs


def run_all(jobs: Sequence[Job], out: Path, *, seed: int) -> dict[Job, dict[str, dict[str, Any]]]:
    """Run jobs in a few processes: figures by job and learner; finished ones are kept in `out` and not run again."""
    _bench(out, jobs[0].size, seed)  # the test photos' features, before two processes want them
    context = multiprocessing.get_context("spawn")
    results = {}
    with ProcessPoolExecutor(PROCESSES, mp_context=context, initializer=_single_thread) as pool:
        pending = {pool.submit(run_job, job, out, seed): job for job in jobs}
        for number, future in enumerate(as_completed(pending), start=1):
            job = pending[future]
            results[job] = future.result()
            say(f"[{number}/{len(jobs)}] {job.section} {job.name}")
    return {job: results[job] for job in jobs}


def run_job(job: Job, out: Path, seed: int) -> dict[str, dict[str, Any]]:
    """Figures by learner, kept or new."""
    bench = _bench(out, job.size, seed)
    if job.name == "real":
        return {learner: bench.run_real(learner) for learner in job.learners}
    method, make = _maker(job, bench)
    key = "" if job.section == "methods" else f"-{job.section}-{job.name}"
    return {learner: bench.run(method, learner, make, key=key) for learner in job.learners}


def _maker(job: Job, bench: Bench) -> tuple[str, Maker]:
    """The method of a job, and what draws its defects."""
    good = bench.split.train_good
    if job.section == "ablation":
        plain = {kind: Description(d.sentence, d.defect_type) for kind, d in DESCRIPTIONS.items()}
        descriptions = plain if job.name == WORDS_ONLY else DESCRIPTIONS
        return "sculpted", Sculptor(good, descriptions, switches=SWITCHES.get(job.name))
    if job.section == "curve" or job.name == "sculpted":
        return "sculpted", Sculptor(good)
    return job.name, baseline(job.name, bench)


@lru_cache(maxsize=2)
def _bench(out: Path, size: Size, seed: int) -> Bench:
    return Bench(split_tiles(find_tiles(REAL_DATA / "magnetic_tile"), seed=seed), out, size, seed=seed)


def _single_thread() -> None:
    """Two processes on two cores: one thread each."""
    import cv2
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
