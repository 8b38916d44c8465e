"""Migrations: up and down with data, several processes at once, and agreement with the tables in code."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlmodel import SQLModel

from agent.cli.main import main
from agent.settings import get_settings
from agent.store import migrations
from agent.store.audit import AuditRow
from agent.store.engine import open_engine
from agent.store.errors import StoreError
from agent.store.images import ImageRow
from agent.store.inspections import InspectionRow, ReportRow
from agent.store.repository import Store, open_store
from agent.store.requests import Allowance, RequestRow
from agent.store.scores import ScoreRow
from tools.blueprint.model import Blueprint


def fill(store: Store) -> None:
    chat = store.save_conversation(title="t").id
    store.save_message(chat, "user", [{"kind": "text"}])
    version = store.save_blueprint(Blueprint(defect_type="crack"), conversation_id=chat)
    image = store.save_image(ImageRow(content_hash="a" * 64, path="a", blueprint_version_id=version.id))
    store.save_score(ScoreRow(image_id=image.id, scorer="s", value=1.0))
    inspection = store.save_inspection(InspectionRow(input="x", verdict="ok", image_id=image.id))
    store.save_report(ReportRow(inspection_id=inspection.id))
    store.create_key("k")
    store.claim_request(RequestRow(job_id="j", endpoint="e", state="sending"), Allowance())
    store.save_audit(AuditRow(action="POST", subject="/v1/x", status=201))


def test_up_down_and_up_again_with_data(database_url: str) -> None:
    engine = open_engine(database_url)
    revisions = [script.revision for script in ScriptDirectory.from_config(migrations.config(engine)).walk_revisions()]
    assert revisions[0] == migrations.HEAD
    store = Store(database_url)
    fill(store)
    for revision in [*revisions[1:], "base"]:
        migrations.downgrade(engine, revision)
        assert migrations.current(engine) == (None if revision == "base" else revision)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    migrations.upgrade(engine)
    fill(store)
    assert store.count_blueprints() == 1


def test_the_migrations_make_the_tables_of_the_code(database_url: str) -> None:
    store = Store(database_url)
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    store.close()


def _open(url: str) -> None:
    fill(Store(url))


def test_several_processes_migrate_an_empty_database_at_once(database_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_open, args=(database_url,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert Store(database_url).count_blueprints() == 3


def test_a_database_from_the_future_is_refused(database_url: str) -> None:
    store = Store(database_url)
    with store.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="revision 9999"):
        Store(database_url)


@pytest.mark.parametrize(
    ("url", "words"),
    [("nonsense", "cannot be read"), ("oracle://x", "not supported"), ("postgresql://u:pass@127.0.0.1:9/x", "running")],
)
def test_databases_that_cannot_be_used(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words) as caught:
        Store(url)
    assert "pass" not in str(caught.value)


def test_sqlite_has_its_safety_switches_on(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a' / 'x.db'}")
    with engine.connect() as connection:
        values = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "foreign_keys")]
    assert values == ["wal", 1]


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", "--check"]) == 1
    assert main(["migrate"]) == 0
    assert "nothing → 0003" in capsys.readouterr().err
    assert main(["migrate", "--check"]) == 0
    assert main(["migrate", "--down", "--to", "base"]) == 0
    assert main(["migrate", "--to", "7777"]) == 1
    store = open_store(get_settings())
    assert open_store(get_settings()) is store
    store.ping()
