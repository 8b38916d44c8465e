"""Inspect photos with a bundle: verdicts, regions, masks and maps, a line a photo, resumable.

A photo's files are written before its line, and the line in one piece: what `results.jsonl` says is there, is there.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Self

from tools.detection.acceptance import parse_rules
from tools.detection.bundle import Bundle
from tools.detection.config import InspectConfig
from tools.detection.errors import DetectionError, DetectionInputError
from tools.detection.inspect_one import InspectOptions, Run, decide, record_one
from tools.detection.loader import Loaded, load_ahead
from tools.detection.profile import Profile
from tools.detection.protocol import Prediction
from tools.detection.records import InspectionRecord
from tools.detection.results import ResultsFile
from tools.detection.verdict import Judgement
from tools.vision.images import find_images
from tools.vision.types import RgbImage

__all__ = ["InspectOptions", "Session", "expand", "inspect_image", "inspect_paths"]

Progress = Callable[[int, int, str], None]


class Session:
    """An inspection of one bundle into one folder, photo by photo; a context manager."""

    def __init__(
        self,
        bundle: Bundle,
        out: Path,
        *,
        config: InspectConfig | None = None,
        options: InspectOptions | None = None,
        profile: Profile | None = None,
    ) -> None:
        """Open `out`; finished records of an earlier run count where their photo and files are as they were.

        Raises:
            DetectionInputError: see `ResultsFile`; or rules that do not fit the settings.
        """
        chosen, settings = options or InspectOptions(), config or bundle.config
        self._run = Run(bundle, settings, Path(out).resolve(), chosen, profile or Profile(), parse_rules(settings))
        check_same_view(bundle, settings)
        self._run.guarantee = bundle.calibration.guarantee_met and settings.defects == bundle.config.defects
        self._results = ResultsFile(self._run.out, _identity(bundle, settings, chosen), resume=chosen.resume)
        self._tried: set[str] = set()
        try:
            self._results.forget(_still_there)
        except BaseException:
            self._results.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._results.close()
        else:
            self._results.abandon()

    def knows(self, path: Path) -> bool:
        """Was this photo inspected, now or in an earlier run?"""
        return str(path) in self._results.done or str(path) in self._tried

    def inspect(
        self,
        sources: Sequence[Path],
        progress: Progress | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Iterator[InspectionRecord]:
        """Records of photos in their order. Raises as `inspect_paths`."""
        return _inspect(self._run, list(sources), self._results, progress, should_stop)

    def inspect_one(self, path: Path) -> InspectionRecord:
        """The record of one photo."""
        self._tried.add(str(path))
        return next(self.inspect([path]))


def inspect_paths(
    paths: Sequence[Path | str],
    bundle: Bundle,
    out: Path,
    *,
    save_maps: bool = False,
    continue_on_error: bool = False,
    config: InspectConfig | None = None,
    options: InspectOptions | None = None,
    profile: Profile | None = None,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[InspectionRecord]:
    """Inspect photos; yields a record a photo in order, finished ones of an earlier run included.

    Args:
        paths: photos and folders of them.
        bundle: what to inspect with.
        out: folder for `results.jsonl`, `masks/`, `overlays/`, `maps/`.
        save_maps, continue_on_error: see `InspectOptions`.
        config: settings instead of the bundle's own; other post-processing voids the promise, which records say.
        options: everything else.
        profile: collects stage times.
        progress: called with done, total and a file name.
        should_stop: asked after each batch; True ends the run, which can be resumed.

    Raises:
        ImageError: a folder without photos.
        DetectionInputError: an unreadable photo without `continue_on_error`; the lines before it are kept.
    """
    chosen = options or InspectOptions(save_maps=save_maps, continue_on_error=continue_on_error)
    sources = expand(paths)
    with Session(bundle, out, config=config, options=chosen, profile=profile) as session:
        yield from session.inspect(sources, progress, should_stop)


def inspect_image(image: RgbImage, bundle: Bundle, *, config: InspectConfig | None = None) -> Judgement:
    """The verdict on one photo in memory, `uint8` H x W x 3; nothing is written."""
    settings = config or bundle.config
    check_same_view(bundle, settings)
    run = Run(bundle, settings, Path(), InspectOptions(), Profile(), parse_rules(settings))
    return decide(run, image, bundle.predict([image])[0])


def expand(paths: Sequence[Path | str]) -> list[Path]:
    """Files as named, folders as the photos in them; each once.

    Raises:
        ImageError: a folder without photos.
        DetectionInputError: nothing given.
    """
    found = [path for source in paths for path in (find_images(source) if Path(source).is_dir() else [Path(source)])]
    if not found:
        raise DetectionInputError("no photo was given; name photos or folders")
    return list(dict.fromkeys(found))


def check_same_view(bundle: Bundle, settings: InspectConfig) -> None:
    """What the detector was fitted to see cannot be changed afterwards.

    Raises:
        DetectionInputError: other tiles or another preparation of the photo than at fit.
    """
    for name in ("adaptation", "preprocessing"):
        if getattr(settings, name) != getattr(bundle.config, name):
            raise DetectionInputError(
                f"{name} differs from what the bundle was fitted with; leave it out here, or fit again with it"
            )


def _identity(bundle: Bundle, config: InspectConfig, options: InspectOptions) -> dict[str, object]:
    return {
        "bundle": bundle.bundle_id,
        "config": config.model_dump(mode="json"),
        "save_maps": options.save_maps,
        "save_overlays": options.save_overlays,
        "with_rle": options.with_rle,
    }


def _still_there(record: InspectionRecord) -> bool:
    """Is a finished record still true: its files exist and the photo has not changed?"""
    named = [record.mask, record.map, record.overlay, record.report]
    if not all(Path(name).is_file() for name in named if name is not None):
        return False
    source = Path(record.input)
    return not source.is_file() or hashlib.sha256(source.read_bytes()).hexdigest() == record.input_sha256


def _inspect(
    run: Run,
    sources: list[Path],
    results: ResultsFile,
    progress: Progress | None,
    should_stop: Callable[[], bool] | None,
) -> Iterator[InspectionRecord]:
    """Records in the order of the sources: finished ones as they are, the others in batches."""
    finished = dict(results.done)
    size = max(1, run.options.batch_size)
    todo = [path for path in sources if str(path) not in finished]
    loaded = load_ahead(todo, workers=run.options.num_workers, ahead=2 * size)
    batch: list[Loaded] = []
    done = 0
    for path in sources:
        ready = [finished[str(path)]] if str(path) in finished else []
        if not ready:
            batch.append(next(loaded))
        if ready or len(batch) >= size or batch[-1].error is not None or path == sources[-1]:
            for record in chain(_flush(run, batch, results), ready):
                done += 1
                if progress is not None:
                    progress(done, len(sources), Path(record.input).name)
                yield record
            _check_errors(run, batch)
            batch = []
            if should_stop is not None and should_stop():
                return


def _check_errors(run: Run, batch: list[Loaded]) -> None:
    bad = next((one for one in batch if one.error is not None), None)
    if bad is None:
        return
    if not run.options.continue_on_error:
        raise DetectionInputError(f"{bad.error} (--continue-on-error goes on; finished lines are kept)")
    if 0 < run.options.max_errors <= run.profile.errors:
        raise DetectionError(
            f"{run.profile.errors} photos could not be read, as many as --max-errors allows; last: {bad.error}"
        )


def _flush(run: Run, batch: list[Loaded], results: ResultsFile) -> Iterator[InspectionRecord]:
    """Score a batch, judge each photo, write its files and then its line."""
    predictions = iter(_predict(run, [one.image for one in batch if one.image is not None]))
    for one in batch:
        if one.image is None and not run.options.continue_on_error:
            return
        prediction, detect_ms = (None, 0.0) if one.image is None else next(predictions)
        record = record_one(run, one, prediction, detect_ms)
        results.append(record)
        yield record


def _predict(run: Run, images: list[RgbImage]) -> list[tuple[Prediction | str, float]]:
    """Predictions with each one's share of the time; a batch that fails is tried one by one, so that one photo does
    not take its neighbours with it."""
    if not images:
        return []
    started = time.perf_counter()
    try:
        found: list[Prediction | str] = list(run.bundle.predict(images))
    except DetectionInputError:
        raise
    except Exception as error:
        if not run.options.continue_on_error:
            raise DetectionError(f"the detector failed: {type(error).__name__}: {error}") from error
        if len(images) == 1:
            return [(f"the detector failed: {type(error).__name__}: {error}", 0.0)]
        return [pair for image in images for pair in _predict(run, [image])]
    each = (time.perf_counter() - started) * 1e3 / len(images)
    return [(one, each) for one in found]
