"""Every setting, its environment variable and its default; nothing else reads the environment.

`REDRABBIT_<NAME>` in the environment or in a `.env` file beside the process sets the field of that name.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """All settings; an instance is immutable."""

    model_config = SettingsConfigDict(
        env_prefix="REDRABBIT_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    data_dir: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("redrabbit", appauthor=False)))
    """Images, data sets, bundles, indexes and the SQLite files."""
    database_url: str | None = None
    """`postgresql://user@host/name`; without it SQLite files in `data_dir`."""
    model: str = "offline"
    """`offline`, or a LangChain name such as `openai:gpt-5`, `anthropic:…`, `google_genai:…`, `ollama:…`."""
    model_base_url: str | None = None
    """Base URL of an OpenAI-compatible server."""
    model_api_key: SecretStr | None = None
    backbone: str = "efficientnet-lite0"
    """`efficientnet-lite0`, `dinov2:/folder`, `clip:/folder`."""
    generator: str = "renderer"
    """`renderer`, or `fal` where `fal_key` is set."""
    fal_key: SecretStr | None = None
    """`id:secret` of an account at fal.ai."""
    fal_endpoint: str = "fal-ai/flux-lora/inpainting"
    fal_arguments: dict[str, Any] = Field(default_factory=dict)
    """JSON; sent to the endpoint beside our own arguments, and wins over them."""
    fal_webhook_url: str | None = None
    """How fal.ai reaches this server, such as `https://redrabbit.example.com`; without it answers are asked for."""
    fal_url: str | None = None
    """Another server that speaks fal.ai's protocol; for tests."""
    fal_usd_per_megapixel: float = Field(default=0.035, ge=0)
    """What the endpoint costs; fal.ai names its price on the endpoint's page, not in its answers."""
    fal_usd_per_job: float = Field(default=5.0, ge=0)
    fal_usd_per_day: float = Field(default=25.0, ge=0)
    """Of all jobs together, from midnight UTC."""
    fal_at_once: int = Field(default=8, ge=1, le=1000)
    """Pictures that are asked for at the same time, on all machines together."""
    fal_per_minute: int = Field(default=120, ge=1)
    fal_poll_s: float = Field(default=3.0, gt=0)
    fal_resend_after_s: float = Field(default=3 * 3600.0, gt=0)
    """A request whose reply was lost is sent again when no webhook came for this long (fal.ai tries for 2 h)."""
    language: str = "en"
    """`en`, `de` or `ko`: the language of reports."""
    knowledge_server: str | None = None
    """`http://host:port` of a Chroma server; without it the knowledge index lies in `data_dir`."""
    host: str = "127.0.0.1"
    port: int = 7860
    max_upload_mb: int = 32
    max_image_megapixels: float = 40.0
    requests_per_minute: int = Field(default=1200, ge=1)
    """Of one API key; more get 429."""
    jobs_waiting: int = Field(default=1000, ge=1)
    """More jobs than this waiting, and new inspections get 503."""
    files_url: str | None = None
    """Where files go by their hash: an fsspec address such as `s3://bucket/prefix`; else a folder of `data_dir`."""
    log_format: Literal["text", "json"] = "text"
    otlp_endpoint: str | None = Field(
        default=None, validation_alias=AliasChoices("REDRABBIT_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    )
    """`http://host:4317` of an OpenTelemetry collector, under the standard's own name too; without it no traces."""
    otlp_protocol: str = Field(
        default="grpc", validation_alias=AliasChoices("REDRABBIT_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    )
    """`grpc` (port 4317), or `http/protobuf` (4318) with a package of its own."""

    @property
    def store_url(self) -> str:
        """The SQLAlchemy URL of the facts database."""
        if self.database_url is None:
            return f"sqlite:///{self.data_dir / 'redrabbit.db'}"
        return self.database_url.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def checkpoint_path(self) -> Path:
        """The SQLite file of the conversations, where no PostgreSQL is set."""
        return self.data_dir / "conversations.db"

    @property
    def jobs_url(self) -> str:
        """The system database of the durable jobs."""
        return self.store_url if self.database_url else f"sqlite:///{self.data_dir / 'jobs.db'}"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings; tests call `get_settings.cache_clear()` after changing the environment."""
    return Settings()
