"""The same work by DSPy, LangChain and pydantic-ai, each in an environment of its own; see :mod:`benchmarks.clients`."""

from __future__ import annotations

from .clients import QUESTION, Client, Take


def dspy(address: str) -> Client:
    import dspy as dspy_
    from dspy.streaming import StreamListener, StreamResponse

    dspy_.configure_cache(enable_disk_cache=False, enable_memory_cache=False)

    async def ask(model: str, take: Take) -> None:
        lm = dspy_.LM(f"openai/{model}", api_base=address, api_key="sk-none", cache=False)
        with dspy_.context(lm=lm, adapter=dspy_.ChatAdapter()):
            predict = dspy_.Predict("question -> answer")
            program = dspy_.streamify(predict, stream_listeners=[StreamListener("answer")], is_async_program=True)
            async for value in program(question=QUESTION):
                if isinstance(value, StreamResponse):
                    take(value.chunk)

    return ask


def langchain(address: str) -> Client:
    from langchain_openai import ChatOpenAI

    async def ask(model: str, take: Take) -> None:
        async for chunk in ChatOpenAI(model=model, base_url=address, api_key="sk-none", stream_usage=True).astream(QUESTION):
            take(chunk.content)

    return ask


def pydantic_ai(address: str) -> Client:
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(base_url=address, api_key="sk-none")

    async def ask(model: str, take: Take) -> None:
        async with Agent(OpenAIChatModel(model, provider=provider)).run_stream(QUESTION) as answer:
            async for text in answer.stream_text(delta=True, debounce_by=None):
                take(text)

    return ask
