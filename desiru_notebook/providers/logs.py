"""What HTTP clients log of our requests, without credentials; what they log of others' requests stays as it is."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from .addresses import OPEN
from .keys import Key
from .scrubbing import hide

# A filter holds for one logger only, not for those below it.
_CORES = [
    f"{core}.{part}" for core in ("httpcore2", "httpcore") for part in ("connection", "http11", "http2", "proxy", "socks")
]
_LOGGERS = ("httpx2", "httpx", *_CORES, "hpack.hpack", "hpack.table")
_LONGEST = 8_000  # characters of a record
_VALUE = re.compile(rf"""(?<=[?&])(?!(?:{"|".join(OPEN)})=)([^=&\s"']+)=[^&\s"'#]+""")
_PROXY_USER = re.compile(r"\bauth=\(b[^)]*\)")
_secrets: ContextVar[Sequence[Key] | None] = ContextVar("_secrets", default=None)


@contextmanager
def hidden(secrets: Sequence[Key]) -> Iterator[None]:
    """Keep these out of what is logged meanwhile, and the values in addresses too."""
    _secrets.set(secrets)
    try:
        yield
    finally:
        _secrets.set(None)  # not reset(), which fails where an abandoned request is closed in another context


class _Filter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        secrets = _secrets.get()
        if secrets is not None:
            record.msg, record.args = _without(record.getMessage()[:_LONGEST], secrets), ()
        return True


def _without(text: str, secrets: Sequence[Key]) -> str:
    text = _PROXY_USER.sub("auth=\u2026", _VALUE.sub("\\1=\u2026", text))
    return hide(text, [secret.reveal() for secret in secrets])


for _name in _LOGGERS:
    logging.getLogger(_name).addFilter(_Filter())
