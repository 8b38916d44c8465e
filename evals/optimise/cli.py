"""`redrabbit eval optimise parsing|report`: better instructions for a language-model program."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from agent.programs.saved import Name
    from evals.optimise.tuning import Tuned


def optimise(
    name: Annotated[str, typer.Argument(help="parsing (words to Blueprints) or report (findings to sentences).")],
    calls: Annotated[int, typer.Option(min=10, help="How often an example may be run and judged.")] = 200,
    examples: Annotated[int, typer.Option(min=2, help="How many examples, half of them for validation.")] = 40,
    teacher: Annotated[str | None, typer.Option(help="A stronger model that rewrites: provider:name.")] = None,
    at_once: Annotated[int, typer.Option(min=1, max=64, help="Examples that run at the same time.")] = 4,
    seed: Annotated[int, typer.Option(help="Which examples, and the search.")] = 0,
    out: Annotated[Path | None, typer.Option(help="The program's file; the data folder's if not given.")] = None,
    log: Annotated[Path | None, typer.Option(help="Keep the run in this folder; the same one goes on.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Tune a program of the configured chat model with GEPA; the agent uses the result where it is better."""
    from agent.programs.saved import NAMES, folder_of, instructions
    from agent.settings import get_settings
    from evals.optimise import parsing, report
    from evals.optimise.tuning import tune
    from tools.errors import BadInputError

    known = {program: program for program in NAMES}
    if name not in known:
        raise BadInputError(f"no program {name!r}; choose {' or '.join(NAMES)}")
    program, settings = known[name], get_settings()
    lm = _lm(settings.model)
    make_task = parsing.make_task if program == "parsing" else report.make_task
    task = make_task(instructions(program, settings.data_dir), examples=examples, seed=seed)
    print(f"tuning {name} for {settings.model}: at most {calls} judged answers", file=sys.stderr)
    stronger = _lm(teacher) if teacher else None
    tuned = tune(task, lm, calls=calls, seed=seed, at_once=at_once, teacher=stronger, log=log)
    path = out or folder_of(settings.data_dir) / f"{name}.json"
    document = _keep(program, tuned, settings.model, len(task.train) + len(task.validation), seed, path)
    if as_json:
        print(json.dumps(document, indent=2, ensure_ascii=False))
        return
    print(f"score {tuned.before:.3f} → {tuned.after:.3f} on {len(task.validation)} validation examples")
    print(f"written to {path}" if tuned.better else "no better instructions were found; nothing was written")
    if tuned.unread:
        print(f"{tuned.unread} rewriting replies held no instructions; try --teacher", file=sys.stderr)


def _keep(name: Name, tuned: Tuned, model: str, examples: int, seed: int, path: Path) -> dict[str, Any]:
    """Write what is better; what `--json` prints."""
    from agent.programs.saved import SavedProgram, save_program

    program = SavedProgram(
        program=name,
        instructions=tuned.instructions,
        model=model,
        score_before=round(tuned.before, 4),
        score_after=round(tuned.after, 4),
        examples=examples,
        calls=tuned.calls,
        seed=seed,
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    if tuned.better:
        save_program(program, path)
    return {**program.model_dump(mode="json"), "unread": tuned.unread, "file": str(path) if tuned.better else None}


def _lm(name: str) -> Any:
    """dspy's language model of a configured chat model.

    Raises:
        BadInputError: it is the embedded one, which writes no instructions.
    """
    from agent.models.registry import OFFLINE, get_chat_model
    from agent.programs.lm import as_lm
    from agent.settings import get_settings
    from tools.errors import BadInputError

    if name == OFFLINE:
        raise BadInputError("tuning needs a chat model; set REDRABBIT_MODEL=provider:name")
    return as_lm(get_chat_model(get_settings().model_copy(update={"model": name})))
