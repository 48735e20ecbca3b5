"""Models: the request they take, the chunks they yield, and the providers that come with this package."""

from ..chunks import AtOnce, Chunk, Finish, Notice, Reasoning, Refusal, Retry, Text, ToolCall, Usage
from ..prompt import Message
from .base import Provider, Request

__all__ = [
    "AtOnce",
    "Chunk",
    "Finish",
    "Message",
    "Notice",
    "Provider",
    "Reasoning",
    "Refusal",
    "Request",
    "Retry",
    "Text",
    "ToolCall",
    "Usage",
]
