"""The endpoint of a Jupyter server: a question over HTTP, its answer as server-sent events. docs/endpoint.md shows its use."""

from .extension import DesiruExtension

__all__ = ["DesiruExtension"]
