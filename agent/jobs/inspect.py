"""The job that inspects photos: `tools.detection.inspect`, then a record for each in the store.

Inspection resumes by itself from its `results.jsonl`; a photo that cannot be read gets the verdict `cannot_judge`.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.jobs.durable import step, workflow
from agent.jobs.errors import JobInputError
from agent.jobs.kinds import InspectArguments
from agent.jobs.work import Work

if TYPE_CHECKING:
    from tools.detection.bundle import Bundle

BUNDLES_OPEN = 4
_open: OrderedDict[tuple[Path, int], Bundle] = OrderedDict()
_loading = threading.Lock()
"""Jobs that ask for a bundle at the same time load it once."""


@workflow("inspect")
def inspect(arguments: dict[str, Any]) -> dict[str, Any]:
    """Inspect and record photos."""
    return _inspect_and_record(arguments)


@step("inspect.inspect_and_record")
def _inspect_and_record(arguments: dict[str, Any]) -> dict[str, Any]:
    """One step, for most jobs are one photo and a step's record costs as much as its inspection. Safe to repeat:
    inspection goes on after its last line, and a record is known by its job and position."""
    return _record(arguments, _inspect(arguments))


def _inspect(arguments: dict[str, Any]) -> dict[str, Any]:
    from tools.detection.inspect import inspect_paths

    wanted, work = InspectArguments.model_validate(arguments), Work(0.0, 0.95, short=True)
    out = work.folder("inspections", wanted.out)
    bundle = _load(_bundle_path(wanted, work), work)
    records = inspect_paths(
        wanted.paths,
        bundle,
        out,
        save_maps=wanted.save_maps,
        continue_on_error=True,
        progress=work.progress,
        should_stop=work.should_stop,
    )
    counts = Counter(record.verdict for record in records)
    work.check()
    return {"path": str(out), "results": str(out / "results.jsonl"), "n_images": counts.total(), "verdicts": counts}


def _bundle_path(wanted: InspectArguments, work: Work) -> Path:
    from agent.store.repository import open_store

    if wanted.bundle is not None:
        return wanted.bundle
    if wanted.detector_id is None:
        raise JobInputError("nothing to inspect with; give a detector_id or a bundle")
    return Path(open_store(work.settings).get_detector(wanted.detector_id).path)


def _load(path: Path, work: Work) -> Bundle:
    """The bundle of a folder; the last few stay in memory, shared by all jobs, until their folder changes."""
    from tools.detection.bundle import Bundle

    manifest = path / "bundle.json"
    key = (path, manifest.stat().st_mtime_ns if manifest.exists() else 0)
    with _loading:
        if key not in _open:
            work.progress(0, 1, "loading the detector", at_once=True)
            _open[key] = Bundle.load(path)
        _open.move_to_end(key)
        while len(_open) > BUNDLES_OPEN:
            _open.popitem(last=False)
        return _open[key]


def _record(arguments: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    from agent.store.inspections import InspectionRow
    from agent.store.repository import open_store

    wanted, work = InspectArguments.model_validate(arguments), Work(0.95, 1.0, short=True)
    store = open_store(work.settings)
    detector_id = wanted.detector_id or _detector_at(wanted.bundle, store)
    conversation_id = work.conversation(wanted.conversation_id, store)
    lines = Path(made["results"]).read_text(encoding="utf-8").splitlines()
    ids = []
    for position, record in enumerate(map(json.loads, lines)):
        image = store.find_image(record["input_sha256"]) if record.get("input_sha256") else None
        row = store.save_inspection(
            InspectionRow(
                input=image.name if image else record["input"],
                verdict=record["verdict"],
                score=record["score"],
                score_threshold=record["score_threshold"],
                record=record,
                detector_id=detector_id,
                image_id=image.id if image else None,
                overlay_path=record.get("overlay"),
                job_id=work.job_id,
                position=position,
                conversation_id=conversation_id,
            )
        )
        ids.append(row.id)
        work.progress(position + 1, len(lines), "keeping the results")
    return {**made, "inspection_ids": ids}


def _detector_at(bundle: Path | None, store: Any) -> str | None:
    """The known detector whose bundle lies in this folder."""
    found = store.list_detectors(limit=1, path=str(bundle)) if bundle else []
    return found[0].id if found else None
