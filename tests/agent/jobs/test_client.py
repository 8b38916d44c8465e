"""Starting, watching and cancelling jobs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from agent.jobs import client
from agent.jobs.errors import JobInputError, JobNotFoundError, JobsNotRunningError
from agent.settings import Settings


def test_a_job_runs_and_says_how_far_it_is(jobs: Settings, tmp_path: Path) -> None:
    seen: list[tuple[str, float]] = []
    trace = tmp_path / "trace"
    job_id = client.start("probe", {"steps": 3, "seconds_per_step": 0.3, "trace": str(trace), "conversation_id": "c1"})
    done = client.wait(job_id, 30, lambda now: seen.append((now.state, now.fraction)))
    assert (done.state, done.fraction, done.result) == ("done", 1.0, {"steps": 3, "name": ""})
    assert done.conversation_id == "c1"
    assert done.finished_at is not None
    assert done.created_at.tzinfo is not None
    fractions = [fraction for _, fraction in seen]
    assert fractions == sorted(fractions)
    assert any(0 < fraction < 1 for fraction in fractions)
    assert len(trace.read_text().splitlines()) == 3


def test_a_failed_job_says_why_in_one_line(jobs: Settings) -> None:
    done = client.wait(client.start("probe", {"fail_with": "the rabbit ran away; catch it"}), 30)
    assert (done.state, done.error, done.result) == ("failed", "the rabbit ran away; catch it", None)


def test_a_bug_is_told_from_a_failure(jobs: Settings, tmp_path: Path) -> None:
    done = client.wait(client.start("probe", {"trace": str(tmp_path)}), 30)
    assert done.state == "failed"
    assert done.error is not None
    assert done.error.startswith("the job broke inside (IsADirectoryError")
    assert "\n" not in done.error


def test_cancel(jobs: Settings) -> None:
    job_id = client.start("probe", {"steps": 1000, "seconds_per_step": 0.2})
    assert client.wait(job_id, 0.6).state in ("queued", "running")
    assert client.cancel(job_id).state == "cancelled"
    after = client.wait(client.start("probe", {}), 30)
    assert after.state == "done"
    assert client.cancel(after.id).state == "done"


def test_a_deadline_is_a_failure_that_says_so(jobs: Settings) -> None:
    job_id = client.start("probe", {"steps": 1000, "seconds_per_step": 0.1}, deadline_s=1.0)
    done = client.wait(job_id, 30)
    assert (done.state, done.error) == ("failed", "the job did not finish within 1 s")


def test_the_same_id_is_one_job(jobs: Settings, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    for _ in range(3):
        assert client.start("probe", {"trace": str(trace)}, job_id="mine") == "mine"
    client.wait("mine", 30)
    assert client.start("probe", {"trace": str(trace)}, job_id="mine") == "mine"
    assert client.wait("mine", 30).state == "done"
    assert len(trace.read_text().splitlines()) == 1


def test_jobs_are_listed_newest_first_and_by_conversation(jobs: Settings) -> None:
    ids = [client.start("probe", {"conversation_id": f"c{n % 2}"}) for n in range(4)]
    for job_id in ids:
        client.wait(job_id, 30)
    assert [job.id for job in client.list_jobs()] == ids[::-1]
    assert [job.id for job in client.list_jobs(limit=2, offset=1)] == ids[::-1][1:3]
    assert {job.id for job in client.list_jobs(conversation_id="c1")} == {ids[1], ids[3]}
    assert client.list_jobs(kind="sculpt") == []
    assert client.count_open() == 0


def test_starting_is_quick(jobs: Settings) -> None:
    began = time.monotonic()
    for _ in range(20):
        client.start("probe", {})
    assert time.monotonic() - began < 2.0


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("dance", {}, "no job 'dance'"),
        ("probe", {"stepz": 1}, "stepz"),
        ("sculpt", {"good": ["a.png"], "count": 0, "blueprint": {}}, "count"),
        ("sculpt", {"good": [], "count": 1, "blueprint": {}}, "good"),
        ("sculpt", {"good": ["a"], "count": 1, "blueprint": {"severity": "awful"}}, "severity"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_queued(
    jobs: Settings, kind: str, arguments: dict[str, object], words: str
) -> None:
    with pytest.raises(JobInputError, match=words):
        client.start(kind, arguments)
    with pytest.raises(JobInputError, match="deadline"):
        client.start("probe", {}, deadline_s=-1)
    assert client.list_jobs() == []


def test_unknown_jobs_and_no_engine(jobs: Settings) -> None:
    for ask in (client.status, client.cancel):
        with pytest.raises(JobNotFoundError, match="no job 'nothing'"):
            ask("nothing")
    client.shutdown()
    with pytest.raises(JobsNotRunningError, match="launch"):
        client.start("probe", {})
    client.launch(jobs)
    assert client.wait(client.start("probe", {}), 30).state == "done"


def test_a_failed_job_is_done_again_with_a_reason(jobs: Settings) -> None:
    first = client.start("probe", {"fail_with": "the disk is full"})
    assert client.wait(first, 30).state == "failed"
    again = client.retry(first, "made room")
    status = client.wait(again, 30)
    assert (status.state, status.retry_of, status.reason) == ("failed", first, "made room")
    good = client.start("probe", {})
    client.wait(good, 30)
    with pytest.raises(JobInputError, match="is done; only one that failed"):
        client.retry(good, "")


def test_open_jobs_are_counted(watching: Settings) -> None:
    for _ in range(5):
        client.start("probe", {})
    assert client.count_open() == 5
    assert client.count_open(3) == 3
