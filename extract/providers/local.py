"""A GGUF file of one's own, served by llama.cpp on loopback in this process: the extra `local`.

In: the path of a model. Out: an address that speaks OpenAI's protocol, for the same transport as every
other server's. The extra's package is imported here alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from extract.providers.transports import Failure

# The prompt, a passage of `PASSAGE_CHARS` in a script of two bytes a character, and the answer.
_CONTEXT_TOKENS = 16_384


class LocalServer:
    """The server; it stops with `close`.

    Raises:
        Failure: If the extra or the file is missing, or llama.cpp cannot load it.
    """

    def __init__(self, path: str) -> None:
        if not Path(path).is_file():
            raise Failure("not_installed", f"there is no file {path!r}")
        try:
            import xllamacpp
        except ImportError as error:
            raise Failure("not_installed", "llama.cpp is missing: pip install 'pledgebook[local]'") from error
        parameters: Any = xllamacpp.CommonParams()
        parameters.model.path = path
        parameters.n_ctx = _CONTEXT_TOKENS
        parameters.n_parallel = 1
        # Loopback is its default; the port is any free one.
        parameters.port = 0
        parameters.warmup = False
        parameters.verbosity = -1
        try:
            self._server: Any = xllamacpp.Server(parameters)
        except Exception as error:
            raise Failure("not_installed", f"llama.cpp cannot load {path!r}: {error}") from error
        self.url = f"{self._server.listening_address}/v1"

    def close(self) -> None:
        """Stop serving and free the model."""
        self._server = None
