"""The job that packs a data set into a zip file, in another layout where asked."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from agent.jobs.durable import step, workflow
from agent.jobs.errors import JobInputError
from agent.jobs.kinds import ExportArguments
from agent.jobs.work import Work
from agent.jobs.zip import zip_folder


@workflow("export")
def export(arguments: dict[str, Any]) -> dict[str, Any]:
    """Pack a data set."""
    return _pack(arguments)


@step("export.pack")
def _pack(arguments: dict[str, Any]) -> dict[str, Any]:
    from agent.store.repository import open_store

    wanted, work = ExportArguments.model_validate(arguments), Work()
    row = open_store(work.settings).get_dataset(wanted.dataset_id)
    folder = Path(row.path)
    if not folder.is_dir():
        raise JobInputError(f"the folder of data set {row.id} is gone; make it again with the same seed")
    if wanted.layout is not None and wanted.layout != row.layout:
        folder = _converted(folder, wanted.layout, work)
    target = work.settings.data_dir / "exports" / f"{row.id}-{wanted.layout or row.layout}.zip"
    work.progress(9, 10, "packing")
    zip_folder(folder, target)
    return {"path": str(target), "bytes": target.stat().st_size}


def _converted(folder: Path, layout: str, work: Work) -> Path:
    """The data set in another layout; one that was cut off is begun again."""
    from tools.datasets.convert import convert

    target = work.folder("exports", None)
    shutil.rmtree(target, ignore_errors=True)
    total = sum(1 for _ in folder.rglob("*.png"))
    convert(folder, target, layout, progress=lambda done: work.progress(done, max(total, done), "converting"))
    return target
