"""A mock service of Chat Completions that is never what is slow: ``python -m benchmarks.provider`` prints its address.

A model's name is ``TOKENS-RATE``, or ``TOKENS-RATE-MARK``. Rate 0 is as fast as the socket takes it; any other is tokens a
second, after half a second of thought. Each token is an event and an HTTP chunk of its own, as services send them, and
is encoded beforehand. ``GET /sent/NAME`` tells when each token of that model's latest answer was sent.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, islice, repeat

from .cores import SERVICE, take_core

THOUGHT = 0.5  # seconds
HEAD = ("[[ ##", " answer", " ## ]]\n")
TAIL = ("\n\n[[ ##", " completed", " ## ]]")
_BLOCK = 1000  # tokens; a longer answer says them again, so that it costs no memory here
_COMMON = {
    "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG", "object": "chat.completion.chunk", "created": 1741570283,
    "model": "gpt-4o-mini-2024-07-18", "service_tier": "default", "system_fingerprint": "fp_06737a9306",
}  # fmt: skip


@cache
def block() -> tuple[str, ...]:
    """Tokens of about four characters. None ends in white space, so that a reader can see each as soon as it has come."""
    letters, chance = "etaoinshrdlu", random.Random(7)
    words = [f" {''.join(chance.choices(letters, k=chance.randint(1, 5)))}" for _ in range(_BLOCK)]
    return tuple(f"\n\nThe{word}" if at % 50 == 49 else word for at, word in enumerate(words))


def tokens(count: int) -> Iterator[str]:
    """The tokens of an answer between its head and its tail."""
    return islice(chain.from_iterable(repeat(block())), count)


def answer(count: int) -> str:
    """The text of the field ``answer``."""
    return "".join(tokens(count)).strip()


def _event(**what: object) -> bytes:
    data = b"data: " + json.dumps(_COMMON | what, separators=(",", ":")).encode() + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(data), data)


def _piece(text: str, finish: str | None = None) -> bytes:
    delta = {"content": text} if finish is None else {}
    return _event(choices=[{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}], usage=None)


@cache
def _encoded() -> tuple[list[bytes], list[bytes], list[bytes]]:
    return [*map(_piece, HEAD)], [*map(_piece, block())], [*map(_piece, TAIL)]


def _end(count: int) -> bytes:
    done = b"data: [DONE]\n\n"
    return _piece("", "stop") + _event(choices=[], usage=_usage(count)) + b"%x\r\n%s\r\n0\r\n\r\n" % (len(done), done)


def _usage(count: int) -> dict[str, int]:
    return {"prompt_tokens": 20, "completion_tokens": count, "total_tokens": 20 + count}


class Answering(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    sent: dict[str, list[int]] = {}  # noqa: RUF012 - of all connections

    def do_GET(self) -> None:
        self._send_json(self.sent[self.path.rpartition("/")[2]])

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        count, rate = (int(part) for part in asked["model"].split("-")[:2])
        if not asked.get("stream"):
            self._send_json(_whole(count))
            return
        self._send_head("text/event-stream", "Transfer-Encoding", "chunked")
        if rate:
            self.sent[asked["model"]] = self._send_paced(count, rate)
        else:
            self._send_burst(count)
        self.wfile.write(_end(count))

    def _send_burst(self, count: int) -> None:
        head, body, tail = _encoded()
        whole = b"".join(body)
        self.wfile.write(b"".join(head))
        for _ in range(count // _BLOCK):
            self.wfile.write(whole)
        self.wfile.write(b"".join(body[: count % _BLOCK] + tail))

    def _send_paced(self, count: int, rate: int) -> list[int]:
        head, body, tail = _encoded()
        sent, due = [], time.monotonic() + THOUGHT
        for chunk in chain(head, islice(chain.from_iterable(repeat(body)), count), tail):
            time.sleep(max(0.0, due - time.monotonic()))
            due += 1 / rate
            sent.append(time.monotonic_ns())
            self.wfile.write(chunk)
        return sent

    def _send_json(self, what: object) -> None:
        body = json.dumps(what).encode()
        self._send_head("application/json", "Content-Length", str(len(body)))
        self.wfile.write(body)

    def _send_head(self, kind: str, name: str, value: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def _whole(count: int) -> dict[str, object]:
    message = {"role": "assistant", "content": "".join([*HEAD, *tokens(count), *TAIL]), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return _COMMON | {"object": "chat.completion", "choices": [choice], "usage": _usage(count)}


class _Server(ThreadingHTTPServer):
    request_queue_size = 512  # so that many may come at once


def main() -> None:
    take_core(SERVICE, undisturbed=True)
    _encoded()
    server = _Server(("127.0.0.1", 0), Answering)
    print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
