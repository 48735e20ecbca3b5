"""Makes docs/providers.md: every provider, its key, how it spells native reasoning, and what of it was tested on real traffic.

``scripts/tables`` runs it. It needs the recordings that lie beside this checkout.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from replaying import recordings

from desiru_notebook.providers.anthropic import Anthropic
from desiru_notebook.providers.bedrock import Bedrock
from desiru_notebook.providers.cohere import Cohere
from desiru_notebook.providers.compatible import SERVERS
from desiru_notebook.providers.gemini import Gemini
from desiru_notebook.providers.openai import OPENAI
from desiru_notebook.providers.responses import SERVER as RESPONSES

PAGE = Path(__file__).with_name("providers.md")
OWN = {  # how each reads native reasoning
    Anthropic: "`thinking` blocks; `redacted_thinking` is passed over",
    Gemini: "parts with `thought`",
    Cohere: "`thinking` parts, `tool_plan`",
    Bedrock: "`reasoningContent`; as Anthropic's inside `InvokeModel`",
}
# Where a recording's folder is named otherwise than the provider that reads it.
FOLDERS = {"vercel-gateway": "vercel"}
APIS = {
    "responses": "openai-responses", "anthropic": "anthropic", "gemini": "gemini", "cohere": "cohere",
    "bedrock-eventstream": "bedrock",
}  # fmt: skip
HEAD = """# Providers

Made by `scripts/tables`: do not edit.

A model is named `provider:model`: `%desiru model groq:llama-3.3-70b-versatile`, `model("anthropic:claude-sonnet-4-5")`. The key
comes from `api_key=`, from the first of these variables that is set, or from the system's keyring where `keyring` is installed
(`keyring set desiru_notebook GROQ_API_KEY`). `base_url=` points any of them at another server, and `http_client=` takes an
`httpx2.AsyncClient` or `httpx.AsyncClient` of yours. A server that is not here and speaks Chat Completions is
`model("openai:MODEL", base_url="http://localhost:8000/v1")`.

Native reasoning fills the field `reasoning`, or is kept as `thinking` where the signature has no such field. `<think>` at the
start of the text is read as reasoning from every provider. *Recordings* is the number of real streams that the tests read
exactly: text and reasoning, whole, in random pieces and one byte at a time. Where it is 0, the provider is tested on streams
that were written by hand after its documentation, and on no real traffic.

"""
FOOT = """
Also read from real traffic, as `openai` with `base_url`: {others}. Of the Responses recordings, {responses} are other services'
than OpenAI's.

- Nobody has asked the hosted services by these tests: there is no network where they run. llama.cpp's own server is run and
  asked over HTTP, with the demo model.
- Vertex AI speaks Gemini's protocol: `gemini` with `base_url="{vertex}"` and an access token as key, or with
  `base_url="https://aiplatform.googleapis.com/v1/publishers/google"` and a key. Its streams are read from recordings; its
  addresses have not been tried.
- `bedrock` takes an API key of Bedrock's. Requests that are signed with an AWS key pair are not made: for those, use a gateway
  with an OpenAI-compatible address as `openai` with `base_url`.
"""
VERTEX = "https://LOCATION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/LOCATION/publishers/google"


def main() -> None:
    """Write the page."""
    count: Counter[str] = Counter()
    others: Counter[str] = Counter()
    foreign = 0
    for recording in recordings():
        folder = str(recording.said["provider"])
        foreign += recording.api == "responses" and folder != "openai"
        name = APIS.get(recording.api) or FOLDERS.get(folder, folder)
        compatible = recording.api not in APIS and name in APIS.values()  # Gemini's own imitation of Chat Completions
        (others if compatible or name not in names() else count)[name] += 1
    lines = ["| provider | key | address | native reasoning | recordings |", "|---|---|---|---|---|", *rows(count)]
    foot = FOOT.format(others=", ".join(sorted(others)), responses=foreign, vertex=VERTEX)
    PAGE.write_text(HEAD + "\n".join(lines) + "\n" + foot, encoding="utf-8")


def names() -> set[str]:
    return {server.name for server in (OPENAI, RESPONSES, *SERVERS)} | {service.provider for service in OWN}


def rows(count: Counter[str]) -> Iterator[str]:
    for server in (OPENAI, RESPONSES):
        yield row(server.name, server.keys, server.base_url, server.reasoning, count)
    for service, reasoning in OWN.items():
        address = getattr(service, "default_url", "https://bedrock-runtime.AWS_REGION.amazonaws.com")
        yield row(service.provider, service.key_variables, address, reasoning, count)
    for server in SERVERS:
        address = server.base_url or f"`{server.url_variable}` + `{server.url_suffix}`"
        yield row(server.name, server.keys, address, server.reasoning, count)
    yield "| `local` | none | in this process | `reasoning_content` | run by the tests |"


def row(name: str, keys: tuple[str, ...], address: str, reasoning: str, count: Counter[str]) -> str:
    variables = ", ".join(f"`{key}`" for key in keys)
    return f"| `{name}` | {variables} | {address} | {reasoning} | {count[name]} |"


if __name__ == "__main__":
    main()
