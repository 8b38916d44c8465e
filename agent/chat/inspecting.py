"""The Inspect place: photos through a detector as a job, results as cards, a report on the worst."""

from __future__ import annotations

import time
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from agent.api.artifacts import Artifacts
from agent.api.uploads import keep_named
from agent.chat.bars import bar
from agent.chat.noting import note
from agent.chat.verdicts import verdicts_html
from agent.jobs import client
from agent.settings import Settings
from agent.store.repository import Store
from tools.errors import BadInputError, RedRabbitError

POLL_S = 0.3
HINT = """<section class="rr-stage rr-empty" aria-label="Inspect parts"><header><h2>Inspect parts</h2></header>
<ol class="rr-steps">
<li><b>Have a detector.</b> It is fitted in Sculpt on photos of good parts: say “fit a detector”. Sixty good photos or
more keep the promise about false alarms.</li>
<li><b>Add photos.</b> Drop new photos of the same part here, as many as you like.</li>
<li><b>Read the verdicts.</b> OK, review, NG or cannot judge, the worst first, each with its score beside the threshold
and every region that was found.</li>
<li><b>Sign the report.</b> The worst part's report says what was found, why, and what to check on the machine; every
sentence names its evidence.</li>
</ol></section>"""
ORDER = ("ng", "review", "cannot_judge", "ok")


class InspectError(BadInputError):
    """Something is missing before photos can be inspected."""


class Inspecting:
    """Handlers of the Inspect place."""

    def __init__(self, settings: Settings, store: Store, artifacts: Artifacts) -> None:
        """Inspect with the detectors of a store."""
        self.settings = settings
        self.store = store
        self.artifacts = artifacts

    def detectors(self) -> list[tuple[str, str]]:
        """Label and id of each detector, newest first."""
        rows = self.store.list_detectors(limit=50)
        return [(f"{row.name} · {row.created_at:%Y-%m-%d %H:%M}", row.id) for row in rows]

    def start(self, detector_id: str | None, files: list[str] | None) -> tuple[str, str]:
        """Starts the job; its id (empty where something is missing) and what to show meanwhile."""
        try:
            if not detector_id:
                raise InspectError("Choose a detector first; say “fit a detector” in Sculpt where there is none.")
            if not files:
                raise InspectError("Add photos of parts first.")
            self.store.get_detector(detector_id)
            paths = [keep_named(Path(name).read_bytes(), Path(name).name, "inspect", self.settings) for name in files]
            job_id = client.start("inspect", {"paths": paths, "detector_id": detector_id})
            note(self.store, "INSPECT", f"/v1/jobs/{job_id}")
            return job_id, ""
        except RedRabbitError as error:
            return "", _complaint(str(error))

    def follow(self, job_id: str) -> Iterator[tuple[Any, ...]]:
        """Yields progress bar, the cancel button, results and the id of the worst inspection, until the job is over."""
        import gradio as gr

        idle = gr.update(visible=False)
        if not job_id:
            yield "", idle, gr.skip(), ""
            return
        status = client.status(job_id)
        while not status.finished:
            yield bar(status.fraction, status.message or status.state), gr.update(visible=True), "", ""
            time.sleep(POLL_S)
            status = client.status(job_id)
        if status.state != "done":
            yield "", idle, _complaint(status.error or "The inspection was cancelled."), ""
            return
        rows = self.store.list_inspections(limit=200, job_id=job_id)
        worst = min(rows, key=lambda row: (ORDER.index(row.verdict), -(row.score or 0.0)))
        yield "", idle, verdicts_html(rows, self.artifacts.link), worst.id

    def cancel(self, job_id: str) -> None:
        """Stop the inspection that is running."""
        if job_id:
            note(self.store, "CANCEL", f"/v1/jobs/{job_id}")
            client.cancel(job_id)

    def report(self, inspection_id: str) -> Iterator[str]:
        """Writes the report on an inspection; yields what to show."""
        if not inspection_id:
            yield _complaint("Inspect photos first.")
            return
        try:
            yield bar(0.3, "writing the report")
            note(self.store, "REPORT", f"/v1/inspections/{inspection_id}")
            done = client.wait(client.start("report", {"inspection_id": inspection_id}), 300)
            if done.state != "done" or done.result is None:
                yield _complaint(done.error or "The report was not written.")
                return
            yield self._links(done.result)
        except RedRabbitError as error:
            yield _complaint(str(error))

    def _links(self, result: dict[str, Any]) -> str:
        items = "".join(
            f'<li><a href="{self.artifacts.link(Path(result[form]))}" target="_blank" rel="noopener"><b>Report, {label}'
            f"</b><span>{escape(result['report'])}</span></a></li>"
            for form, label in (("html", "to read"), ("pdf", "to print"), ("json", "as data"))
        )
        return f'<section class="rr-card rr-downloads" aria-label="Report"><h2>Report</h2><ul>{items}</ul></section>'


def _complaint(text: str) -> str:
    return f'<section class="rr-card" role="alert"><p>⚠️ {escape(text)}</p></section>'
