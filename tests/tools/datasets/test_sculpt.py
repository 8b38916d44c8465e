"""Sculpted data sets: complete, exact, the same bytes whatever happened on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tools.blueprint.model import Blueprint, Geometry, Origin, PositiveRange
from tools.datasets.errors import DatasetError
from tools.datasets.lineage import read_lineage
from tools.datasets.registry import recognise
from tools.datasets.sculpt import sculpt
from tools.generation.errors import BlueprintDoesNotFitError
from tools.vision.images import load_image

from .conftest import make_photo


def tree(root: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_layout_lineage_and_exact_masks(sculpted: Path) -> None:
    files = set(tree(sculpted))
    assert {"card.md", "contact_sheet.png", "lineage.jsonl", "sculpt.json"} <= files
    assert not any(Path(name).name.startswith(".") for name in files)
    records = list(read_lineage(sculpted))
    assert [record.index for record in records] == list(range(6))
    for record in records:
        image, mask = load_image(sculpted / record.image), load_image(sculpted / record.mask)[..., 0]
        source = load_image(sculpted / record.source)
        assert set(np.unique(mask)) <= {0, 255}
        assert np.array_equal(image[mask == 0], source[mask == 0])
        assert (image != source).any(axis=2)[mask > 0].mean() >= 0.98
        assert record.source.startswith("test/good/")
        assert record.blueprint.appearance.contrast is not None
        assert record.blueprint.appearance.contrast.min == record.blueprint.appearance.contrast.max
    counts = [(sample.split, sample.label) for sample in recognise(sculpted).read(sculpted)]
    assert counts.count(("test", "scratch")) == 6
    assert (counts.count(("train", "good")), counts.count(("test", "good"))) == (3, 2)


@pytest.mark.parametrize("layout", ["coco", "yolo", "masks"])
def test_other_layouts(tmp_path: Path, photos: list[Path], blueprint: Blueprint, layout: str) -> None:
    result = sculpt(blueprint, photos, tmp_path / "set", count=5, seed=1, layout=layout)
    assert result.complete
    samples = list(recognise(result.root).read(result.root))
    assert sum(sample.label == "scratch" for sample in samples) == 5
    split_of = {sample.name: sample.split for sample in samples}
    for record in read_lineage(result.root):
        assert split_of[Path(record.image).stem] == split_of[Path(record.source).stem]


def test_workers_and_photo_order_do_not_matter(
    tmp_path: Path, sculpted: Path, photos: list[Path], blueprint: Blueprint
) -> None:
    sculpt(blueprint, photos[::-1], tmp_path / "set", count=6, seed=3, workers=2)
    assert tree(tmp_path / "set") == tree(sculpted)


def test_a_stopped_run_is_completed(tmp_path: Path, sculpted: Path, photos: list[Path], blueprint: Blueprint) -> None:
    done = 0

    def stop() -> bool:
        return done >= 2

    def count(finished: int, total: int, text: str) -> None:
        nonlocal done
        done = finished

    first = sculpt(blueprint, photos, tmp_path / "set", count=6, seed=3, progress=count, should_stop=stop)
    assert not first.complete
    assert first.card is None
    assert first.n_images == 2
    assert sculpt(blueprint, photos, tmp_path / "set", count=6, seed=3).complete
    assert tree(tmp_path / "set") == tree(sculpted)
    assert sculpt(blueprint, photos, tmp_path / "set", count=6, seed=3).complete
    assert tree(tmp_path / "set") == tree(sculpted)


SCRIPT = """
import sys
from pathlib import Path
from tools.blueprint.model import Blueprint
from tools.datasets.sculpt import sculpt
if __name__ == "__main__":
    blueprint = Blueprint.model_validate_json(sys.argv[1])
    photos = [Path(name) for name in sys.argv[3:]]
    sculpt(blueprint, photos, Path(sys.argv[2]), count=6, seed=3,
           progress=lambda done, total, text: print(done, flush=True))
"""


def test_a_killed_run_is_completed(tmp_path: Path, sculpted: Path, photos: list[Path], blueprint: Blueprint) -> None:
    out = tmp_path / "set"
    command = [sys.executable, "-c", SCRIPT, blueprint.model_dump_json(), str(out), *map(str, photos)]
    root = Path(__file__).parents[3]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, env={**os.environ})
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 2:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    journal = out / ".journal.jsonl"
    if journal.exists():  # else the run ended before the signal came: then there is nothing to complete
        with journal.open("a") as stream:
            stream.write('{"record": {"image": "cut o')
    assert sculpt(blueprint, photos, out, count=6, seed=3).complete
    assert tree(out) == tree(sculpted)


def test_bad_photos_are_skipped_and_listed(tmp_path: Path, photos: list[Path], blueprint: Blueprint) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(photos[0].read_bytes()[:60])
    twin = tmp_path / "twin.png"
    twin.write_bytes(photos[1].read_bytes())
    result = sculpt(blueprint, [*photos, broken, twin], tmp_path / "set", count=2, seed=0)
    assert len(result.skipped) == 2
    assert any("broken.png" in line for line in result.skipped)
    assert any("twin.png has the same pixels" in line for line in result.skipped)
    assert result.card is not None
    assert "broken.png" in result.card.read_text()


def test_refusals(tmp_path: Path, photos: list[Path], blueprint: Blueprint, sculpted: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("mine")
    with pytest.raises(DatasetError, match="not empty"):
        sculpt(blueprint, photos, foreign, count=2, seed=0)
    with pytest.raises(DatasetError, match="no good photos"):
        sculpt(blueprint, [], tmp_path / "a", count=2, seed=0)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"")
    with pytest.raises(DatasetError, match="none of the 1 good photos"):
        sculpt(blueprint, [broken], tmp_path / "b", count=2, seed=0)
    with pytest.raises(DatasetError, match="another seed"):
        sculpt(blueprint, photos, sculpted, count=6, seed=4)
    with pytest.raises(DatasetError, match="not those"):
        sculpt(blueprint, photos[:2], sculpted, count=6, seed=3)
    with pytest.raises(DatasetError, match="no defect type"):
        sculpt(Blueprint(), photos, tmp_path / "c", count=2, seed=0)
    with pytest.raises(DatasetError, match="count 0"):
        sculpt(blueprint, photos, tmp_path / "d", count=0, seed=0)


def test_one_photo_goes_to_both_splits(tmp_path: Path, photos: list[Path], blueprint: Blueprint) -> None:
    result = sculpt(blueprint, photos[:1], tmp_path / "set", count=2, seed=0)
    names = tree(result.root)
    assert sum(name.startswith("train/good/") for name in names) == 1
    assert sum(name.startswith("test/good/") for name in names) == 1


def test_too_large_for_every_photo(tmp_path: Path, photos: list[Path]) -> None:
    huge = Blueprint(
        defect_type="dent",
        geometry=Geometry(diameter_mm=PositiveRange(min=90, max=90)),
        mm_per_px=0.1,
        origin={"geometry.diameter_mm": Origin.SAID},
    )
    with pytest.raises(BlueprintDoesNotFitError, match="fits none"):
        sculpt(huge, photos, tmp_path / "set", count=2, seed=0)


@pytest.mark.slow
def test_memory_does_not_grow(tmp_path: Path, blueprint: Blueprint) -> None:
    import resource

    from tools.vision.images import save_png

    photos = [save_png(tmp_path / f"{n}.png", make_photo(n, (48, 48))) for n in range(3)]
    sculpt(blueprint, photos, tmp_path / "small", count=50, seed=0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    sculpt(blueprint, photos, tmp_path / "large", count=1000, seed=0)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mb < 60, f"{grown_mb:.0f} MB more for 1,000 images in {time.monotonic() - started:.0f} s"
