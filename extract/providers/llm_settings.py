"""Which model, where, and how hard to try: settings of the `llm` provider.

In: what a user typed and the environment. Out: one frozen value, or one line that says what is
missing. Nothing is opened or imported for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

from extract.errors import ConfigError
from extract.prompt import SchemaLength
from extract.providers.passages import PASSAGE_CHARS
from extract.providers.prices import DEFAULT_PRICES_PATH

# How a model is held to the schema. `json_schema` is OpenAI's response format; the others are instructor's.
Mode = Literal["json_schema", "tools", "json", "md_json"]
OPENAI_URL = "https://api.openai.com/v1"
OLLAMA_URL = "http://localhost:11434/v1"
# What OpenAI bills and limits by, where a key serves several.
_OPENAI_HEADERS = {"OPENAI_ORG_ID": "OpenAI-Organization", "OPENAI_PROJECT_ID": "OpenAI-Project"}
# Providers that instructor opens with a key from this variable. None: it finds its own credentials.
KEY_VARIABLES: dict[str, str | None] = {
    "openai": "OPENAI_API_KEY",
    "ollama": None,
    "local": None,
    "anthropic": "ANTHROPIC_API_KEY",
    "google": "GOOGLE_API_KEY",
    "mistral": "MISTRAL_API_KEY",
    "cohere": "COHERE_API_KEY",
    "groq": "GROQ_API_KEY",
    "xai": "XAI_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
    "together": "TOGETHER_API_KEY",
    "fireworks": "FIREWORKS_API_KEY",
    "cerebras": "CEREBRAS_API_KEY",
    "perplexity": "PERPLEXITY_API_KEY",
    "azure_openai": "AZURE_OPENAI_API_KEY",
    "bedrock": None,
    "vertexai": None,
    "litellm": None,
}
_DEFAULT_MODES: dict[str, Mode] = {
    "openai": "json_schema", "ollama": "json_schema", "local": "json_schema", "perplexity": "md_json",
}  # fmt: skip
# Small models need the grammar that a server makes of the schema; Google's interface refuses objects
# without fields.
_SCHEMAS: dict[str, SchemaLength] = {"ollama": "typed", "local": "typed", "google": "full", "vertexai": "full"}
# One process answers one question at a time, slowly; a small model may not find the end of an answer.
_LOCAL: dict[str, Any] = {"concurrency": 1, "timeout_seconds": 900.0, "max_output_tokens": 2_000}
SECRETS = re.compile(r"\b(?:sk|pk|rk|gsk|xai|key)-[A-Za-z0-9_\-*]{6,}|(?i:bearer)\s+[^\s'\",]+|(?<=://)[^/\s@]+@")


@dataclass(frozen=True)
class LLMSettings:
    """How to reach a model and how hard to try.

    Attributes:
        model: `provider/name`, as in `openai/gpt-5-mini`.
        base_url: Address of an OpenAI-compatible server; None for the provider's own.
        api_key: Kept out of every message, row and representation.
        mode: How the model is held to the schema.
        schema_length: `short`, `full` or `typed` response schema (see `prompt`).
        temperature: None leaves it to the server; some models accept no other.
        max_output_tokens: None leaves it to the server.
        timeout_seconds: Longest wait for one answer.
        max_attempts: Answers to one document before what stands is taken; one that broke off but
            brought records is not counted.
        max_failures: Failed requests (server errors, timeouts, no connection) of one document.
        rate_limit_patience_seconds: Longest time one document waits for the server's limits.
        reask_limit_tokens: Tokens one document may have used when it is asked again.
        concurrency: Most requests under way at once.
        requests_per_minute: None for no limit.
        tokens_per_minute: None for no limit.
        passage_chars: Longer documents are asked about in passages of this length.
        passes: How often a document is read; from the second time on, for what is still missing.
        verify: Another model, `provider/name`, that strikes out what the document does not state.
        budget_usd: Stop asking before the cost exceeds it; None for no limit.
        is_batch: Ask through OpenAI's Batch API.
        batch_state_path: Where batches that are away are noted; needed for `is_batch`.
        batch_poll_seconds: Time between questions whether a batch is done.
        prices_path: Table of prices.
        headers: More headers to send, as pairs; not part of the fingerprint.
    """

    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    mode: Mode = "json_schema"
    schema_length: SchemaLength = "short"
    temperature: float | None = None
    max_output_tokens: int | None = None
    timeout_seconds: float = 120.0
    max_attempts: int = 3
    max_failures: int = 3
    rate_limit_patience_seconds: float = 600.0
    reask_limit_tokens: int = 50_000
    concurrency: int = 64
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    passage_chars: int = PASSAGE_CHARS
    passes: int = 1
    verify: str | None = None
    budget_usd: Decimal | None = None
    is_batch: bool = False
    batch_state_path: Path | None = None
    batch_poll_seconds: float = 30.0
    prices_path: Path = DEFAULT_PRICES_PATH
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def provider(self) -> str:
        return self.model.partition("/")[0]

    @property
    def model_name(self) -> str:
        return self.model.partition("/")[2]

    @property
    def address(self) -> str:
        """Where requests go, for messages: without credentials."""
        own = {"openai": OPENAI_URL, "ollama": OLLAMA_URL}.get(self.provider, f"{self.provider}'s servers")
        return SECRETS.sub("", self.base_url or own)


def settings_for(model: str, environment: Mapping[str, str], **given: Any) -> LLMSettings:
    """Settings for a model as a user names it, with key and address from the environment.

    Args:
        model: `provider/name`; a bare name means a model of OPENAI_BASE_URL, or of OpenAI.
        environment: Environment variables.
        **given: Fields of `LLMSettings` that the user set; they win.

    Raises:
        ConfigError: If the name is malformed, the provider unknown, the address no URL, the mode
            unknown, or the key missing.
    """
    if "/" not in model:
        model = f"openai/{model}"
    refuse_unknown_model(model)
    provider = model.partition("/")[0]
    base_url = given.pop("base_url", None)
    if base_url is None and provider == "openai":
        base_url = environment.get("OPENAI_BASE_URL") or None
    if base_url is None and provider == "ollama":
        base_url = environment.get("OLLAMA_BASE_URL") or OLLAMA_URL
    if base_url is not None and not re.match(r"https?://[^/\s]", base_url):
        raise ConfigError(
            f"The address {SECRETS.sub('', base_url)!r} is no URL. Set OPENAI_BASE_URL to one like {OLLAMA_URL!r}."
        )
    variable = KEY_VARIABLES[provider]
    key = given.pop("api_key", None) or (environment.get(variable) if variable else None) or None
    is_local = base_url is not None and base_url.rstrip("/") != OPENAI_URL
    if variable and not key and not is_local:
        raise ConfigError(
            f"There is no key for the model {model!r}: {variable} is not set. Set it, or run without --model "
            "to use the embedded extractor, which needs none."
        )
    mode = given.pop("mode", None) or _DEFAULT_MODES.get(provider, "tools")
    length: SchemaLength = given.pop("schema_length", None) or _SCHEMAS.get(provider, "short")
    refuse_unknown(mode, length)
    if provider == "openai":
        named = ((header, environment.get(name)) for name, header in _OPENAI_HEADERS.items())
        given.setdefault("headers", tuple((header, value) for header, value in named if value))
    if provider == "local":
        for setting, value in _LOCAL.items():
            given.setdefault(setting, value)
    if given.get("is_batch") and (provider != "openai" or mode != "json_schema"):
        raise ConfigError("Batches go through OpenAI's Batch API: use --batch with --model openai/…, and no --mode.")
    return LLMSettings(model=model, base_url=base_url, api_key=key, mode=mode, schema_length=length, **given)


def refuse_unknown_model(model: str) -> None:
    """Refuse the name of a model whose provider nobody knows; a bare name is one of OpenAI's protocol.

    Raises:
        ConfigError: If it is malformed, or the provider unknown.
    """
    provider, _, name = (model if "/" in model else f"openai/{model}").partition("/")
    if not name.strip() or provider not in KEY_VARIABLES:
        raise ConfigError(
            f"The model {model!r} names no provider that is known: {', '.join(sorted(KEY_VARIABLES))}. "
            f"For any server with OpenAI's protocol set OPENAI_BASE_URL and use --model 'openai/{name or 'NAME'}'."
        )


def refuse_unknown(mode: str | None, length: str | None) -> None:
    """Refuse what no provider knows; None is as it comes.

    Raises:
        ConfigError: If the mode or the length of the schema is unknown.
    """
    if mode is not None and mode not in get_args(Mode):
        raise ConfigError(f"The mode {mode!r} is unknown. Use one of {', '.join(get_args(Mode))}.")
    if length is not None and length not in get_args(SchemaLength):
        raise ConfigError(f"The schema {length!r} is unknown. Use one of {', '.join(get_args(SchemaLength))}.")


def parameters_of(settings: LLMSettings) -> dict[str, Any]:
    """What decides an answer beside model, messages and schema: part of the fingerprint."""
    decided: dict[str, Any] = {
        "mode": settings.mode,
        "schema_length": settings.schema_length,
        "temperature": settings.temperature,
        "max_output_tokens": settings.max_output_tokens,
    }
    # What is as it comes is left out, so that a new setting makes no old answer pending.
    if settings.passage_chars != PASSAGE_CHARS:
        decided["passage_chars"] = settings.passage_chars
    if settings.passes > 1:
        decided["passes"] = settings.passes
    if settings.verify:
        decided["verify"] = settings.verify
    return decided
