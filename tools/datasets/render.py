"""Rendering one image of a data set, and many of them in a bounded pool of processes."""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tools.blueprint.model import Blueprint
from tools.datasets.errors import DatasetError, SculptError
from tools.datasets.model import Entry, LineageRecord
from tools.datasets.sources import Source
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.protocol import Generator, Rendering
from tools.generation.registry import get_generator
from tools.vision.images import content_hash, load_image, save_png

MOST_TRIES = 8
"""Photos that are tried for an image before its Blueprint is said to fit none."""
IN_FLIGHT_A_WORKER = 4


@dataclass(frozen=True)
class Task:
    """One image to render. `sources`: indices of photos, the first that the Blueprint fits is used."""

    index: int
    blueprint: Blueprint
    seed: int
    entry: Entry
    sources: tuple[int, ...]


Outcome = tuple[LineageRecord, list[str]]


@lru_cache(maxsize=4)
def _generator(name: str) -> Generator:
    return get_generator(name)


def generator_label(name: str) -> str:
    """Name and version as lineage has them."""
    generator = _generator(name)
    return f"{generator.name} {generator.version}"


def run_tasks(
    tasks: Iterable[Task],
    root: Path,
    sources: Sequence[Source],
    generator: str,
    workers: int,
    stop: Callable[[], bool],
) -> Iterator[Outcome]:
    """Render tasks, in this process or in a pool; outcomes come as they are done, files are written already.

    Raises:
        BlueprintDoesNotFitError: a task fits none of its photos.
        SculptError: a worker died.
    """
    if workers == 1:
        for task in tasks:
            if stop():
                return
            yield render_task(task, root, [sources[index] for index in task.sources], generator)
        return
    # Forked workers could inherit a lock that another thread holds, so they start afresh.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_single_thread) as pool:
        try:
            yield from _pooled(pool, iter(tasks), root, sources, generator, workers, stop)
        except BrokenProcessPool:
            raise SculptError("a worker process died; run the command again with fewer workers, it goes on") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _pooled(
    pool: ProcessPoolExecutor,
    tasks: Iterator[Task],
    root: Path,
    sources: Sequence[Source],
    generator: str,
    workers: int,
    stop: Callable[[], bool],
) -> Iterator[Outcome]:
    def submit(task: Task) -> Future[Outcome]:
        return pool.submit(render_task, task, root, [sources[index] for index in task.sources], generator)

    running = {submit(task) for task in itertools.islice(tasks, workers * IN_FLIGHT_A_WORKER)}
    while running:
        finished, running = wait(running, return_when=FIRST_COMPLETED)
        if not stop():
            running |= {submit(task) for task in itertools.islice(tasks, len(finished))}
        for future in finished:
            yield future.result()


def _single_thread() -> None:
    """One thread a worker: several would fight over the same cores."""
    import cv2

    cv2.setNumThreads(1)


def render_task(task: Task, root: Path, sources: Sequence[Source], generator: str) -> Outcome:
    """Render one image onto the first photo that it fits, write its files and give its record.

    Also gives a line for each photo that it did not fit.

    Raises:
        BlueprintDoesNotFitError: it fits none of the photos; the last reason.
    """
    misfits: list[str] = []
    for source in sources:
        photo = load_image(root / source.entry.image)
        try:
            drawn = _generator(generator).generate(task.blueprint, photo, task.seed)
        except BlueprintDoesNotFitError as error:
            misfits.append(f"{source.photo}, image {task.index}: {error}")
            continue
        return _write(task, root, source, drawn, generator), misfits
    reason = misfits[-1] if misfits else "there is no photo"
    raise BlueprintDoesNotFitError(f"image {task.index} fits none of {len(sources)} photos; {reason}")


def _write(task: Task, root: Path, source: Source, drawn: Rendering, generator: str) -> LineageRecord:
    if task.entry.mask is None:
        raise DatasetError(f"image {task.index} has no place for its mask in this format")
    save_png(root / task.entry.mask, drawn.mask)
    save_png(root / task.entry.image, drawn.image)
    return LineageRecord(
        image=task.entry.image,
        mask=task.entry.mask,
        source=source.entry.image,
        seed=task.seed,
        blueprint=task.blueprint,
        generator=generator_label(generator),
        index=task.index,
        photo=source.photo,
        image_sha256=content_hash(drawn.image),
        mask_sha256=content_hash(drawn.mask),
        source_sha256=source.sha256,
    )
