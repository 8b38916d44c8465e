"""`redrabbit eval run detection`: detectors on real images, and the false-alarm guarantee."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from evals.common import REAL_DATA
from evals.detection import deeppcb, magnetic_tile
from tools.errors import BadInputError


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Metrics a data set and detector, then false alarms; a stopped run goes on from `out`.

    Raises:
        BadInputError: the real images are absent.
    """
    if not (REAL_DATA / "magnetic_tile").is_dir():
        raise BadInputError("the real images are absent; set REDRABBIT_REAL_DATA to the folder with magnetic_tile/")
    tiles = magnetic_tile.run(seed=seed, quick=quick, out=out)
    datasets: dict[str, Any] = {"magnetic_tile": tiles["random"], "magnetic_tile_new_tiles": tiles["new_tiles"]}
    if (REAL_DATA / "deeppcb").is_dir():
        datasets["deeppcb"] = {"template": deeppcb.run(seed=seed, quick=quick, out=out)}
    guarantee = importlib.import_module("evals.detection.false_alarm").run(seed=seed, quick=quick, out=out)
    control = importlib.import_module("evals.detection.fp_control").run(seed=seed, quick=quick, out=out)
    pod = importlib.import_module("evals.detection.pod").run(seed=seed, quick=quick, out=out)
    note = (
        "magnetic_tile deals three quarters of the photos to fitting at random: most good test photos have a sibling "
        "of the same tile among the fitted ones. magnetic_tile_new_tiles keeps each tile on one side and is the figure "
        "to plan with. No real defect is used in fitting. deeppcb.template: settings chosen on half of the pairs, "
        "measured on the other half."
    )
    return {"note": note, "datasets": datasets, "false_alarm": guarantee, "fp_control": control, "pod": pod}
