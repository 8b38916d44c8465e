"""The kinds of jobs: arguments, queue and deadline of each. Imports nothing heavy, so that starting a job is quick."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.jobs.errors import JobInputError
from tools.blueprint.model import Blueprint

SEED_MAX = 2**63 - 1


class Arguments(BaseModel):
    """What every job may be told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    conversation_id: str | None = None
    name: str = Field(default="", max_length=200)


class SculptArguments(Arguments):
    """Make a data set: a Blueprint on photos of good parts."""

    blueprint: Blueprint
    good: tuple[Path, ...] = Field(min_length=1)
    count: int = Field(ge=1, le=100_000)
    seed: int = Field(default=0, ge=0, le=SEED_MAX)
    layout: str = Field(default="mvtec", max_length=40)
    generator: str = "renderer"
    out: Path | None = None
    """Where to; by default a folder of the data folder named by the job."""
    blueprint_version_id: str | None = None
    spend_usd: float | None = Field(default=None, ge=0, le=100_000)
    """What the generator `fal` may cost for this job; by default the setting `fal_usd_per_job`."""


class InpaintArguments(Arguments):
    """Ask fal.ai for one picture of a data set, and keep its bytes."""

    blueprint: Blueprint
    photos: tuple[Path, ...] = Field(min_length=1)
    """Tried in this order until the Blueprint fits one."""
    seed: int = Field(ge=0, le=SEED_MAX)
    paid_by: str = Field(max_length=64)
    """The job whose money it is."""
    spend_usd: float | None = None


class EvolveArguments(Arguments):
    """Evolve a Blueprint's look on photos of good parts, within a budget."""

    blueprint: Blueprint
    good: tuple[Path, ...] = Field(min_length=1)
    references: Path | None = None
    """Folder of pictures of the wanted defect, `NAME.png` with `NAME_mask.png`."""
    evaluations: int = Field(default=120, ge=8, le=10_000)
    seconds: float | None = Field(default=None, gt=0)
    usd: float | None = Field(default=None, ge=0)
    """What the generator `fal` may cost; by default the setting `fal_usd_per_job`."""
    generator: str = "renderer"
    accept: float = Field(default=0.95, gt=0, le=1)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    out: Path | None = None


class FitArguments(Arguments):
    """Fit a detector on photos of good parts."""

    good: tuple[Path, ...] = Field(min_length=1)
    detector: str = "patchcore"
    backbone: str | None = None
    seed: int = Field(default=0, ge=0, le=SEED_MAX)
    options: dict[str, Any] = Field(default_factory=dict)
    """More keywords of `tools.detection.fit.fit_bundle`."""
    mm_per_px: float | None = Field(default=None, gt=0)
    """Scale of the photos; with it the line reports millimetres."""
    part: str | None = None
    out: Path | None = None


class InspectArguments(Arguments):
    """Inspect photos with a detector: `detector_id` of the store, or a bundle's folder."""

    paths: tuple[Path, ...] = Field(min_length=1)
    detector_id: str | None = None
    bundle: Path | None = None
    save_maps: bool = False
    out: Path | None = None


class CalibrateArguments(Arguments):
    """Tune a Blueprint's look to photos of the real defect."""

    blueprint: Blueprint
    good: tuple[Path, ...] = Field(min_length=1)
    real: tuple[Path, ...] = Field(min_length=5, max_length=500)
    """Photos of the real defect."""
    iterations: int = Field(default=6, ge=1, le=100)
    seed: int = Field(default=0, ge=0, le=SEED_MAX)
    out: Path | None = None


class ReportArguments(Arguments):
    """Write a report on an inspection of the store."""

    inspection_id: str
    language: str | None = Field(default=None, pattern="^(en|de|ko)$")
    out: Path | None = None


class ExportArguments(Arguments):
    """Pack a data set into a zip file, in another layout where asked."""

    dataset_id: str
    layout: str | None = Field(default=None, max_length=40)


class MmadArguments(Arguments):
    """Ask one shard of a question set: the run as `evals.mmad.runs.Wanted` has it."""

    run: dict[str, Any]


class ProbeArguments(Arguments):
    """Do nothing for a while, in steps: shows that queue and workers are alive."""

    steps: int = Field(default=1, ge=1, le=1000)
    seconds_per_step: float = Field(default=0.0, ge=0.0, le=60.0)
    fail_with: str = ""
    trace: Path | None = None
    """A file that gets a line for each step that ran: tests count them."""


@dataclass(frozen=True)
class Kind:
    """One kind of job."""

    name: str
    arguments: type[Arguments]
    module: str
    queue: str
    deadline_s: float
    """A job that runs longer has failed; a caller may set another."""


KINDS = {
    kind.name: kind
    for kind in (
        Kind("sculpt", SculptArguments, "agent.jobs.sculpt", "work", 6 * 3600.0),
        Kind("inpaint", InpaintArguments, "agent.jobs.inpaint", "fal", 4 * 3600.0),
        Kind("evolve", EvolveArguments, "agent.jobs.evolve", "work", 6 * 3600.0),
        Kind("fit", FitArguments, "agent.jobs.fit", "gpu", 3600.0),
        Kind("inspect", InspectArguments, "agent.jobs.inspect", "inspect", 120.0),
        Kind("calibrate", CalibrateArguments, "agent.jobs.calibrate", "work", 3600.0),
        Kind("report", ReportArguments, "agent.jobs.report", "inspect", 300.0),
        Kind("export", ExportArguments, "agent.jobs.export", "inspect", 3600.0),
        # By name only: nothing of the agent imports evals; the worker loads the module when it starts.
        Kind("mmad", MmadArguments, "evals.mmad.job", "work", 7 * 86400.0),
        Kind("probe", ProbeArguments, "agent.jobs.probe", "inspect", 120.0),
    )
}
QUEUES = ("work", "gpu", "inspect", "fal")
"""`work` for long computations, `gpu` for those that a graphics card speeds up, `inspect` for short ones, which never
wait behind the long, `fal` for pictures from fal.ai: their number at once and a minute is limited."""


def get_kind(name: str) -> Kind:
    """One kind.

    Raises:
        JobInputError: there is none of this name.
    """
    if name not in KINDS:
        raise JobInputError(f"there is no job {name[:40]!r}; use one of {', '.join(KINDS)}")
    return KINDS[name]


def check_arguments(kind: str, arguments: dict[str, Any]) -> Arguments:
    """Arguments as their model.

    Raises:
        JobInputError: something is missing, unknown or out of range.
    """
    try:
        return get_kind(kind).arguments.model_validate(arguments)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "arguments"
        raise JobInputError(f"the job {kind} cannot use {where}: {first['msg']}") from None
