"""Words made into a data set: photos of good parts + a Blueprint → images with exact masks, traceable and repeatable.

Each image depends on the Blueprint, its photo, the seed and its number alone, so neither the number of workers nor an
interruption changes a byte of the result. A run that was stopped or killed goes on where its journal ends.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.blueprint.model import Blueprint
from tools.datasets import manifest, render
from tools.datasets.card import write_card
from tools.datasets.errors import DatasetError
from tools.datasets.layout import Layout
from tools.datasets.lineage import write_lineage
from tools.datasets.model import Entry, LineageRecord
from tools.datasets.registry import get_layout
from tools.datasets.sheet import write_contact_sheet
from tools.datasets.sources import Source, copy_sources, drawing_order, fingerprint

JOURNAL = ".journal.jsonl"
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class SculptResult:
    """What a run left behind. `skipped`: photos that were not used, and why; `complete` is False after a stop."""

    root: Path
    n_images: int
    skipped: tuple[str, ...]
    card: Path | None
    contact_sheet: Path | None
    complete: bool


def sculpt(
    blueprint: Blueprint,
    good: Sequence[Path],
    out: Path,
    *,
    count: int,
    seed: int,
    layout: str = "mvtec",
    generator: str = "renderer",
    workers: int = 1,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> SculptResult:
    """Sculpt a data set, or complete one that the same call began.

    Args:
        blueprint: what to draw; its ranges are covered by the images.
        good: files of good photos; those that cannot be used are skipped and listed.
        out: an empty or new folder, or one that the same call began.
        count: number of images with a defect, 1 to 1,000,000.
        seed: 0 or greater; the same arguments give the same files, byte for byte.
        layout: a name of `tools.datasets.registry.LAYOUTS`.
        generator: a name of `tools.generation.registry.GENERATORS`.
        workers: processes.
        progress: gets images done, images wanted and a line of text.
        should_stop: asked between images; True ends the run early, to be completed later.

    Raises:
        DatasetError: nothing to draw on, or `out` holds something else.
        BlueprintDoesNotFitError: the Blueprint fits none of the photos.
    """
    _check(blueprint, count, seed, workers)
    form = get_layout(layout)
    report = progress or _silent
    report(0, count, "reading the good photos")
    stop = should_stop or _never
    with manifest.nothing_half_begun(out, JOURNAL):
        sources, skipped, tasks = _begin(blueprint, good, out, form, count, seed, generator)
        done = _kept(out, count)
        report(len(done), count, "going on" if done else "sculpting")
        with (out / JOURNAL).open("a", encoding="utf-8") as journal:
            todo = (task for task in tasks if task.index not in done)
            for outcome in render.run_tasks(todo, out, sources, generator, workers, stop):
                journal.write(_journal_line(outcome))
                journal.flush()
                done[outcome[0].index] = outcome
                report(len(done), count, Path(outcome[0].image).name)
    skipped += [line for _, misfits in done.values() for line in misfits]
    if len(done) < count:
        return SculptResult(out, len(done), _unique(skipped), None, None, complete=False)
    report(count, count, "writing the card")
    return _finish(blueprint, out, form, sources, [done[index][0] for index in range(count)], skipped)


@dataclass(frozen=True)
class Planned:
    """One image that `sculpt` will make. `photos`: tried in this order, inside the data set."""

    blueprint: Blueprint
    photos: tuple[Path, ...]
    seed: int


def plan(
    blueprint: Blueprint, good: Sequence[Path], out: Path, *, count: int, seed: int, layout: str, generator: str
) -> list[Planned]:
    """The images that `sculpt` makes with the same arguments, for a generator whose pictures are asked for beforehand.

    Begins the data set in `out` with its good photos.

    Raises:
        DatasetError: as `sculpt`.
    """
    _check(blueprint, count, seed, 1)
    sources, _, tasks = _begin(blueprint, good, out, get_layout(layout), count, seed, generator)
    paths = [out / source.entry.image for source in sources]
    return [Planned(task.blueprint, tuple(paths[index] for index in task.sources), task.seed) for task in tasks]


def _begin(
    blueprint: Blueprint, good: Sequence[Path], out: Path, form: Layout, count: int, seed: int, generator: str
) -> tuple[list[Source], list[str], list[render.Task]]:
    """Claim the folder, copy the good photos into it, and say what is to be rendered."""
    maker = render.generator_label(generator)
    wanted = {"blueprint": blueprint.model_dump(mode="json"), "count": count, "seed": seed, "layout": form.name}
    manifest.claim(out, {**wanted, "generator": maker})
    sources, skipped = copy_sources(good, out, form, seed=seed)
    manifest.pin_photos(out, fingerprint(sources))
    return sources, skipped, _tasks(blueprint, sources, form, count, seed)


def _check(blueprint: Blueprint, count: int, seed: int, workers: int) -> None:
    if blueprint.defect_type is None:
        raise DatasetError("the Blueprint names no defect type; say which defect to draw")
    if not 1 <= count <= 1_000_000:
        raise DatasetError(f"count {count} is not between 1 and 1,000,000")
    if seed < 0:
        raise DatasetError(f"seed {seed} is negative; give 0 or greater")
    if not 1 <= workers <= 256:
        raise DatasetError(f"{workers} workers is not between 1 and 256")


def _tasks(blueprint: Blueprint, sources: Sequence[Source], form: Layout, count: int, seed: int) -> list[render.Task]:
    """Every image's Blueprint, seed, files and the order in which photos are tried."""
    from tools.generation.sampling import sample_blueprints

    order = drawing_order(sources, form, count, seed=seed)
    usable = sorted(set(order))
    split_of = [source.entry.split for source in sources]
    seeds = np.random.default_rng((seed, 3)).integers(0, 2**62, count)
    label = str(blueprint.defect_type)
    tasks = []
    for index, (point, source) in enumerate(zip(sample_blueprints(blueprint, count, seed), order, strict=True)):
        entry = form.place(f"{label}_{index:06d}", label, split_of[source])
        at = usable.index(source)
        tries = [i for i in usable[at:] + usable[:at] if split_of[i] == split_of[source]]
        tasks.append(render.Task(index, point, int(seeds[index]), entry, tuple(tries[: render.MOST_TRIES])))
    return tasks


def _journal_line(outcome: render.Outcome) -> str:
    record, misfits = outcome
    return json.dumps({"record": record.model_dump(mode="json"), "misfits": misfits}) + "\n"


def _kept(out: Path, count: int) -> dict[int, render.Outcome]:
    """Outcomes in the journal whose files are there; the journal is cut to them."""
    kept: dict[int, render.Outcome] = {}
    for record, misfits in _journal(out / JOURNAL):
        if record.index < count and (out / record.image).exists() and (out / record.mask).exists():
            kept[record.index] = (record, misfits)
    manifest.rewrite(out / JOURNAL, "".join(_journal_line(outcome) for outcome in kept.values()))
    return kept


def _journal(path: Path) -> Iterator[render.Outcome]:
    """The readable lines; what follows a line that a kill cut off is left out."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            data = json.loads(line)
            yield LineageRecord.model_validate(data["record"]), [str(text) for text in data["misfits"]]
        except (ValueError, KeyError):
            return


def _finish(
    blueprint: Blueprint,
    out: Path,
    form: Layout,
    sources: Sequence[Source],
    records: list[LineageRecord],
    skipped: Sequence[str],
) -> SculptResult:
    """The index files, lineage, contact sheet and card; then the journal goes."""
    entries = list(_entries(form, sources, records))
    form.finish(out, entries)
    write_lineage(out, records)
    sheet = write_contact_sheet(out, records, blueprint.text or str(blueprint.defect_type))
    facts = {
        "sculpted images": str(len(records)),
        "good photos": str(len({source.sha256 for source in sources})),
        "format": form.name,
        "seed": str(manifest.read(out)["seed"]),
        "generator": records[0].generator,
    }
    lines = _unique(skipped)
    card = write_card(out, blueprint, entries, records, facts, lines)
    os.unlink(out / JOURNAL)
    return SculptResult(out, len(records), lines, card, sheet, complete=True)


def _entries(form: Layout, sources: Sequence[Source], records: Sequence[LineageRecord]) -> Iterator[Entry]:
    split_of = {source.entry.image: source.entry.split for source in sources}
    yield from (source.entry for source in sources)
    for record in records:
        label = str(record.blueprint.defect_type)
        yield form.place(Path(record.image).stem, label, split_of[record.source])


def _unique(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(lines)))


def _silent(done: int, total: int, text: str) -> None:
    del done, total, text


def _never() -> bool:
    return False
