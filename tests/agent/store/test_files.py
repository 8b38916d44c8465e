"""The content-addressed file store."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agent.store.errors import NotFoundError, StoreError
from agent.store.files import FileStore


def test_bytes_come_back_by_their_hash(tmp_path: Path) -> None:
    files = FileStore(tmp_path / "files")
    key = files.put(b"rabbit", ".PNG")
    digest = hashlib.sha256(b"rabbit").hexdigest()
    assert key == f"{digest[:2]}/{digest[2:4]}/{digest}.png"
    assert files.get(key) == b"rabbit"
    assert files.local_path(key).read_bytes() == b"rabbit"
    with files.open(key) as stream:
        assert stream.read() == b"rabbit"
    assert files.put(b"rabbit", ".png") == key


def test_many_writers_of_the_same_bytes_leave_one_whole_file(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    data = b"x" * 300_000
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: files.put(data), range(32)))
    assert len(keys) == 1
    assert [path.read_bytes() == data for path in tmp_path.rglob("*") if path.is_file()] == [True]


def test_changed_bytes_are_noticed(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    key = files.put(b"rabbit")
    files.local_path(key).write_bytes(b"hare")
    with pytest.raises(StoreError, match="changed on disk"):
        files.get(key)


@pytest.mark.parametrize("key", ["../../etc/passwd", "/etc/passwd", "", "aa/bb/cc.png", "aa/bb/" + "a" * 64])
def test_names_never_become_paths(tmp_path: Path, key: str) -> None:
    files = FileStore(tmp_path)
    for ask in (files.get, files.exists, files.open, files.local_path):
        with pytest.raises(NotFoundError, match="not a file key"):
            ask(key)


def test_odd_suffixes_and_missing_files(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    with pytest.raises(StoreError, match="not kept"):
        files.put(b"x", ".exe")
    missing = f"aa/bb/{'a' * 64}.png"
    assert not files.exists(missing)
    for ask in (files.get, files.open, files.local_path):
        with pytest.raises(NotFoundError, match="no file"):
            ask(missing)


def test_a_root_that_is_not_a_disk() -> None:
    files = FileStore("memory://rabbits")
    key = files.put(b"rabbit", ".png")
    assert files.get(key) == b"rabbit"
    with pytest.raises(StoreError, match="not a local folder"):
        files.local_path(key)


def test_an_object_store_by_its_address(tmp_path: Path) -> None:
    files = FileStore("memory://bucket/prefix", tmp_path / "cache")
    key = files.put(b"rabbit", ".png")
    assert files.exists(key)
    assert files.get(key) == b"rabbit"
    copy = files.local_path(key)
    assert copy.read_bytes() == b"rabbit"
    assert copy.is_relative_to(tmp_path / "cache")
    with pytest.raises(NotFoundError):
        files.local_path("ab/cd/" + "0" * 64 + ".png")
    with pytest.raises(StoreError, match="not a local folder"):
        FileStore("memory://bucket/prefix").local_path(key)
