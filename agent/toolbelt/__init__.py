"""The tools as the agent has them: one small module a noun; `run_call` carries out one call of a model.

Importing this imports no heavy library: tools import what they need when they run.
"""

from __future__ import annotations

from typing import Any

from agent.toolbelt import (
    datasets,
    defect,
    detectors,
    domain,
    explaining,
    inspections,
    jobs,
    library,
    lineup,
    matching,
    photos,
    quality,
    reports,
    talk,
)
from agent.toolbelt.base import TOOLS, Arguments, Context, Outcome, Tool, ToolError, tool
from agent.toolbelt.calls import Done, run_call

__all__ = [
    "TOOLS",
    "Arguments",
    "Context",
    "Done",
    "Outcome",
    "Tool",
    "ToolError",
    "datasets",
    "defect",
    "detectors",
    "domain",
    "explaining",
    "inspections",
    "jobs",
    "library",
    "lineup",
    "matching",
    "photos",
    "quality",
    "reports",
    "run_call",
    "schemas",
    "talk",
    "tool",
]


def schemas() -> list[dict[str, Any]]:
    """Every tool's function schema, for `bind_tools`."""
    return [known.schema for known in TOOLS.values()]
