"""The exactness evaluation measures masks rightly and runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evals.synthesis import exactness
from evals.synthesis.exactness_measure import measure_instances


def test_a_disc_and_a_bar_measure_what_they_are() -> None:
    y, x = np.mgrid[:120, :160]
    disc = (y - 60) ** 2 + (x - 40) ** 2 <= 20**2
    bar = (abs(y - 60) <= 2) & (abs(x - 115) <= 35)
    blobs = measure_instances(disc | bar, stroke=False)
    assert blobs[0]["diameter_px"] == pytest.approx(40, abs=1)
    (line,) = measure_instances(bar, stroke=True)
    assert line["length_px"] == pytest.approx(71, abs=1.5)
    assert line["width_px"] == pytest.approx(5, abs=0.3)


def test_a_short_run_is_exact(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = ("scratch", "void")
    monkeypatch.setattr(exactness, "RENDER_TYPES", {name: exactness.RENDER_TYPES[name] for name in names})
    result = exactness.run(seed=1, quick=True, out=tmp_path)
    assert result["pixels_changed_outside_max"] == 0
    assert result["share_changed_inside_min"] >= 0.98
    assert result["geometry_error_max"] <= 0.05
    assert result["counts_wrong"] == 0
    assert (tmp_path / "exactness.md").read_text().count("\n") == 4
