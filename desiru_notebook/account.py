"""Account: what a run keeps beside its fields. How it was asked, what it cost, why it stopped, what the reader should know."""

from __future__ import annotations

from .chunks import AtOnce, Chunk, Finish, Refusal, ToolCall, Usage, token_count
from .chunks import Notice as NoticeChunk
from .chunks import Retry as RetryChunk
from .errors import ProviderError
from .events import Event, Notice, Retry, State
from .stats import Clock, Stats

# Why a model stops by itself, in every provider's spelling, in small letters; whatever else it says, it was stopped.
_BY_ITSELF = frozenset(
    {"stop", "end_turn", "stop_sequence", "completed", "complete", "finish", "end", "eos", "eos_token", "endoftext"}
)  # fmt: skip
_FILTERED = frozenset(
    {"content_filter", "content_filtered", "refusal", "safety", "recitation", "blocklist", "prohibited_content", "spii",
     "guardrail_intervened", "intervened", "sensitive", "error_toxic", "model_armor", "image_safety",
     "image_prohibited_content", "image_recitation"}
)  # fmt: skip
_BLOCKED = "blocked:"  # Gemini's for a prompt
_MOST_NOTICES = 20  # that last; a reader reads no more, and each travels to every page again
_LONGEST_NOTICE = 2_000  # characters, for the same reason
_LONGEST_REASON = 200  # characters of the stop reason, which is a word
_MOST_REFUSED = 100_000  # characters; a model that goes on declining is stopped


class Account:
    """Hears every chunk that is no text of a field, and tells what became of the run as :class:`Stats`."""

    def __init__(self, model: str, provider: str) -> None:
        self._model, self._provider = model, provider
        self.clock = Clock()
        self._usage: Usage | None = None
        self._attempts = 1
        self._streamed = True
        self._notices: list[str] = []
        self._waiting = ("", -1)  # the last notice about the waiting, and how much the model had said by then
        self._refused: list[str] = []
        self._refused_size = 0  # characters
        self.finish: str | None = None

    @property
    def whole(self) -> bool:
        """Whether the model stopped by itself, as far as it said why it stopped."""
        return (self.finish is None or self.finish.lower() in _BY_ITSELF) and not self._refused

    def take(self, chunk: Chunk) -> list[Event]:
        """Note the chunk; returns what a reader of the run should hear of it at once."""
        match chunk:
            case Usage(input_tokens=int() | None, output_tokens=int() | None, total_tokens=int() | None):
                self._usage = _joined(self._usage or Usage(), chunk)
            case Finish(str(reason)):
                self.finish = reason[:_LONGEST_REASON]
            case AtOnce():
                self._streamed = False
            case Refusal(str(text)):
                self._refuse(text)
            case ToolCall(str(name), hosted=hosted):
                return self._tool(name, hosted)
            case RetryChunk(int(attempt), str(reason)):
                return self._again(attempt, reason)
            case NoticeChunk(str(text), lasting):
                return self._note(text, lasting)
            case _:
                raise TypeError(type(chunk).__name__)
        return []

    def close(self) -> list[Event]:
        """The run is over: what is left to say about how the answer ended."""
        if self._refused:
            return self._note(f"{self._model} declined: {''.join(self._refused)}", lasting=True)
        reason = (self.finish or "").lower()
        if reason in _FILTERED or reason.startswith(_BLOCKED):
            return self._note(f"A filter of the service stopped {self._model} ({self.finish}).", lasting=True)
        return []

    def stats(self, state: State) -> Stats:
        """What the run costs, so far or in all."""
        usage, clock = self._usage, self.clock
        tokens = usage.output_tokens if usage is not None and usage.output_tokens else clock.ticks
        return Stats(
            model=self._model,
            provider=self._provider,
            tokens=tokens,
            ttft=clock.first,
            duration=clock.elapsed(),
            tokens_per_second=clock.rate(tokens),
            usage=usage,
            attempts=self._attempts,
            finish=self.finish,
            state=state,
            streamed=self._streamed,
            notices=tuple(self._notices),
        )

    def _refuse(self, text: str) -> None:
        self._refused.append(text)
        self._refused_size += len(text)
        if self._refused_size > _MOST_REFUSED:
            raise ProviderError(
                f"{self._model} declined in more than {_MOST_REFUSED:,} characters and was stopped. Ask another model.",
                provider=self._provider,
            )

    def _tool(self, name: str, hosted: bool) -> list[Event]:
        """The pieces that follow a call's first one have no name."""
        if not name or hosted:
            return []
        return self._note(f"{self._model} asked for the tool {name!r}; a run has no tools.", lasting=True)

    def _again(self, attempt: int, reason: str) -> list[Event]:
        """What the attempt that failed has counted is no part of the run."""
        self._attempts, self._usage, self.finish = attempt, None, None
        self._waiting = ("", -1)
        return [Retry(attempt, reason)]

    def _note(self, text: str, lasting: bool) -> list[Event]:
        if len(text) > _LONGEST_NOTICE:
            text = text[: _LONGEST_NOTICE - 1] + "\u2026"
        if lasting:
            if text in self._notices or len(self._notices) >= _MOST_NOTICES:
                return []
            self._notices.append(text)
            return [Notice(text, lasting)]
        before, self._waiting = self._waiting, (text, self.clock.ticks)
        return [] if self._waiting == before else [Notice(text)]


def _joined(before: Usage, now: Usage) -> Usage:
    """Both counts in one: what the new one does not say holds as it was. Providers tell running totals, never differences."""
    read, written, total = map(token_count, (now.input_tokens, now.output_tokens, now.total_tokens))
    return Usage(
        before.input_tokens if read is None else read,
        before.output_tokens if written is None else written,
        before.total_tokens if total is None else total,
    )
