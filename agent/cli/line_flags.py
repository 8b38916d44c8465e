"""The flags of a line's settings, said once for every command that takes them.

A flag that is given always wins over the configuration file, which wins over the bundle; a flag that is not given
changes nothing, whatever its default may be.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional, get_type_hints

import typer

if TYPE_CHECKING:
    from tools.detection.config import InspectConfig

FLAGS: dict[str, tuple[str, str, type, str]] = {
    "pixel_threshold": ("--pixel-threshold", "defects.pixel_threshold", float, "Fixed pixel threshold."),
    "pixel_threshold_strategy": (
        "--pixel-threshold-strategy",
        "defects.pixel_threshold_strategy",
        str,
        "tolerance, normal_pixel_quantile, fixed or infer_config.",
    ),
    "pixel_normal_quantile": (
        "--pixel-normal-quantile",
        "defects.pixel_normal_quantile",
        float,
        "Quantile of good pixels for normal_pixel_quantile.",
    ),
    "border_ignore": ("--defect-border-ignore-px", "defects.border_ignore_px", int, "Pixels to ignore on each side."),
    "smoothing": ("--defect-map-smoothing", "defects.map_smoothing.method", str, "none, median, gaussian or box."),
    "smoothing_ksize": ("--defect-map-smoothing-ksize", "defects.map_smoothing.ksize", int, "Window of it, px."),
    "smoothing_sigma": ("--defect-map-smoothing-sigma", "defects.map_smoothing.sigma", float, "Sigma of it, px."),
    "hysteresis": (
        "--defect-hysteresis/--no-defect-hysteresis",
        "defects.hysteresis.enabled",
        bool,
        "Grow regions from the threshold down to a lower one.",
    ),
    "hysteresis_low": ("--defect-hysteresis-low", "defects.hysteresis.low", float, "Low threshold of it."),
    "hysteresis_high": ("--defect-hysteresis-high", "defects.hysteresis.high", float, "High threshold of it."),
    "open_ksize": ("--defect-open-ksize", "defects.open_ksize", int, "Opening, px."),
    "close_ksize": ("--defect-close-ksize", "defects.close_ksize", int, "Closing, px."),
    "min_area": ("--defect-min-area", "defects.min_area", int, "Smallest region, px."),
    "min_score_max": ("--defect-min-score-max", "defects.min_score_max", float, "Least highest score of a region."),
    "min_score_mean": ("--defect-min-score-mean", "defects.min_score_mean", float, "Least mean score of a region."),
    "min_fill_ratio": (
        "--defect-min-fill-ratio",
        "defects.shape_filters.min_fill_ratio",
        float,
        "Least area over rotated box.",
    ),
    "max_aspect_ratio": (
        "--defect-max-aspect-ratio",
        "defects.shape_filters.max_aspect_ratio",
        float,
        "Largest long over short side.",
    ),
    "min_solidity": (
        "--defect-min-solidity",
        "defects.shape_filters.min_solidity",
        float,
        "Least area over convex hull.",
    ),
    "fill_holes": ("--defect-fill-holes/--no-defect-fill-holes", "defects.fill_holes", bool, "Fill enclosed holes."),
    "dilate": ("--defects-mask-dilate", "defects.mask_dilate", int, "Widen regions, px."),
    "merge": (
        "--defect-merge-nearby/--no-defect-merge-nearby",
        "defects.merge_nearby.enabled",
        bool,
        "Report neighbours as one region.",
    ),
    "merge_gap": (
        "--defect-merge-nearby-max-gap-px",
        "defects.merge_nearby.max_gap_px",
        int,
        "Largest gap between their boxes, px.",
    ),
    "max_regions": ("--defect-max-regions", "defects.max_regions", int, "Keep so many regions."),
    "max_regions_by": (
        "--defect-max-regions-sort-by",
        "defects.max_regions_sort_by",
        str,
        "score_max, score_mean or area.",
    ),
    "mask_format": ("--mask-format", "defects.mask_format", str, "png, npy or npz."),
    "tile_size": ("--tile-size", "adaptation.tiling.tile_size", int, "Cut photos into tiles of this side, px (fit)."),
    "tile_stride": (
        "--tile-stride",
        "adaptation.tiling.stride",
        int,
        "From tile to tile, px; default: the tile's side.",
    ),
    "tile_reduce": ("--tile-map-reduce", "adaptation.tiling.map_reduce", str, "max, mean, hann or gaussian."),
    "tile_score": ("--tile-score-reduce", "adaptation.tiling.score_reduce", str, "max, mean or topk_mean."),
    "tile_topk": ("--tile-score-topk", "adaptation.tiling.score_topk", float, "Share of tiles for topk_mean."),
    "mm_per_px": ("--mm-per-px", "mm_per_px", float, "Scale of the photos."),
}
"""Parameter → flag, path in the configuration, type, help."""


def takes_line_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command every flag of `FLAGS`, `--config`, `--defects-preset`, `--preprocessing-preset`,
    `--roi-xyxy-norm` and `--rule`; the command gets them as one argument `line`."""

    def run(**given: Any) -> Any:
        line = {name: given.pop(name) for name in extra if name in given}
        return command(line=line, **given)

    extra = _parameters()
    signature = inspect.signature(command)
    resolved = get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(annotation=resolved[name])
        for name, parameter in signature.parameters.items()
        if name != "line"
    ]
    hints = {parameter.name: parameter.annotation for parameter in (*own, *extra.values())}
    run.__signature__ = signature.replace(parameters=[*own, *extra.values()])  # type: ignore[attr-defined]
    run.__annotations__ = hints
    run.__doc__ = command.__doc__
    run.__name__ = command.__name__
    return run


def _parameters() -> dict[str, inspect.Parameter]:
    panel = "Line settings (a flag wins over the file, the file over the bundle)"
    made: dict[str, Any] = {
        "config": Annotated[Optional[Path], typer.Option("--config", help="YAML or JSON settings.", rich_help_panel=panel)],  # noqa: E501, UP045
        "preset": Annotated[Optional[str], typer.Option("--defects-preset", help="A named set of filters.", rich_help_panel=panel)],  # noqa: E501, UP045
        "photo_preset": Annotated[Optional[str], typer.Option("--preprocessing-preset", help="A named preparation of photos.", rich_help_panel=panel)],  # noqa: E501, UP045
        "roi": Annotated[Optional[tuple[float, float, float, float]], typer.Option("--roi-xyxy-norm", help="Look only in this box: X1 Y1 X2 Y2 as shares.", rich_help_panel=panel)],  # noqa: E501, UP045
        "rule": Annotated[Optional[list[str]], typer.Option("--rule", help="Acceptance rule in words; may be repeated.", rich_help_panel=panel)],  # noqa: E501, UP045
    }  # fmt: skip
    for name, (flag, _, kind, text) in FLAGS.items():
        made[name] = Annotated[Optional[kind], typer.Option(flag, help=text, rich_help_panel=panel)]  # noqa: UP045
    return {
        name: inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in made.items()
    }


def settle(line: Mapping[str, Any], base: InspectConfig | None = None) -> InspectConfig:
    """The settings that a command works with.

    Args:
        line: what `takes_line_settings` collected.
        base: the bundle's settings.

    Raises:
        DetectionInputError: an unknown preset, a wrong value, a file that does not pass.
    """
    from tools.detection.config import InspectConfig as Config
    from tools.detection.config import load_config, with_overrides
    from tools.detection.presets import get_photo_preset, get_preset

    settings = base or Config()
    if line.get("config") is not None:
        settings = load_config(line["config"], base=base)
    changes: dict[str, Any] = {}
    if line.get("preset") is not None:
        settings = settings.model_copy(update={"defects": get_preset(line["preset"])})
    if line.get("photo_preset") is not None:
        changes["preprocessing.illumination_contrast"] = get_photo_preset(line["photo_preset"]).model_dump()
    if line.get("roi") is not None:
        changes["defects.roi_xyxy_norm"] = list(line["roi"])
    if line.get("rule"):
        changes["acceptance"] = list(line["rule"])
    changes |= {path: line[name] for name, (_, path, _, _) in FLAGS.items() if line.get(name) is not None}
    return with_overrides(settings, changes) if changes else settings
