"""The calibration card: one page that a quality engineer reads before a bundle goes to the line."""

from __future__ import annotations

from tools.detection.bundle import Manifest
from tools.detection.suitability import Suitability


def card_markdown(manifest: Manifest, suitability: Suitability) -> str:
    """The card as Markdown."""
    limits = manifest.calibration
    good = manifest.good
    how = (
        f"{limits.folds}-fold: each photo scored by a detector fitted on the other folds"
        if limits.method == "kfold"
        else "split: scored by the bundle's own detector, which never saw them"
    )
    backbone = f" on `{manifest.backbone}`" if manifest.backbone else ""
    moved = "on" if suitability.alignment.active else "off: the good photos do not lie alike, so a move cannot be told"
    rows = [
        ("NG from", limits.score_threshold, limits.pixel_threshold),
        ("review from", limits.score_review, limits.pixel_review),
    ]
    lines = [
        "# Calibration card",
        "",
        f"Detector `{manifest.detector}`{backbone}, seed {manifest.seed}, made {manifest.created_utc}.",
        f"Fitted on {good.count} good photos"
        + (f"; {good.duplicates} exact duplicates left out" if good.duplicates else "")
        + (f"; {len(good.skipped)} unreadable ones left out" if good.skipped else "")
        + ".",
        "",
        f"**{limits.words}**",
        "",
        f"- Promise met: **{'yes' if limits.guarantee_met else 'NO'}**",
        f"- With {limits.promise.confidence:.0%} confidence the long-run false-alarm rate is at most "
        f"{limits.rate_upper_bound:.3g}",
        f"- Held-out parts: {limits.held_out} (photos: {limits.held_out_photos or limits.held_out}), by {how}",
        f"- Pixel threshold by: {limits.pixel_threshold_strategy}",
        f"- Moved-part check: {moved}",
        "",
        "| | score | pixel |",
        "|---|---|---|",
        *(f"| {name} | {score:.5g} | {pixel:.5g} |" for name, score, pixel in rows),
        f"| typical good pixel | | {limits.baseline:.5g} |",
        "",
        "The promise covers new good parts of the same kind under the same light and camera, with the post-processing "
        "of this bundle. Change any of these and calibrate again.",
        "",
    ]
    return "\n".join(lines)
