"""The handler of ``{base}/desiru/stream/complete``: who may ask, what is asked, and the stream of the answer.

Format of the stream: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider
from jupyter_server.base.handlers import APIHandler
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, authenticated, stream_request_body

from ...errors import DesiruError, InputError
from ...run import Run
from . import telling
from .feed import AHEAD, batches
from .questions import Question, from_body, from_query
from .refusals import Refusal

if TYPE_CHECKING:
    from .extension import DesiruExtension

_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",  # nginx, and what imitates it, would collect the stream
}
_METHODS = "GET, POST, OPTIONS"
_UNKNOWN = "Nobody has logged in: send the server's token as the header 'Authorization: token TOKEN'."
_GET_IS_FOR_TOKENS = (
    "GET is for clients that send the server's token: any page could make a browser ask with its cookie. "
    "Use POST with the header X-XSRFToken, or the token."
)
_FOREIGN_HOST = (
    "The server is not known by this name. Ask 127.0.0.1 or localhost, or let its owner allow it: c.ServerApp.local_hostnames, "
    "or allow_remote_access."
)
_FAULT = "The server has a fault; its log says more."


@stream_request_body
class CompleteHandler(APIHandler):
    """One question and its answer. Jupyter checks who asks and, where a browser's cookie says that, whether its page may."""

    auth_resource = "desiru"

    def initialize(self, extension: DesiruExtension) -> None:
        """``extension`` has the configuration, and starts the runs."""
        self._extension = extension
        self._body = bytearray()
        self._received, self._limit = 0, extension.max_body  # bytes
        self._run: Run | None = None
        self._left = False
        self._method = self.request.method
        if self._method not in self.SUPPORTED_METHODS:  # which tornado answers at once, and resets who is sending still
            self.request.method = "PUT"  # which there is not here, either

    async def prepare(self) -> None:  # type: ignore[override]  # as jupyter_server has it
        """Ask Jupyter who asks. Whom it refuses is told so when he has sent all: else his connection is reset meanwhile."""
        try:
            await super().prepare()
        except HTTPError as error:
            if self.request.method in ("GET", "HEAD", "OPTIONS"):
                raise
            self._refuse_later(error)

    def _refuse_later(self, error: HTTPError) -> None:
        def refuse() -> None:
            raise error

        setattr(self, str(self.request.method).lower(), refuse)
        self._limit = 0

    def data_received(self, chunk: bytes) -> None:
        """Keep what fits; the rest is read and dropped, for many clients hear an answer only when they have sent everything."""
        self._received += len(chunk)
        if self._received <= self._limit:
            self._body += chunk
        else:
            self._body.clear()

    @authenticated
    @authorized(action="execute")  # type: ignore[untyped-decorator]  # as jupyter_server has it
    async def post(self) -> None:
        """A question in JSON."""
        if self._received > self._limit:
            raise Refusal(413, "BodyTooLarge", f"A question has at most {self._limit:,} bytes here, not {self._received:,}.")
        await self._answer(from_body(bytes(self._body)))

    @authenticated
    @authorized(action="execute")  # type: ignore[untyped-decorator]  # as jupyter_server has it
    async def get(self) -> None:
        """A question in the address, for clients that can do nothing else."""
        if not self.token_authenticated:
            raise Refusal(403, "Forbidden", _GET_IS_FOR_TOKENS)
        await self._answer(from_query(self.request.query_arguments))

    def on_connection_close(self) -> None:
        """The client has left: nobody wants the answer any more."""
        self._left = True
        if self._run is not None:
            self._run.cancel()

    async def _answer(self, question: Question) -> None:
        with self._extension.places.taken_by(self._user(), self._extension.max_runs):
            self._run = await self._started(question)
            try:
                if not self._left:
                    await self._stream(self._run)
            except StreamClosedError:
                pass  # the client has left, and its run ends below
            finally:
                self._run.cancel()

    def _user(self) -> str:
        """Whose runs are counted together. Jupyter's own providers know one secret, and name everybody who has it anew."""
        one_secret = type(self.identity_provider) in (IdentityProvider, PasswordIdentityProvider)
        return "" if one_secret else str(self.current_user.username)

    async def _started(self, question: Question) -> Run:
        try:
            return await asyncio.to_thread(self._extension.start_run, question)
        except InputError as error:
            raise Refusal.of(error, 400) from None
        except DesiruError as error:  # the owner's model or its settings: nothing that the client could mend
            raise Refusal.of(error, 500) from None

    async def _stream(self, run: Run) -> None:
        self._begin()
        try:
            await self.flush()
            async with aclosing(batches(run, self._extension.heartbeat)) as feed:
                async for events in feed:
                    self.write(telling.encode(events) if events else telling.HEARTBEAT)
                    await self.flush()  # until the kernel has taken everything: a slow client slows its run
        except StreamClosedError:
            raise
        except Exception:
            self.log.exception("The endpoint of desiru_notebook failed")
            self.write(telling.encode_error("InternalError", _FAULT, {}))
        await self.finish(telling.DONE, set_content_type=_HEADERS["Content-Type"])
        if self.request.version == "HTTP/1.0":  # which knows no other end of a stream, though its client may wish to stay
            self.detach().close()

    def _begin(self) -> None:
        for name, value in _HEADERS.items():
            self.set_header(name, value)
        stream = getattr(self.request.connection, "stream", None)
        if stream is not None:
            stream.set_nodelay(True)  # or a token would wait until the client has confirmed the one before
            # The kernel would take megabytes for a client that reads nothing.
            with suppress(AttributeError, OSError):  # not every system and not every socket can do that
                stream.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, AHEAD)

    def write_error(self, status_code: int, **options: Any) -> None:
        """Every refusal as JSON with a type and a message."""
        error = (options.get("exc_info") or (None, None))[1]
        kind, message = self._told(status_code, error)
        if status_code == http.client.METHOD_NOT_ALLOWED:
            self.set_header("Allow", _METHODS)
        self.request.method = self._method  # for the log
        if self._known():
            self.set_cors_headers()  # which were lost with the other headers of the answer that was not to be
        self.finish(json.dumps({"type": kind, "message": message}))

    def _told(self, status: int, error: BaseException | None) -> tuple[str, str]:
        if isinstance(error, Refusal):
            return error.kind, error.message
        if not isinstance(error, HTTPError):
            return "InternalError", _FAULT
        if status == http.client.FORBIDDEN and not self._known():
            return ("Unauthenticated", _UNKNOWN) if self.check_host() else ("HostForbidden", _FOREIGN_HOST)
        phrase = error.reason or http.client.responses.get(status, "Error")
        said = error.log_message % error.args if error.log_message and error.args else error.log_message
        return phrase.replace(" ", ""), said or f"{phrase}. A question comes with POST."

    def _known(self) -> bool:
        return getattr(self, "_jupyter_current_user", None) is not None
