"""Files and folders that the server offered by a signed link."""

from __future__ import annotations

import mimetypes

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response, StreamingResponse

from agent.api.context import Ctx
from agent.api.headers import REPORT
from agent.jobs.zip import zip_stream

router = APIRouter(prefix="/artifacts", tags=["artifacts"])
SHOWN = frozenset({"image/png", "image/jpeg", "image/webp", "text/html", "application/pdf", "text/plain"})


@router.get("/{token}", response_class=FileResponse, summary="Download by link")
def read(token: str, ctx: Ctx) -> Response:
    """The file's bytes, or a folder as a zip file; what a browser cannot show safely is sent as a download."""
    path = ctx.artifacts.resolve(token)
    if path.is_dir():
        headers = {"Content-Disposition": f'attachment; filename="{path.name[:40]}.zip"'}
        return StreamingResponse(zip_stream(path), media_type="application/zip", headers=headers)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    disposition = "inline" if kind in SHOWN else "attachment"
    headers = {"Cache-Control": "private, max-age=3600"}
    if kind == "text/html":
        headers["Content-Security-Policy"] = REPORT
    return FileResponse(
        path, media_type=kind, filename=path.name, content_disposition_type=disposition, headers=headers
    )
