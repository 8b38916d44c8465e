"""Fit a detector on photos of good parts, calibrate its thresholds on photos it has not seen, save a bundle."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from tools.detection.acceptance import parse_rules
from tools.detection.bundle import Bundle, GoodSet, Manifest
from tools.detection.bundle_files import check_target, write_bundle
from tools.detection.calibration import Method, calibrate
from tools.detection.config import InspectConfig
from tools.detection.errors import DetectionInputError
from tools.detection.held_out import Progress, Reporter, StoppedError, fit_and_hold_out
from tools.detection.photos import PhotoSet
from tools.detection.protocol import Detector
from tools.detection.registry import build_detector, takes
from tools.detection.suitability import learn_suitability
from tools.detection.tiling import tiled
from tools.vision.backbone import Backbone, get_backbone
from tools.vision.errors import ImageError
from tools.vision.images import find_images, load_image

MIN_GOOD = 2
SAMPLES = 6
NO_BACKBONE = "none"
SLOW = ("efficientad", "anomalib:")
"""Detectors whose training is too long to be repeated fold by fold."""
CACHED = ("patchcore", "subspace", "fused")
"""Detectors that look at each good photo once, as it is: their features are kept between folds."""

__all__ = ["Progress", "StoppedError", "fit_bundle"]


def fit_bundle(
    good: Sequence[Path] | Path,
    out: Path,
    *,
    detector: str = "patchcore",
    backbone: str = "efficientnet-lite0",
    seed: int = 0,
    config: InspectConfig | None = None,
    options: Mapping[str, Any] | None = None,
    method: Method | None = None,
    folds: int = 5,
    skip_unreadable: bool = False,
    group_by: str | None = None,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Bundle:
    """Fit, calibrate and save.

    Args:
        good: photos of good parts, or folders of them.
        out: the bundle's folder; an older bundle there is replaced in one step.
        detector, options: a name of `tools.detection.registry` and its own settings.
        backbone: spec of a backbone, or `none` for a detector that needs none (then a wrong product is recognised by
            its light, colour and format alone).
        seed: of folds and fitting; the same photos, settings and seed give the same bundle.
        config: settings of the line, with the promise about false alarms.
        method: how thresholds are calibrated, see `tools.detection.calibration`; `kfold`, or `split` for detectors
            that take minutes to train, where not given.
        folds: of `kfold`.
        skip_unreadable: leave files out that cannot be read (listed in the bundle) instead of refusing.
        group_by: regular expression on file names whose first group names the part, where a part was photographed
            several times: its photos stay on one side, and the promise is about parts, not photos.
        progress: called with done, total (percent) and what is going on.
        should_stop: asked often; True ends the work.

    Raises:
        ImageError: no photo, or one that cannot be read.
        DetectionInputError: fewer than two different photos, or settings that do not fit.
        StoppedError: `should_stop` said so.
        DetectionError: the detector fails on good photos.
    """
    settings = config or InspectConfig()
    parse_rules(settings)  # a rule that is not understood is said before any time is spent
    if settings.defects.pixel_threshold_strategy == "infer_config" and settings.defects.pixel_threshold is None:
        raise DetectionInputError(
            "pixel_threshold_strategy 'infer_config' keeps a bundle's threshold; fit has none yet"
        )
    chosen = dict(options or {})
    method = method or ("split" if detector.startswith(SLOW) else "kfold")
    if settings.mm_per_px is not None and takes(detector, "mm_per_px"):
        chosen.setdefault("mm_per_px", settings.mm_per_px)
    report = Reporter(progress, should_stop)
    report(0, "reading the good photos")
    check_target(Path(out))
    photos, good_set = _gather([good] if isinstance(good, Path) else good, settings, skip_unreadable, group_by)
    trunk = None if backbone == NO_BACKBONE else get_backbone(backbone)
    with _feature_cache(trunk, detector, len(photos)) as cached:

        def build() -> Detector:
            return tiled(build_detector(detector, backbone=cached, **chosen), settings.adaptation.tiling)

        final, held_out, folds = fit_and_hold_out(build, photos, settings, method, folds, seed, report)
    calibration = calibrate(
        held_out,
        settings.defects,
        settings.verdict,
        mm_per_px=settings.mm_per_px,
        method=method,
        folds=folds,
        progress=lambda share: report(82 + 12 * share, "setting thresholds"),
    )
    report(94, "learning what a suitable photo is")
    raw = PhotoSet(photos.paths)
    suitability = learn_suitability(raw, trunk)
    manifest = Manifest(
        product=_product(),
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        detector=detector,
        detector_config={key: value for key, value in final.config().items() if key not in ("name", "backbone")},
        backbone=None if trunk is None else backbone,
        backbone_fingerprint=None if trunk is None else trunk.fingerprint,
        seed=seed,
        config=settings,
        calibration=calibration,
        good=good_set,
        files={},
    )
    picked = np.unique(np.linspace(0, len(photos) - 1, SAMPLES).round().astype(int))
    samples = {f"{index:04d}.png": (raw[int(index)], final.predict([photos[int(index)]])[0].score) for index in picked}
    report(98, "writing the bundle")
    state = final.state()
    written = write_bundle(Path(out), manifest, state, suitability, samples)
    report(100, "done")
    return Bundle(written, state, suitability, Path(out), final)


def _gather(
    sources: Sequence[Path], settings: InspectConfig, skip: bool, group_by: str | None
) -> tuple[PhotoSet, GoodSet]:
    """Every readable, different photo; exact duplicates would let a photo vouch for itself."""
    paths = list(dict.fromkeys(path for source in sources for path in find_images(source)))
    if not paths:
        raise DetectionInputError("no good photo was given; name the folder with photos of good parts")
    kept: dict[str, Path] = {}
    skipped: list[str] = []
    duplicates = 0
    for path in paths:
        try:
            load_image(path)
        except ImageError as error:
            if not skip:
                raise
            skipped.append(str(error))
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        duplicates += digest in kept
        kept.setdefault(digest, path)
    if len(kept) < MIN_GOOD:
        raise DetectionInputError(
            f"{len(kept)} usable good photo{'' if len(kept) == 1 else 's'} of {len(paths)}; at least {MIN_GOOD} "
            "different ones are needed to set a threshold, 60 to promise 5 % false alarms"
        )
    digest = hashlib.sha256("".join(sorted(kept)).encode()).hexdigest()
    found = GoodSet(
        count=len(kept), duplicates=duplicates, skipped=tuple(skipped), digest=digest, sha256=tuple(sorted(kept))
    )
    files = list(kept.values())
    groups = None if group_by is None else [_part_of(path, group_by) for path in files]
    if groups is not None and len(set(groups)) < MIN_GOOD:
        raise DetectionInputError(f"all photos show one part by {group_by!r}; at least {MIN_GOOD} parts are needed")
    return PhotoSet(files, settings.preprocessing, groups), found


def _part_of(path: Path, pattern: str) -> str:
    """The part that a file name names."""
    try:
        match = re.search(pattern, path.name)
    except re.error as error:
        raise DetectionInputError(f"--group-by {pattern!r} is no regular expression ({error})") from None
    if match is None or not match.groups():
        raise DetectionInputError(f"--group-by {pattern!r} finds no group (…) in {path.name}")
    return match.group(1)


@contextmanager
def _feature_cache(trunk: Backbone | None, detector: str, count: int) -> Iterator[Backbone | None]:
    """The backbone, with its features kept on disk for the time of the fit where each is needed once a fold."""
    if trunk is None or detector not in CACHED or count > 5000:
        yield trunk
        return
    from tools.vision.backbone.cache import CachedBackbone

    with tempfile.TemporaryDirectory(prefix="redrabbit-features-") as folder:
        yield CachedBackbone(trunk, Path(folder))


def _product() -> str:
    try:
        return f"red-rabbit {metadata.version('red-rabbit')}"
    except metadata.PackageNotFoundError:
        return "red-rabbit"
