"""The tools for other agents, over the Model Context Protocol (streamable HTTP, stateless) at `/mcp`.

The same tools that our own chat model has, with three arguments more: whose memory is meant, which uploaded photos go
with the call, and whether its cost is agreed to. The same API keys and scopes as the rest of the API.
"""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from agent.api.access import Needs
from agent.api.context import Context
from agent.api.problems import problem, status_of
from agent.api.uploads import image_path
from tools.errors import RedRabbitError

PATH = "/mcp"
MAX_BYTES = 1 << 20
INSTRUCTIONS = (
    "Sculpt defects on photos of good parts, make data sets with exact masks, fit and run detectors, write reports. "
    "Take one conversation_id for one piece of work; upload photos with POST /v1/images and attach their ids. Where an "
    "answer has `asked`, call the tool that answers it, or the same tool again with approved=true."
)
EXTRA: dict[str, Any] = {
    "conversation_id": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]{1,64}$",
        "default": "mcp",
        "description": "whose memory",
    },
    "attach": {
        "type": "array",
        "items": {"type": "string"},
        "maxItems": 200,
        "description": "ids of uploaded photos",
    },
    "approved": {"type": "boolean", "default": False, "description": "the cost or duration of this call is agreed to"},
}


class McpEndpoint:
    """An ASGI application for one path, and what has to run beside it."""

    def __init__(self, context: Context) -> None:
        """Offer the tools on an application's data; nothing heavy is imported before the first request."""
        self._context = context
        self._manager: Any = None

    def running(self) -> AbstractAsyncContextManager[None]:
        """Enter while the application serves."""
        from mcp.server import Server
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        server: Any = Server("red-rabbit", instructions=INSTRUCTIONS, on_list_tools=self._list, on_call_tool=self._call)
        # Host and Origin are checked by our own guard, for this path as for all others.
        self._manager = StreamableHTTPSessionManager(
            server, json_response=True, stateless=True, max_request_body_size=MAX_BYTES
        )
        running: AbstractAsyncContextManager[None] = self._manager.run()
        return running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose key holds the scope `write`."""
        request = Request(scope, receive)
        try:
            await run_in_threadpool(Needs("write"), request)
        except RedRabbitError as error:
            await problem(request, status_of(error), str(error))(scope, receive, send)
            return
        if self._manager is None:
            await problem(request, 503, "the server is starting; try again in a moment")(scope, receive, send)
            return
        await self._manager.handle_request(scope, receive, send)

    async def _list(self, _context: Any, _params: Any) -> Any:
        from mcp.types import ListToolsResult, Tool

        from agent.toolbelt import TOOLS

        found = []
        for tool in TOOLS.values():
            function = tool.schema["function"]
            schema = {**function["parameters"]}
            schema["properties"] = {**schema.get("properties", {}), **EXTRA}
            found.append(Tool(name=tool.name, description=function["description"], inputSchema=schema))
        return ListToolsResult(tools=found)

    async def _call(self, _context: Any, params: Any) -> Any:
        from mcp.types import CallToolResult, TextContent

        try:
            answer = await run_in_threadpool(self._run, params.name, dict(params.arguments or {}))
        except RedRabbitError as error:
            answer = {"ok": False, "text": str(error), "facts": {}, "events": [], "asked": None}
        text = answer["text"] or json.dumps(answer["facts"], ensure_ascii=False)
        if answer["asked"]:
            text = f"{text}\n{answer['asked']['text']}".strip()
        return CallToolResult(content=[TextContent(text=text)], structuredContent=answer, isError=not answer["ok"])

    def _run(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        import re

        from agent.direct import call_tool
        from agent.toolbelt import ToolError

        context = self._context
        chat = str(arguments.pop("conversation_id", None) or "mcp")
        if not re.fullmatch(EXTRA["conversation_id"]["pattern"], chat):
            raise ToolError("a conversation_id has letters, digits, - and _, at most 64")
        attach, approved = arguments.pop("attach", None) or [], bool(arguments.pop("approved", False))
        if not isinstance(attach, list) or len(attach) > EXTRA["attach"]["maxItems"]:
            raise ToolError("attach takes a list of at most 200 ids of uploaded photos")
        files = [image_path(context.store.get_image(str(each)), context.files) for each in attach]
        answer = call_tool(context.settings, chat, name, arguments, files=files, approved=approved)
        shown: dict[str, Any] = context.artifacts.with_links(answer)
        return shown
