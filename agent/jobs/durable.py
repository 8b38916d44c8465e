"""DBOS's decorators with types, and the list of workflow kinds.

A workflow is replayed after a crash, so it only strings steps together; a step does the work and is not repeated once
its result is recorded. Arguments and results are JSON values.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from dbos import DBOS, PortableWorkflowError
from sqlalchemy.exc import InterfaceError, OperationalError

from agent import telemetry
from tools.errors import RedRabbitError

log = logging.getLogger("redrabbit.jobs")
SAID = "redrabbit-exit-"
"""How the code of an error that was raised on purpose begins; its exit code follows."""
DATABASE_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""How long a step waits for a database that does not answer, again and again: two minutes in all."""
F = TypeVar("F", bound=Callable[..., Any])


def workflow(name: str) -> Callable[[F], F]:
    """Mark a function as the durable workflow of this name."""
    return cast("Callable[[F], F]", DBOS.workflow(name=name))


def step(name: str) -> Callable[[F], F]:
    """Mark a function as a step: done at most once per job as far as its recorded result goes.

    A step that was cut off runs again from its start, so it must be safe to repeat; it also does where the database
    went away under it. An error raised on purpose is stored as its sentence with the exit code; any other is logged
    here and stored without one.
    """

    def decorate(function: F) -> F:
        def attempt(*arguments: Any) -> Any:
            for pause in (*DATABASE_PAUSES_S, None):
                try:
                    return function(*arguments)
                except RedRabbitError as error:
                    code = f"{SAID}{error.exit_code}"
                    raise PortableWorkflowError(str(error), type(error).__name__, code=code) from None
                except (OperationalError, InterfaceError) as error:
                    if pause is None:
                        raise
                    log.warning("the step %s lost the database (%s); again in %g s", name, type(error).__name__, pause)
                    time.sleep(pause)
                except Exception:
                    log.exception("the step %s of job %s broke", name, DBOS.workflow_id)
                    raise
            return None

        @functools.wraps(function)
        def run(*arguments: Any) -> Any:
            if not telemetry.is_on():
                return attempt(*arguments)
            with telemetry.span(name, _parent(), job_id=str(DBOS.workflow_id)):
                return attempt(*arguments)

        return cast("F", DBOS.step(name=name)(run))

    return decorate


def _parent() -> dict[str, str] | None:
    """The trace of whoever started the job of this step; that of a part, its whole's."""
    attributes = _attributes(str(DBOS.workflow_id))
    if attributes.get("parent"):
        attributes = _attributes(attributes["parent"])
    carried = attributes.get(telemetry.PARENT)
    return {telemetry.PARENT: carried} if carried else None


def _attributes(job_id: str) -> dict[str, Any]:
    status = DBOS.get_workflow_status(job_id)
    return (status.attributes if status else None) or {}
