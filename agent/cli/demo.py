"""`redrabbit demo`: plays the whole path once, as a conversation, and leaves the results in a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from agent.conversation import Conversation
    from agent.events import Event
    from agent.script import Turn

app = typer.Typer()
PHOTOS = 96
"""Of a large folder so many good photos are taken, evenly spread, so that the demo stays under a minute."""
IMAGES = 12


@app.command()
def demo(
    good: Annotated[Path | None, typer.Option(help="Folder with photos of good parts; rendered parts without.")] = None,
    out: Annotated[Path, typer.Option(help="Where the results go.")] = Path("out/demo"),
    seed: Annotated[int, typer.Option(min=0, help="Of the data set.")] = 0,
    inspect: Annotated[
        list[Path] | None, typer.Option(help="Photos to inspect at the end, as often as wanted.")
    ] = None,
    photos: Annotated[int, typer.Option(min=4, help="How many of the good photos are used.")] = PHOTOS,
    model: Annotated[str | None, typer.Option(help="offline, or provider:name.")] = None,
) -> None:
    """Describe → lineup → pick → data set with masks → detector → inspection → report, without typing."""
    import time

    from agent.conversation import Conversation
    from agent.settings import get_settings
    from agent.toolbelt.work import InlineRunner

    started = time.monotonic()
    target = out.resolve()
    settings = get_settings().model_copy(update={"data_dir": target / "data"} | ({"model": model} if model else {}))
    conversation = Conversation(settings, f"demo-{int(time.time() * 1000)}", runner=InlineRunner())
    turns = _play(conversation, _lines(good, seed, list(inspect or []), photos, target))
    _collect(conversation, turns, target)
    print(f"done in {time.monotonic() - started:.0f} s; look at {target}", file=sys.stderr)


def _lines(good: Path | None, seed: int, inspect: list[Path], photos: int, out: Path) -> list[str]:
    """The script."""
    if good is None:
        opening = ["a 3 mm scratch on brass, slightly curved", "use rendered brass parts"]
    else:
        opening = [
            f'here are photos of good parts @"{_sample(good, photos, out)}"',
            "one pixel is 0.1 mm",
            "a 6 mm crack on a magnetic tile" if "tile" in str(good) else "a 4 mm scratch",
        ]
    attached = " ".join(f'@"{path.expanduser().resolve()}"' for path in inspect)
    last = f"inspect these {attached}" if inspect else "inspect all of the generated images"
    return [
        *opening,
        "show me",
        "2",
        "good enough",
        f"make {IMAGES} images with seed {seed}",
        "train a detector",
        last,
        "why was it judged so?",
        "write the report",
    ]


def _sample(good: Path, photos: int, out: Path) -> Path:
    """The folder itself, or a folder of links to an even sample of it.

    Raises:
        ImageError: it does not exist or holds no image.
    """
    import shutil

    from tools.vision.images import find_images

    found = find_images(good.expanduser())
    if len(found) <= photos:
        return good.expanduser().resolve()
    folder = out / "good"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for index in range(photos):
        source = found[index * len(found) // photos].resolve()
        shutil.copyfile(source, folder / source.name)
    return folder


def _play(conversation: Conversation, lines: list[str]) -> list[Turn]:
    """Play and show on stderr; a line that fails ends the demo."""
    from agent.script import play_one, read_line
    from tools.errors import RedRabbitError

    turns = []
    for line in lines:
        text, files = read_line(line) or ("", [])
        print(f"you › {text}", file=sys.stderr)
        turn = play_one(conversation, text, files, show=_show)
        turns.append(turn)
        print(f"      ({turn.seconds:.1f} s)", file=sys.stderr)
        failed = next((event.text for event in turn.events if event.kind == "error"), None)
        if failed:
            raise RedRabbitError(f"the demo stopped at {text!r}: {failed}")
    return turns


def _show(event: Event) -> None:
    from agent.script import event_lines

    for line in event_lines(event):
        print(f"      {line}", file=sys.stderr)


def _collect(conversation: Conversation, turns: list[Turn], out: Path) -> None:
    """Bring what the conversation made to the names that people look for."""
    import shutil

    from agent.script import to_markdown
    from agent.toolbelt.judged import ORDER, read_records
    from agent.toolbelt.pictures import side_by_side
    from tools.vision.images import write_atomic

    write_atomic(out / "transcript.md", to_markdown(turns, "The demo").encode())
    lineup = next(event for turn in turns for event in turn.events if event.kind == "lineup")
    side_by_side(lineup.left, lineup.right, out / "lineup.png")
    part = conversation.memory.current
    for kind, name in (("dataset", "dataset"), ("detector", "detector")):
        made = part.latest(kind)
        assert made is not None
        shutil.rmtree(out / name, ignore_errors=True)
        shutil.copytree(made.path, out / name)
    inspection, report = part.latest("inspection"), part.latest("report")
    assert inspection is not None
    assert report is not None
    records = sorted(read_records(inspection.path), key=lambda record: ORDER[record.verdict])
    shown = next((record.overlay for record in records if record.overlay), None)
    if shown:
        shutil.copyfile(shown, out / "overlay.png")
    shutil.copyfile(inspection.path / "results.jsonl", out / "results.jsonl")
    shutil.copytree(report.path, out, dirs_exist_ok=True)
