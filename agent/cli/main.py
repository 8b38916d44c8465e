"""The `redrabbit` command: a table of lazily imported commands, and how errors become exit codes.

Exit code 0: done; 1: the work failed; 2: bad input. Errors are one line on stderr.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from tools.errors import RedRabbitError

VERSION = "0.1.0"

COMMANDS: dict[str, tuple[str, str]] = {
    "blueprint": ("agent.cli.blueprint", "Turn words into a Blueprint; compare versions; draw contact sheets."),
    "sculpt": ("agent.cli.sculpt", "Words + good photos → a data set of defects with exact masks."),
    "evolve": ("agent.cli.evolve", "Improve a defect's look automatically, within a budget."),
    "datasets": ("agent.cli.datasets", "Verify, convert and describe data sets."),
    "fit": ("agent.cli.fit", "Fit a detector on photos of good parts and save a bundle."),
    "inspect": ("agent.cli.inspect", "Inspect photos with a bundle."),
    "segment": ("agent.cli.segment", "Train, judge, export and use a small segmenter."),
    "watch": ("agent.cli.watch", "Inspect photos as they arrive in a folder."),
    "preflight": ("agent.cli.preflight", "Check photos, settings and filters before a fit."),
    "validate": ("agent.cli.validate", "Check a bundle or a settings file."),
    "bundle": ("agent.cli.bundle", "Look into bundles, replay, compare and measure them."),
    "report": ("agent.cli.report", "Write, sum up and review inspection reports."),
    "chat": ("agent.cli.chat", "Talk to Red Rabbit in the terminal, or play a script."),
    "calibrate": ("agent.cli.calibrate", "Tune the generator to a handful of real defects."),
    "knowledge": ("agent.cli.knowledge", "Ask, add to and rebuild the knowledge index."),
    "demo": ("agent.cli.demo", "Play the whole path once and leave the results in a folder."),
    "eval": ("evals.cli", "List and run evaluations."),
    "serve": ("agent.cli.serve", "Start the HTTP API and the chat page."),
    "worker": ("agent.cli.worker", "Work on queued jobs."),
    "weights": ("agent.cli.weights", "List, fetch and convert backbone weights."),
    "doctor": ("agent.cli.doctor", "Say what is installed, in use and missing."),
    "migrate": ("agent.cli.migrate", "Bring the database up to date."),
    "keys": ("agent.cli.keys", "Make, list and revoke API keys."),
}
"""Command name → (module that holds `app`, a `typer.Typer`; one-line help). A module imports heavy things inside
its functions."""


def usage() -> str:
    """The help text, written without importing any command."""
    lines = [f"  {name:<{max(map(len, COMMANDS))}}  {text}" for name, (_, text) in COMMANDS.items()]
    head = "Describe a defect, get a data set, a detector that is proved on it, and a report you can sign."
    return "\n".join(["Usage: redrabbit COMMAND …   (redrabbit COMMAND --help for its options)", "", head, "", *lines])


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if arguments[0] in ("-V", "--version"):
        print(f"redrabbit {VERSION}")
        return 0
    if arguments[0] not in COMMANDS:
        print(f"redrabbit: no command {arguments[0]!r}{_nearest(arguments[0])}; see redrabbit --help", file=sys.stderr)
        return 2
    return _run(arguments[0], arguments[1:])


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, n=1)
    return f", did you mean {near[0]!r}?" if near else ""


def _run(name: str, arguments: list[str]) -> int:
    """Import the command's module, run it and turn every ending into an exit code."""
    import typer

    command = typer.main.get_command(importlib.import_module(COMMANDS[name][0]).app)
    try:
        result: Any = command.main(args=arguments, prog_name=f"redrabbit {name}", standalone_mode=False)
    except RedRabbitError as error:
        print(f"redrabbit: {error}", file=sys.stderr)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        print("redrabbit: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        # typer's own usage errors (its vendored click) carry `format_message`; anything else is a bug and shows itself.
        if not hasattr(error, "format_message"):
            raise
        if error.format_message():
            print(f"redrabbit: {error.format_message()}", file=sys.stderr)
        return 2
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    sys.exit(main())
