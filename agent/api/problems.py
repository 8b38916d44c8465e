"""Errors as `application/problem+json` (RFC 9457): the sentence a person would read, and a status for the machine."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.exc import DataError, IntegrityError, StatementError
from starlette.exceptions import HTTPException

from agent.api.errors import (
    ForbiddenError,
    OverloadedError,
    ReplayedError,
    TextError,
    TooLargeError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from agent.jobs.errors import JobConflictError, JobNotFoundError, JobsNotRunningError
from agent.store.errors import ConflictError, NotFoundError
from agent.store.requests import SpendingError
from tools.errors import BadInputError, RedRabbitError
from tools.generation.fal_webhook import WebhookError

log = logging.getLogger("redrabbit.api")

STATUS: tuple[tuple[type[Exception], int], ...] = (
    (UnauthenticatedError, 401),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (JobNotFoundError, 404),
    (ConflictError, 409),
    (JobConflictError, 409),
    (ReplayedError, 409),
    (TooManyRequestsError, 429),
    (WebhookError, 401),
    (SpendingError, 402),
    (TooLargeError, 413),
    (TextError, 422),
    (OverloadedError, 503),
    (JobsNotRunningError, 503),
    (BadInputError, 400),
    (RedRabbitError, 500),
)
RETRY_AFTER = {"Retry-After": "5"}
AGAIN = {401: {"WWW-Authenticate": "Bearer"}, 429: RETRY_AFTER, 503: RETRY_AFTER}
MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """What went wrong."""

    type: str = "about:blank"
    title: str = Field(examples=["Bad Request"])
    status: int = Field(examples=[400])
    detail: str = Field(examples=["photo.txt is not an image that can be read; use PNG, JPEG, BMP, TIFF or WebP"])
    instance: str = Field(default="", examples=["/v1/images"])


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {}}}
    for status in (400, 401, 403, 404, 409, 413, 422, 429, 503)
}
"""For the OpenAPI document of every route."""


def problem(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """A problem document as a response, with what a caller has to know for another try."""
    title = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"
    body = Problem(title=title, status=status, detail=detail, instance=request.url.path)
    return JSONResponse(
        body.model_dump(),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={**AGAIN.get(status, {}), **(headers or {})},
    )


def status_of(error: Exception) -> int:
    """The HTTP status of an error."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def install(app: FastAPI) -> None:
    """Answer every error of an application with a problem document."""

    @app.exception_handler(RedRabbitError)
    def _ours(request: Request, error: RedRabbitError) -> JSONResponse:
        status = status_of(error)
        if status == 500:
            log.error("%s %s failed: %s", request.method, request.url.path, error)
        return problem(request, status, str(error))

    @app.exception_handler(RequestValidationError)
    def _request(request: Request, error: RequestValidationError) -> JSONResponse:
        return problem(request, 422, first_error(error.errors()))

    @app.exception_handler(ValidationError)
    def _model(request: Request, error: ValidationError) -> JSONResponse:
        return problem(request, 422, first_error(error.errors()))

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers) if error.headers else None
        return problem(request, error.status_code, str(error.detail), headers)

    @app.exception_handler(StatementError)
    def _statement(request: Request, error: StatementError) -> JSONResponse:
        # Text that a database cannot hold, such as NUL or half a surrogate pair, or a number beyond 64 bits.
        if isinstance(error, DataError) or isinstance(error.orig, (UnicodeError, ValueError, OverflowError)):
            return problem(request, 422, "a value holds characters or a number that cannot be stored; remove them")
        if isinstance(error, IntegrityError):
            return problem(request, 409, "somebody else changed the same thing at the same time; read it again")
        log.exception("%s %s: database", request.method, request.url.path)
        return problem(request, 503, "the database does not answer; try again in a moment")

    @app.exception_handler(Exception)
    def _bug(request: Request, error: Exception) -> JSONResponse:
        log.exception("%s %s broke", request.method, request.url.path, exc_info=error)
        return problem(request, 500, "something broke inside; the server's log says where")


def first_error(errors: Any) -> str:
    """The first of pydantic's complaints as a sentence."""
    first = errors[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path", "header"))
    return f"{where or 'the request'}: {first['msg']}"
