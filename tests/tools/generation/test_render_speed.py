"""The speed table has a row a type."""

from __future__ import annotations

import pytest

from tools.generation.renderer.types import RENDER_TYPES


@pytest.mark.slow
def test_the_table_lists_every_type(monkeypatch: pytest.MonkeyPatch) -> None:
    from evals.speed import render

    monkeypatch.setattr(render, "_KINDS", ("brushed_metal", "plate"))
    monkeypatch.setattr(render, "_long_run", lambda count, seed: {"per_second": 1.0, "peak_mb": 1.0})
    table = render.measure(seed=0, quick=True)
    assert {f"render.{name}" for name in RENDER_TYPES} <= set(table)
    # The peak is the whole test process's here; the bound of 1 GB is the evaluation's to show, in a process of its own.
    assert all(row["per_second"] > 0 and row["peak_mb"] > 0 for row in table.values())
