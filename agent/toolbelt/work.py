"""Who runs long work for the tools: durable jobs (the default), or the plain functions here and now.

Both take a job kind and its arguments (see `agent.jobs.kinds`), report progress, and leave the results in the folder
that the arguments name: the tools read them from there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from agent.settings import Settings
from tools.errors import RedRabbitError

Progress = Callable[[str, float, str], None]
"""Called with the job's id, the fraction done and a message."""


class WorkError(RedRabbitError):
    """A job failed, was cancelled or is unknown."""


class Runner(Protocol):
    """Runs jobs."""

    def run(self, kind: str, arguments: dict[str, Any], progress: Progress) -> str:
        """Run to the end; returns the job's id.

        Raises:
            RedRabbitError: it failed or was cancelled; one sentence.
        """
        ...

    def status(self, job_id: str) -> dict[str, Any]:
        """`id`, `kind`, `state`, `fraction`, `message`, `error`."""
        ...

    def cancel(self, job_id: str) -> dict[str, Any]:
        """Stop a job; returns its status."""
        ...


class JobRunner:
    """Durable jobs: they survive this process, show progress and can be cancelled from anywhere."""

    def __init__(self, settings: Settings, timeout_s: float = 4 * 3600.0) -> None:
        """Jobs are launched with the first one."""
        self._settings, self._timeout_s = settings, timeout_s

    def run(self, kind: str, arguments: dict[str, Any], progress: Progress) -> str:
        """See `Runner`."""
        from agent.jobs import client

        client.launch(self._settings)
        job_id = client.start(kind, arguments)
        progress(job_id, 0.0, "")
        done = client.wait(
            job_id, self._timeout_s, lambda status: progress(job_id, status.fraction, status.message or status.state)
        )
        if done.state == "cancelled":
            raise WorkError(f"the job {kind} was cancelled; what was finished is kept")
        if done.state != "done":
            raise WorkError(done.error or f"the job {kind} is not done after {self._timeout_s:g} s; ask for its status")
        return job_id

    def status(self, job_id: str) -> dict[str, Any]:
        """See `Runner`."""
        from agent.jobs import client

        client.launch(self._settings)
        return client.status(job_id).model_dump(mode="json")

    def cancel(self, job_id: str) -> dict[str, Any]:
        """See `Runner`."""
        from agent.jobs import client

        client.launch(self._settings)
        return client.cancel(job_id).model_dump(mode="json")


class InlineRunner:
    """The plain functions, in this thread: for tests, evaluations and short demonstrations."""

    def __init__(self) -> None:
        """Nothing is started."""
        self._done: dict[str, dict[str, Any]] = {}

    def run(self, kind: str, arguments: dict[str, Any], progress: Progress) -> str:
        """See `Runner`."""
        job_id = f"inline-{len(self._done) + 1}"
        self._done[job_id] = {"id": job_id, "kind": kind, "state": "running", "fraction": 0.0, "message": ""}
        try:
            _FUNCTIONS[kind](arguments, lambda done, total, text: progress(job_id, _share(done, total), text))
        except RedRabbitError as error:
            self._done[job_id] |= {"state": "failed", "error": str(error)}
            raise
        self._done[job_id] |= {"state": "done", "fraction": 1.0}
        return job_id

    def status(self, job_id: str) -> dict[str, Any]:
        """See `Runner`."""
        if job_id not in self._done:
            raise WorkError(f"there is no job {job_id[:64]!r}")
        return self._done[job_id]

    def cancel(self, job_id: str) -> dict[str, Any]:
        """See `Runner`; work that runs here is over before anyone can cancel it."""
        return self.status(job_id)


def _share(done: int, total: int) -> float:
    return min(max(done / total, 0.0), 1.0) if total > 0 else 0.0


def _sculpt(arguments: dict[str, Any], progress: Callable[[int, int, str], None]) -> None:
    from tools.blueprint.model import Blueprint
    from tools.datasets.sculpt import sculpt

    sculpt(
        Blueprint.model_validate(arguments["blueprint"]),
        [Path(name) for name in arguments["good"]],
        Path(arguments["out"]),
        count=arguments["count"],
        seed=arguments["seed"],
        layout=arguments["layout"],
        generator=arguments["generator"],
        progress=progress,
    )


def _fit(arguments: dict[str, Any], progress: Callable[[int, int, str], None]) -> None:
    from tools.detection.config import InspectConfig
    from tools.detection.fit import fit_bundle

    fit_bundle(
        [Path(name) for name in arguments["good"]],
        Path(arguments["out"]),
        detector=arguments["detector"],
        backbone=arguments["backbone"],
        seed=arguments["seed"],
        config=InspectConfig(mm_per_px=arguments.get("mm_per_px")),
        progress=progress,
    )


def _inspect(arguments: dict[str, Any], progress: Callable[[int, int, str], None]) -> None:
    from tools.detection.bundle import Bundle
    from tools.detection.inspect import inspect_paths

    paths = [Path(name) for name in arguments["paths"]]
    bundle = Bundle.load(Path(arguments["bundle"]))
    for _record in inspect_paths(
        paths, bundle, Path(arguments["out"]), save_maps=True, continue_on_error=True, progress=progress
    ):
        pass


def _calibrate(arguments: dict[str, Any], progress: Callable[[int, int, str], None]) -> None:
    from tools.blueprint.model import Blueprint
    from tools.calibration.given import match_photos
    from tools.vision.backbone import get_backbone

    match_photos(
        Blueprint.model_validate(arguments["blueprint"]),
        [Path(name) for name in arguments["good"]],
        [Path(name) for name in arguments["real"]],
        Path(arguments["out"]),
        embed=get_backbone().embed,
        iterations=arguments["iterations"],
        seed=arguments["seed"],
        progress=progress,
    )


def _evolve(arguments: dict[str, Any], progress: Callable[[int, int, str], None]) -> None:
    from tools.blueprint.model import Blueprint
    from tools.evolution.automatic import evolve_blueprint
    from tools.evolution.engine import Budget

    evolve_blueprint(
        Blueprint.model_validate(arguments["blueprint"]),
        [Path(name) for name in arguments["good"]],
        Path(arguments["out"]),
        budget=Budget(evaluations=arguments["evaluations"], accept=arguments.get("accept", 0.95)),
        seed=arguments["seed"],
        progress=progress,
    )


_FUNCTIONS: dict[str, Callable[[dict[str, Any], Callable[[int, int, str], None]], None]] = {
    "sculpt": _sculpt,
    "evolve": _evolve,
    "fit": _fit,
    "inspect": _inspect,
    "calibrate": _calibrate,
}
