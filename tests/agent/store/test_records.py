"""Data sets, detectors, inspections and reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.store.datasets import DatasetRow
from agent.store.detectors import DetectorRow
from agent.store.errors import NotFoundError
from agent.store.inspections import InspectionRow, ReportRow
from agent.store.repository import Store


def test_a_job_that_runs_twice_leaves_one_record(store: Store) -> None:
    first = store.save_dataset(DatasetRow(path="/d", job_id="j1", n_images=3))
    assert store.save_dataset(DatasetRow(path="/d", job_id="j1")).id == first.id
    detector = store.save_detector(DetectorRow(path="/b", job_id="j2", score_threshold=0.5))
    assert store.save_detector(DetectorRow(path="/b", job_id="j2")).id == detector.id
    for _ in range(2):
        for position in range(2):
            row = InspectionRow(
                input="x.png", verdict="ng", job_id="j3", position=position, detector_id=detector.id, record={"a": 1}
            )
            store.save_inspection(row)
    assert len(store.list_datasets()) == 1
    assert len(store.list_detectors(kind="patchcore")) == 1
    assert len(store.list_inspections(verdict="ng")) == 2


def test_a_report_belongs_to_its_inspection(store: Store) -> None:
    inspection = store.save_inspection(InspectionRow(input="x.png", verdict="ok"))
    report = store.save_report(ReportRow(inspection_id=inspection.id, document={"verdict": "ok"}))
    assert store.get_report(report.id).document == {"verdict": "ok"}
    assert store.list_reports(inspection_id=inspection.id)[0].id == report.id
    assert store.get_inspection(inspection.id).detector_id is None


def test_forgotten_records_are_gone(store: Store) -> None:
    dataset, detector = store.save_dataset(DatasetRow(path="/d")), store.save_detector(DetectorRow(path="/b"))
    store.delete_dataset(dataset.id)
    store.delete_detector(detector.id)
    with pytest.raises(NotFoundError, match="data set"):
        store.get_dataset(dataset.id)
    with pytest.raises(NotFoundError, match="detector"):
        store.get_detector(detector.id)
    with pytest.raises(NotFoundError, match="nothing was deleted"):
        store.delete_dataset(dataset.id)


def test_times_are_utc_and_aware(store: Store) -> None:
    made = store.get_dataset(store.save_dataset(DatasetRow(path="/d")).id).created_at
    assert made.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=1)
