"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing a sentence says that its evidence does not."""

    kind: str
    """`number`, `count`, `comparison`, `verdict`, `place`, `type`, `severity`, `cause`, `standard`, `citation`,
    `history`, `certainty`, `confidence`, `prediction`, `nature`, `look` or `nothing_checkable`."""
    detail: str
