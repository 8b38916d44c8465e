"""Reads small, closed things out of a sentence in English or German, without a model.

What is about the defect itself is read by `tools.blueprint.parser`.
"""

from agent.reading.choice import read_choice, read_yes_no
from agent.reading.names import read_part_name
from agent.reading.numbers import read_integers, read_ordinal
from agent.reading.requests import (
    read_count,
    read_days_ago,
    read_format,
    read_item,
    read_language,
    read_opinion,
    read_report_formats,
    read_seed,
    read_versions,
)
from agent.reading.scale import read_scale

__all__ = [
    "read_choice",
    "read_count",
    "read_days_ago",
    "read_format",
    "read_integers",
    "read_item",
    "read_language",
    "read_opinion",
    "read_ordinal",
    "read_part_name",
    "read_report_formats",
    "read_scale",
    "read_seed",
    "read_versions",
    "read_yes_no",
]
