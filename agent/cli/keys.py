"""`redrabbit keys`: who may call the API."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from agent.store.keys import ApiKeyRow
    from agent.store.repository import Store

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is; also the name to sign in with on the page.")],
    scope: Annotated[list[str] | None, typer.Option(help="read, write or admin; more than one is fine.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Make a key and print it, this once."""
    from agent.settings import get_settings
    from agent.store.repository import open_store

    store = open_store(get_settings())
    row, key = store.create_key(name, tuple(scope or ("read", "write")))
    _note(store, "CREATE", row)
    if as_json:
        print(json.dumps({"key": key, "handle": row.handle, "name": row.name, "scopes": row.scopes}))
        return
    print(key)
    print(f"The key of {row.name} ({', '.join(row.scopes)}). It is not stored: keep it now.", file=sys.stderr)


@app.command("list")
def list_keys(as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False) -> None:
    """Show the keys: handles and names, never the keys themselves."""
    from agent.settings import get_settings
    from agent.store.repository import open_store

    rows = open_store(get_settings()).list_keys()
    shown = [row.model_dump(mode="json", exclude={"salt", "secret_hash", "id"}) for row in rows]
    if as_json:
        print(json.dumps(shown))
        return
    for row in rows:
        state = f"revoked {row.revoked_at:%Y-%m-%d}" if row.revoked_at else "valid"
        used = f"used {row.last_used_at:%Y-%m-%d}" if row.last_used_at else "never used"
        print(f"{row.handle}  {row.name:<24} {','.join(row.scopes):<18} {state:<18} {used}")
    if not rows:
        print("no keys yet: redrabbit keys create NAME", file=sys.stderr)


@app.command()
def revoke(handle: Annotated[str, typer.Argument(help="The handle that `keys list` shows.")]) -> None:
    """End a key; a running server forgets it within half a minute."""
    from agent.settings import get_settings
    from agent.store.repository import open_store

    store = open_store(get_settings())
    row = store.revoke_key(handle)
    _note(store, "REVOKE", row)
    print(f"revoked: {row.handle} ({row.name})", file=sys.stderr)


def _note(store: Store, action: str, row: ApiKeyRow) -> None:
    """A line of the audit trail: who may call is a change like any other."""
    import getpass

    from agent.store.audit import AuditRow

    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        user = "nobody known"
    actor, subject = f"terminal: {user}"[:100], f"keys/{row.handle} ({row.name})"
    store.save_audit(AuditRow(actor=actor, action=action, subject=subject, status=200))
