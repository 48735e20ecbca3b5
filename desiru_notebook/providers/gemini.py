"""Google's Gemini, by its own API and by Vertex AI's, which speaks the same.

Format: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from ..chunks import Chunk, Finish, Reasoning, Text, ToolCall
from . import documented
from .base import Request, present
from .http import Service
from .keys import Key
from .reading import Decode
from .usages import count, inside, usage


class Gemini(Service):
    """A model of Gemini. It thinks aloud where ``thinkingConfig={"includeThoughts": True}`` asks for it.

    Vertex AI: ``base_url="https://LOCATION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/LOCATION/publishers/google"``
    with an access token as ``api_key``, or ``"https://aiplatform.googleapis.com/v1/publishers/google"`` with a key.
    """

    provider = "gemini"
    key_variables = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
    default_url = "https://generativelanguage.googleapis.com"
    url_variable = "GOOGLE_GEMINI_BASE_URL"
    example = "gemini-2.5-flash"
    setting_names = documented.GENERATION | documented.BESIDE_GENERATION

    def url(self, streaming: bool) -> str:
        """A method each, with the model's name."""
        model = quote(self.name if "/" in self.name else f"models/{self.name}")
        method = "streamGenerateContent" if streaming else "generateContent"
        return self._address.joined(f"{self._address.versioned('/v1beta')}/{model}:{method}", "alt=sse" if streaming else "")

    def headers(self, key: Key) -> dict[str, str]:
        """An access token, which begins as all of Google's do, goes where tokens go; a key has a header of its own."""
        token = key.reveal()
        name, value = ("authorization", f"Bearer {token}") if token.startswith("ya29.") else ("x-goog-api-key", token)
        return {name: value, "content-type": "application/json"}

    def payload(self, request: Request, streaming: bool) -> dict[str, Any]:
        """The question; whether to stream is part of the address."""
        return to_payload(request)

    def decoder(self) -> Decode:
        """No event needs to know of another."""
        return decode


def to_payload(request: Request) -> dict[str, Any]:
    """The request as Gemini wants it: the model's name is part of the address."""
    system = [{"text": said.content} for said in request.messages if said.role == "system"]
    inside = {name: value for name, value in request.extra.items() if name not in documented.BESIDE_GENERATION}
    stops = list(request.stop) or None
    generation = present(temperature=request.temperature, maxOutputTokens=request.max_tokens, stopSequences=stops) | inside
    return {
        "contents": [
            {"role": "model" if said.role == "assistant" else "user", "parts": [{"text": said.content}]}
            for said in request.messages
            if said.role != "system"
        ],
        **({"systemInstruction": {"parts": system}} if system else {}),
        **({"generationConfig": generation} if generation else {}),
        **{name: value for name, value in request.extra.items() if name in documented.BESIDE_GENERATION},
    }


def decode(event: dict[str, Any]) -> list[Chunk]:
    """The chunks in one event of a stream, or in a whole answer, which is such an event. Only the first candidate counts."""
    candidate: dict[str, Any] = next(
        (candidate for candidate in event.get("candidates") or () if not candidate.get("index")), {}
    )
    chunks = [chunk for part in (candidate.get("content") or {}).get("parts") or () for chunk in _part(part)]
    if reason := candidate.get("finishReason"):
        chunks.append(Finish(reason))
    elif blocked := (event.get("promptFeedback") or {}).get("blockReason"):
        chunks.append(Finish(f"BLOCKED:{blocked}"))
    return chunks + _usage(event.get("usageMetadata"))


def _part(part: dict[str, Any]) -> list[Chunk]:
    if text := part.get("text"):
        return [Reasoning(text) if part.get("thought") else Text(text)]
    if call := part.get("functionCall"):
        return [ToolCall(call.get("name") or "", json.dumps(call.get("args") or {}), call.get("id") or "")]
    return []


def _usage(said: Any) -> list[Chunk]:
    """What a model has thought counts as written, but stands apart."""
    thought, answered = (count(inside(said, name)) for name in ("thoughtsTokenCount", "candidatesTokenCount"))
    together = {"written": (thought or 0) + (answered or 0)} if (thought, answered) != (None, None) else {}
    return usage(said | together if isinstance(said, dict) else None, "promptTokenCount", "written", "totalTokenCount")
