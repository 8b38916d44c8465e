"""`redrabbit eval run conversation`: dialogues → goals on the state, with `offline` or any chat model.

The tools are the real ones, on small photos and few images. A dialogue counts when all its goals are reached. The model
is the one that the settings name (`REDRABBIT_MODEL`); `offline` has no randomness, so the seed moves only the
bootstrap.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from agent.conversation import Conversation
from agent.script import Turn, play_one
from agent.settings import Settings, get_settings
from evals.common import bootstrap_interval
from evals.conversation.goals import failures
from evals.conversation.props import make_props
from tools.vision.images import write_atomic

DIALOGUES = Path(__file__).parent / "dialogues.yaml"
QUICK_EVERY = 3


@dataclass(frozen=True)
class Played:
    """One dialogue and what was not reached."""

    name: str
    trap: str | None
    failed: tuple[str, ...]
    turns: int
    seconds: float
    slowest_words_seconds: float
    """The slowest turn that started no job."""


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Play the dialogues.

    Args:
        seed: of the bootstrap.
        quick: every third dialogue.
        out: gets `log.jsonl`, a line a dialogue, and the data folder of the conversations.
    """
    from langgraph.checkpoint.memory import InMemorySaver

    from agent.toolbelt.work import InlineRunner

    dialogues = yaml.safe_load(DIALOGUES.read_text(encoding="utf-8"))[:: QUICK_EVERY if quick else 1]
    settings = get_settings().model_copy(update={"data_dir": out / "data"})
    props = make_props(out / "props")
    played = []
    for number, dialogue in enumerate(dialogues, 1):
        conversation = Conversation(settings, dialogue["name"], runner=InlineRunner(), checkpointer=InMemorySaver())
        played.append(_play(conversation, dialogue, props, settings))
        mark = "ok" if not played[-1].failed else f"FAILED {'; '.join(played[-1].failed)}"
        print(f"{number}/{len(dialogues)} {dialogue['name']}: {mark}", file=sys.stderr)
    write_atomic(out / "log.jsonl", "".join(f"{json.dumps(asdict(item))}\n" for item in played).encode())
    reached = [not item.failed for item in played]
    trapped = [item for item in played if item.trap]
    goals = bootstrap_interval(lambda index: sum(reached[i] for i in index) / len(index), len(reached), seed=seed)
    return {
        "model": settings.model,
        "dialogues": len(played),
        "goals_reached": goals,
        "traps": {"dialogues": len(trapped), "reached": sum(not item.failed for item in trapped)},
        "failures": {item.name: list(item.failed) for item in played if item.failed},
        "slowest_words_seconds": max(item.slowest_words_seconds for item in played),
    }


def _play(conversation: Conversation, dialogue: dict[str, Any], props: dict[str, Path], settings: Settings) -> Played:
    """Say every line; a crash is a failure of this dialogue alone."""
    del settings
    started = time.monotonic()
    turns: list[Turn] = []
    try:
        for line in dialogue["say"]:
            words = str(line).split()
            files = [props[word[1:]] for word in words if word.startswith("@")]
            text = " ".join(word for word in words if not word.startswith("@"))
            turns.append(play_one(conversation, text, files))
        failed = failures(dialogue["goals"], conversation, turns)
    except Exception as error:
        failed = [f"broke: {type(error).__name__}: {error}"]
    talked = [turn.seconds for turn in turns if not {"pictures", "files", "lineup"} & {e.kind for e in turn.events}]
    return Played(
        dialogue["name"],
        dialogue.get("trap"),
        tuple(failed),
        len(turns),
        round(time.monotonic() - started, 2),
        max(talked, default=0.0),
    )
