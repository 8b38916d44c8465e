"""The Docker files agree with the product: services, health checks, users, volumes, and names of settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import AliasChoices

from agent.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("api", "worker")
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def known_names() -> set[str]:
    """Every environment variable that sets something."""
    names = set()
    for field, info in Settings.model_fields.items():
        alias = info.validation_alias
        names |= set(map(str, alias.choices)) if isinstance(alias, AliasChoices) else {f"REDRABBIT_{field.upper()}"}
    return names


def test_the_services() -> None:
    assert set(SERVICES) == {"postgres", "api", "worker", "chroma", "ollama"}
    assert SERVICES["worker"]["deploy"]["replicas"] == 2
    assert {name for name, service in SERVICES.items() if service.get("profiles")} == {"ollama"}
    assert all(SERVICES[name]["build"] == "." for name in OURS)
    assert all(service["restart"] == "unless-stopped" for service in SERVICES.values())


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_health_check(name: str) -> None:
    check = SERVICES[name].get("healthcheck")
    if check is None:
        assert name == "api", name
        assert "HEALTHCHECK" in DOCKERFILE
        return
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout"} <= set(check)


def test_ours_wait_until_what_they_need_is_healthy() -> None:
    for name in OURS:
        waits = SERVICES[name]["depends_on"]
        assert {other: each["condition"] for other, each in waits.items()} == {
            "postgres": "service_healthy",
            "chroma": "service_healthy",
        }


def test_ours_run_without_privileges() -> None:
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users == ["redrabbit"]
    made, copied = DOCKERFILE.index("useradd"), DOCKERFILE.index("USER redrabbit")
    assert "chown redrabbit /data" in DOCKERFILE[made:copied]
    for name in OURS:
        service = SERVICES[name]
        assert "user" not in service
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert not any(service.get("privileged") for service in SERVICES.values())


def test_what_must_last_lies_on_volumes() -> None:
    mounts = {
        name: dict(each.split(":")[:2][::-1] for each in service["volumes"]) for name, service in SERVICES.items()
    }
    assert {volume for used in mounts.values() for volume in used.values()} == set(COMPOSE["volumes"])
    folder = SERVICES["api"]["environment"]["REDRABBIT_DATA_DIR"]
    assert all(mounts[name][folder] == "data" for name in OURS)  # both read the same files
    assert re.search(rf"^VOLUME {folder}$", DOCKERFILE, re.MULTILINE)
    assert mounts["postgres"] == {"/var/lib/postgresql/data": "database"}


def test_environment_names_are_settings() -> None:
    known = known_names()
    assert {"REDRABBIT_DATABASE_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"} <= known
    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= known
    text = (ROOT / "docker-compose.yml").read_text() + DOCKERFILE
    assert set(re.findall(r"\bREDRABBIT_[A-Z_]+", text)) <= known


def test_the_environment_makes_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SERVICES["worker"]["environment"].items():
        default = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", str(value))
        monkeypatch.setenv(name, re.sub(r"\$\{POSTGRES_PASSWORD:\?[^}]*\}", "pw", default))
    found = Settings(_env_file=None)  # type: ignore[call-arg]
    assert found.store_url == "postgresql+psycopg://redrabbit:pw@postgres:5432/redrabbit"
    assert found.knowledge_server == "http://chroma:8000"
    assert (found.model, found.log_format) == ("offline", "json")
    assert (found.model_base_url, found.fal_key, found.otlp_endpoint) == (None, None, None)


def test_hosts_and_ports_meet() -> None:
    port = Settings.model_fields["port"].default
    assert SERVICES["api"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["api"]
    assert f"EXPOSE {port}\n" in DOCKERFILE
    assert f"http://127.0.0.1:{port}/v1/health" in DOCKERFILE
    hosts = re.findall(r"@(\w+):5432|http://(\w+):8000", str(SERVICES["api"]["environment"]))
    assert {host for pair in hosts for host in pair if host} == {"postgres", "chroma"}


@pytest.mark.parametrize("name", OURS)
def test_commands_exist(name: str) -> None:
    import typer

    from agent.cli import doctor, serve, worker

    programs = {"serve": serve.app, "worker": worker.app, "doctor": doctor.app}
    for words in (
        SERVICES[name]["command"],
        SERVICES[name].get("healthcheck", {}).get("test", ["CMD", "", "worker"])[1:],
    ):
        command: Any = typer.main.get_command(programs[words[1]])
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert {word for word in words if word.startswith("--")} <= known


def test_the_chroma_server_is_the_version_of_the_client() -> None:
    (locked,) = re.findall(r"^chromadb==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert SERVICES["chroma"]["image"] == f"chromadb/chroma:{locked}"


def test_nothing_needless_is_copied_into_the_image() -> None:
    left_out = set((ROOT / ".dockerignore").read_text().split())
    assert {".git", ".venv", "out", ".env"} <= left_out
