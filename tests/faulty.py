"""Every fault of the replay server, and what has to become of a run that meets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from replaying import Outcome, Recording, Words

from desiru_notebook import (
    AuthenticationError,
    ModelNotFoundError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    StreamInterrupted,
    StreamTimeout,
    Timeouts,
)

# One recording for each API: long, with reasoning where there is one, recorded from the service itself.
CHOSEN = {
    "chat": "avian.chat.testopenaicompatiblecommon-avian-kimi-tool-streaming.9c9c6a",
    "responses": "azure.responses.testazureresponseswithsummarythinking-azure-gpt-5-mini-t.27c383",
    "anthropic": "anthropic.anthropic.anthropic-web-fetch-tool-1.5c7820",
    "gemini": "vertex.gemini.with-extended-thinking-vertexai-gemini-3-flash-preview-s.6145fb",
}
LIMIT = 1.0  # seconds of the time limits below
_SHORT = Timeouts(first=LIMIT, idle=LIMIT, total=20)
_LATE = 4  # seconds of silence


@dataclass(frozen=True)
class Fault:
    """A fault: in words, as the replay server's options, and what has to come of it.

    ``error`` is ``None`` where the answer has to be whole; ``requests`` is how many it takes; ``at_once`` whether the view
    has to say that the answer did not stream; ``notices`` how many things are reported of it.
    """

    words: str
    options: str
    error: type[Exception] | None = None
    requests: int = 1
    at_once: bool = False
    notices: int = 0
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def limited(self) -> bool:
        """Whether a time limit has to end it."""
        return self.error is StreamTimeout

    def expected(self, recording: Recording, outcome: Outcome) -> Words:
        """What has to be there: everything, or all that had been sent."""
        said = recording.said
        whole = said["expected_text"].strip(), said["expected_reasoning"].strip()
        return whole if self.error is None else outcome.words_sent(recording)


FAULTS = [
    Fault("none", ""),
    Fault("one byte at a time", "fault=split1"),
    Fault("one split", "fault=cut~at=777"),
    Fault("random pieces", "fault=random~seed=3"),
    Fault("40 KB a second", "fault=drip~rate=40000"),
    Fault("a byte order mark", "fault=bom"),
    Fault("CRLF", "eol=crlf"),
    Fault("CR", "eol=cr"),
    Fault("gzip", "gzip=1"),
    Fault("with a length", "te=cl"),
    Fault("until the connection closes", "te=close"),
    Fault("a line of 1 MB", "fault=bigline"),
    Fault("a line of invalid JSON", "fault=badjson", notices=1),
    Fault("invalid UTF-8 in a text", "fault=badutf8", notices=1),
    Fault("invalid UTF-8 in a comment", "fault=badutf8~mode=comment"),
    Fault("text/plain", "fault=wrongct"),
    Fault("text/html", "fault=wrongct~ct=text!html"),
    Fault("application/json", "fault=wrongct~ct=application!json"),
    Fault("the last two events twice", "fault=dupfinal"),
    Fault("a JSON answer to a streaming request", "fault=json", at_once=True),
    Fault("400 on `stream`", "fault=nostream400", at_once=True, requests=2),
    Fault("a web page", "fault=html200", ProtocolError),
    Fault("reset in the middle", "fault=reset", StreamInterrupted),
    Fault("reset after three fifths", "fault=reset~at=0.6", StreamInterrupted),
    Fault("closed in the middle", "fault=truncate", StreamInterrupted),
    Fault("ended in good order in the middle", "fault=eof", StreamInterrupted),
    Fault("ended within an event", "fault=eof~at=0.5~exact=1", StreamInterrupted),
    Fault("an error event in the middle", "fault=errevent", ProviderError),
    Fault("an error event at the start, each time", "fault=errevent~at=0", ProviderError, requests=3),
    Fault("closed without a byte, once", "fault=close0~times=1", requests=2),
    Fault("closed without a byte, each time", "fault=close0~times=0", ProviderError, requests=3),
    Fault("401", "fault=status~code=401", AuthenticationError),
    Fault("404", "fault=status~code=404", ModelNotFoundError),
    Fault("429 once, Retry-After 1 s", "fault=status~code=429~times=1~retry_after=1", requests=2),
    Fault("429 each time", "fault=status~code=429", RateLimitError, requests=3),
    Fault("429, Retry-After 1 h", "fault=status~code=429~retry_after=3600", RateLimitError),
    Fault("500 twice", "fault=status~code=500~times=2", requests=3),
    Fault("500 each time", "fault=status~code=500", ProviderError, requests=3),
    Fault("503 once", "fault=status~code=503~times=1", requests=2),
    Fault("529 once", "fault=status~code=529~times=1", requests=2),
    Fault("502 with a web page, each time", "fault=status~code=502~html=1", ProviderError, requests=3),
    Fault(f"{_LATE} s without a header", f"fault=stall_headers~s={_LATE}", StreamTimeout, settings={"timeout": _SHORT}),
    Fault(f"{_LATE} s before the first byte", f"fault=stall_first~s={_LATE}", StreamTimeout, settings={"timeout": _SHORT}),
    Fault(f"{_LATE} s in the middle", f"fault=stall_mid~s={_LATE}", StreamTimeout, settings={"timeout": _SHORT}),
    Fault(f"{_LATE} s of comments", f"fault=keepalive~s={_LATE}~every=0.1", StreamTimeout, settings={"timeout": _SHORT}),
    Fault("50 events a second for ever", "fault=endless~rate=50", StreamTimeout, settings={"timeout": LIMIT}),
    Fault("events for ever, as fast as they go", "fault=endless~rate=0", StreamTimeout, settings={"timeout": LIMIT}),
]
