"""`redrabbit eval mmad …`: run, make, score again; and `redrabbit eval compare`."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Multiple-choice questions on photos of parts (MMAD), with or without a language model.")


class Templates(StrEnum):
    """Which good photos are shown."""

    random = "random"
    similar = "similar"


class ConditionName(StrEnum):
    """What an answerer gets beside the photos."""

    alone = "alone"
    detector = "detector"
    knowledge = "knowledge"
    both = "both"


@app.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    root: Annotated[Path | None, typer.Option(help="Folder with mmad.json and the data sets.")] = None,
    answerer: Annotated[
        str, typer.Option("--answerer", "--model", help="offline, provider:model, always-a, random or majority.")
    ] = "offline",
    out: Annotated[Path | None, typer.Option(help="Folder for log.jsonl, summary.json, report.html.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="A bundle, or a folder with one a product.")] = None,
    detector: Annotated[str | None, typer.Option(help="Detector that is fitted where there is no bundle.")] = None,
    knowledge: Annotated[Path | None, typer.Option(help="A domain_knowledge.json.")] = None,
    examples: Annotated[list[Path] | None, typer.Option(help="Folder of labelled photos, one folder a type.")] = None,
    condition: Annotated[
        ConditionName | None, typer.Option(help="Default: by --bundle/--detector, --knowledge.")
    ] = None,
    all_conditions: Annotated[bool, typer.Option("--all-conditions", help="All four on the same questions.")] = False,
    shots: Annotated[int, typer.Option(min=0, max=16, help="Good photos shown with each question.")] = 1,
    templates: Annotated[Templates, typer.Option(help="Which good photos.")] = Templates.random,
    cumulative: Annotated[bool, typer.Option("--cumulative", help="An image's questions as one conversation.")] = False,
    shuffle: Annotated[bool, typer.Option("--shuffle", help="Options in an order of their own.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Ask so many questions at most.")] = None,
    stratify: Annotated[
        bool, typer.Option("--stratify", help="Spread --limit over products, good and defective.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of shuffling, sampling, fitting and intervals.")] = 0,
    shard: Annotated[str, typer.Option(help="K/N: ask only the K-th of N parts (products stay together).")] = "1/1",
    jobs: Annotated[int, typer.Option(min=0, help="Run as so many durable jobs; needs redrabbit worker.")] = 0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw an earlier log in --out away.")] = False,
    price_in: Annotated[float, typer.Option(help="Price of a million input tokens.")] = 0.0,
    price_out: Annotated[float, typer.Option(help="Price of a million output tokens.")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as one JSON document.")] = False,
) -> None:
    """Ask the questions of a set and score the answers; a run that was cut off goes on where it was."""
    if context.invoked_subcommand is not None:
        return
    from evals.mmad.errors import MmadInputError
    from evals.mmad.protocol import CONDITIONS, Protocol
    from evals.mmad.runs import Wanted, run_conditions

    if root is None or out is None:
        raise MmadInputError("give --root (the folder with mmad.json) and --out; or a command: make, score")
    part, parts = _shard(shard)
    with_detector, with_knowledge = bundle is not None or detector is not None, knowledge is not None
    implied = CONDITIONS[with_detector + 2 * with_knowledge]
    protocol = Protocol(
        shots=shots,
        templates=templates.value,
        cumulative=cumulative,
        shuffle=shuffle,
        seed=seed,
        condition=implied if condition is None else condition.value,
        limit=limit,
        stratify=stratify,
        shard=part,
        shards=parts,
    )
    wanted = Wanted(
        root=root,
        out=out,
        answerer=answerer,
        protocol=protocol,
        bundle=bundle,
        detector=detector or "patchcore",
        knowledge=knowledge,
        examples=tuple(map(str, examples or ())),
        price_in=price_in,
        price_out=price_out,
        fresh=fresh,
    )
    summaries = run_conditions(wanted, CONDITIONS if all_conditions else (protocol.condition,), jobs=jobs)
    if as_json:
        print(json.dumps(summaries if all_conditions else next(iter(summaries.values())), indent=2))
        return
    for name, summary in summaries.items():
        _show(summary, name if all_conditions else None)
    print(f"written to {out}", file=sys.stderr)


@app.command("score")
def score(
    folder: Annotated[Path, typer.Argument(help="Folder of a run, or its log.jsonl.")],
    seed: Annotated[int, typer.Option(help="Of the intervals.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Score a log again; nobody is asked."""
    from evals.mmad.task import rescore

    summary = rescore(folder, seed=seed)
    if as_json:
        print(json.dumps(summary, indent=2))
    else:
        _show(summary, None)


@app.command("make")
def make(
    source: Annotated[Path, typer.Argument(help="Data set with masks, or good/, defect/<type>/, masks/<type>/.")],
    out: Annotated[Path, typer.Option(help="New folder for the question set.")],
    product: Annotated[str, typer.Option(help='What the photos show: "magnetic tile".')],
    dataset: Annotated[str, typer.Option(help="Name of the data set.")] = "own",
    limit: Annotated[int | None, typer.Option(min=1, help="About so many questions.")] = None,
    train_share: Annotated[float, typer.Option(min=0.05, max=0.9, help="Of good photos, kept as templates.")] = 0.4,
    seed: Annotated[int, typer.Option(help="Of every choice.")] = 0,
) -> None:
    """Make an MMAD-style question set from a data set with masks."""
    from evals.mmad.make import make_questions

    made = make_questions(
        source, out, product=product, dataset=dataset, limit=limit, train_share=train_share, seed=seed
    )
    print(json.dumps({"out": str(out), **made}))


def compare(
    first: Annotated[Path, typer.Argument(help="Folder of a run.")],
    second: Annotated[Path, typer.Argument(help="Folder of another run on the same questions.")],
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Compare two runs question by question (McNemar, bootstrap over images)."""
    from evals.mmad.compare import compare as paired

    found = paired(first, second, seed=seed)
    if as_json:
        print(json.dumps(found, indent=2))
        return
    difference, test = found["difference"], found["mcnemar"]
    print(f"{found['first']} against {found['second']} on {found['n_questions']} common questions")
    print(
        f"strict {found['strict']['first']:.3f} and {found['strict']['second']:.3f}: difference "
        f"{difference['value']:+.3f} ({difference['low']:+.3f} to {difference['high']:+.3f})"
    )
    print(
        f"only first right {test['only_first']}, only second right {test['only_second']}, McNemar p = {test['p']:.4g}"
    )
    for name, row in found["by_subtask"].items():
        print(f"  {name:<24}{row['right_first']:>5} / {row['right_second']:<5} of {row['n']:<6} p = {row['p']:.3g}")


def _shard(text: str) -> tuple[int, int]:
    from evals.mmad.errors import MmadInputError

    first, _, second = text.partition("/")
    if not (first.isdigit() and second.isdigit() and 1 <= int(first) <= int(second)):
        raise MmadInputError(f"--shard {text!r} is not K/N with 1 <= K <= N, such as 2/4")
    return int(first) - 1, int(second)


def _show(summary: dict[str, Any], name: str | None) -> None:
    from evals.mmad.report import percent

    if name is not None:
        print(f"\n{name}")
    missing = len(summary.get("missing_images") or ())
    print(
        f"{summary.get('set')}: {summary['n_questions']} questions on {summary['n_images']} images"
        + (f"; {missing} images are not there" if missing else "")
    )
    print(f"{'':<24}{'official':>10}{'micro':>10}{'strict':>10}")
    for subtask in summary["official"]["by_subtask"]:
        values = "".join(
            f"{percent(summary[kind]['by_subtask'][subtask]):>10}" for kind in ("official", "micro", "strict")
        )
        print(f"{subtask:<24}{values}")
    values = "".join(f"{percent(summary[kind]['average']):>10}" for kind in ("official", "micro", "strict"))
    print(f"{'average':<24}{values}")
    print(
        f"overkill {percent(summary['overkill'])} %, miss {percent(summary['miss'])} %, {summary['unparsed']} unparsed"
    )
