"""The errors that Pledgebook raises on purpose.

A message names the thing, the reason and the next step, on one line: the command line prints it
as it stands.
"""


class PledgebookError(Exception):
    """Base of every error that is reported without a traceback."""


class ConfigError(PledgebookError):
    """The command, a setting or a file of the project is wrong: nothing was done (exit 2)."""


class DocumentError(PledgebookError):
    """One document cannot be read; the others go on."""


class ProviderError(PledgebookError):
    """The provider did not answer; asking again later may help."""


class ResponseError(PledgebookError):
    """The provider answered, and the answer cannot be used."""


class OutputError(PledgebookError):
    """There is no room for what is to be written: the same command may do once there is."""


class WarehouseError(PledgebookError):
    """The warehouse cannot be opened, locked, written or published."""


# Error types of attempts at which a provider stops altogether: they say nothing of the document.
STOPS: frozenset[str] = frozenset({
    "authentication", "unknown_model", "unsupported", "quota", "not_installed", "budget"
})  # fmt: skip
# Error type of a document some passages of which had no reply, after all tries, while others had theirs.
LOST = "passages_lost"
# After these the next run goes on from the answers that came, and asks for the rest alone.
GOES_ON: frozenset[str] = STOPS | {LOST}
