"""The table of servers that speak OpenAI's Chat Completions: where each is, its key, and in what it differs.

Each name is a provider: ``groq:llama-3.3-70b-versatile``. Any server that is not here is reached as ``openai:MODEL`` with
``base_url``.
"""

from __future__ import annotations

from .openai import Server

_BOTH = "`reasoning`, `reasoning_details`"
_THINK = "`<think>` in the text"
_VARIES = "as the model behind it: all spellings are read"

# On one's own machine.
ollama = Server(
    "ollama", "http://localhost:11434/v1", ("OLLAMA_API_KEY",), key_needed=False, reasoning="`reasoning`, `thinking`"
)
vllm = Server(
    "vllm", "http://localhost:8000/v1", ("VLLM_API_KEY",), key_needed=False, reasoning="`reasoning`, `reasoning_content`"
)
llamacpp = Server("llamacpp", "http://localhost:8080/v1", ("LLAMA_API_KEY",), key_needed=False)
lmstudio = Server("lmstudio", "http://localhost:1234/v1", ("LM_STUDIO_API_KEY", "LMSTUDIO_API_KEY"), key_needed=False,
                  reasoning=f"`reasoning`, `reasoning_content`, {_THINK}")  # fmt: skip
sglang = Server("sglang", "http://localhost:30000/v1", ("SGLANG_API_KEY",), key_needed=False)

# Services of one maker's models.
deepseek = Server("deepseek", "https://api.deepseek.com", ("DEEPSEEK_API_KEY",))
# Mistral refuses what it does not know; it counts the tokens unasked.
mistral = Server("mistral", "https://api.mistral.ai/v1", ("MISTRAL_API_KEY",), counts=False, reasoning="parts of `content`")
xai = Server("xai", "https://api.x.ai/v1", ("XAI_API_KEY",))
moonshot = Server("moonshot", "https://api.moonshot.ai/v1", ("MOONSHOT_API_KEY", "MOONSHOTAI_API_KEY"))
zai = Server("zai", "https://api.z.ai/api/paas/v4", ("ZAI_API_KEY",))
alibaba = Server("alibaba", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", ("DASHSCOPE_API_KEY", "ALIBABA_API_KEY"))
perplexity = Server("perplexity", "https://api.perplexity.ai", ("PERPLEXITY_API_KEY", "PPLX_API_KEY"), counts=False,
                    reasoning=_THINK)  # fmt: skip

# Services of many makers' models.
groq = Server("groq", "https://api.groq.com/openai/v1", ("GROQ_API_KEY",), limit="max_completion_tokens",
              reasoning=f"`reasoning`, {_THINK}")  # fmt: skip
openrouter = Server("openrouter", "https://openrouter.ai/api/v1", ("OPENROUTER_API_KEY",), reasoning=_BOTH)
together = Server("together", "https://api.together.xyz/v1", ("TOGETHER_API_KEY",), reasoning=f"`reasoning`, {_THINK}")
fireworks = Server("fireworks", "https://api.fireworks.ai/inference/v1", ("FIREWORKS_API_KEY",),
                   reasoning=f"`reasoning_content`, {_THINK}")  # fmt: skip
cerebras = Server("cerebras", "https://api.cerebras.ai/v1", ("CEREBRAS_API_KEY",), limit="max_completion_tokens",
                  reasoning="`reasoning`")  # fmt: skip
sambanova = Server("sambanova", "https://api.sambanova.ai/v1", ("SAMBANOVA_API_KEY",), reasoning=f"`reasoning`, {_THINK}")
# One of its models hangs when it is asked to count.
nvidia = Server("nvidia", "https://integrate.api.nvidia.com/v1", ("NVIDIA_API_KEY",), counts=False, reasoning=_VARIES)
huggingface = Server("huggingface", "https://router.huggingface.co/v1", ("HF_TOKEN", "HUGGINGFACE_API_KEY"), reasoning=_VARIES)
github = Server("github", "https://models.github.ai/inference", ("GITHUB_TOKEN",), reasoning=_THINK)
vercel = Server("vercel", "https://ai-gateway.vercel.sh/v1", ("AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"), reasoning=_BOTH)

# Where everybody has an address of their own.
azure = Server("azure", "", ("AZURE_OPENAI_API_KEY",), "AZURE_OPENAI_ENDPOINT", "/openai/v1", limit="max_completion_tokens",
               reasoning=_VARIES)  # fmt: skip
snowflake = Server("snowflake", "", ("SNOWFLAKE_TOKEN",), "SNOWFLAKE_BASE_URL", "/api/v2/cortex/v1",
                   limit="max_completion_tokens", reasoning="`reasoning_details`")  # fmt: skip

SERVERS = tuple(value for value in list(vars().values()) if isinstance(value, Server))
