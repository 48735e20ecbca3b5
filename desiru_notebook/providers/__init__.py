"""Models: the request they take, the chunks they yield, and the providers that come with this package."""

from ..chunks import Chunk, Finish, Notice, Reasoning, Text, ToolCall, Usage
from ..prompt import Message
from .base import Provider, Request

__all__ = ["Chunk", "Finish", "Message", "Notice", "Provider", "Reasoning", "Request", "Text", "ToolCall", "Usage"]
