"""The knowledge index as the settings say: one a process."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from agent.settings import Settings
from knowledge.index import KnowledgeIndex


def open_index(settings: Settings) -> KnowledgeIndex:
    """The knowledge index of these settings; opened once a process and place."""
    return _open(settings.data_dir / "knowledge", settings.knowledge_server)


@lru_cache(maxsize=4)
def _open(folder: Path, server: str | None) -> KnowledgeIndex:
    return KnowledgeIndex(folder, server=server)
