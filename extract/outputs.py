"""Files that a command writes: put in their place whole, and one rule for places that cannot be written.

In: a path as a user gave it, and what writes a file. Out: the file, or an error with the exit code that every command
has for it. What is in the files does not belong here.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import duckdb

from extract.errors import ConfigError, OutputError, PledgebookError
from extract.formats import is_readable

T = TypeVar("T")

# What another call may not meet: everything else stays as it is until somebody changes the command or the machine.
_PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
_NO_ROOM = ("No space left", "File too large", "Disk quota exceeded")


def unwritable(
    place: str | Path, error: OSError | duckdb.Error, otherwise: str, *, what: str = "cannot be written"
) -> PledgebookError:
    """What to raise where a place that was named cannot be written: misuse, but for want of room.

    Args:
        place: As the user gave it.
        otherwise: The next step, other than to make room.
        what: What cannot be done with it.
    """
    if isinstance(error, OSError):
        reason, is_passing = error.strerror or type(error).__name__, error.errno in _PASSING
    else:
        reason, is_passing = str(error).split("\n")[0], is_full_disk(error)
    if is_passing:
        return OutputError(f"{str(place)!r} {what} ({reason}). Make room and call again.")
    return ConfigError(f"{str(place)!r} {what} ({reason}). {otherwise}")


def is_full_disk(error: duckdb.Error) -> bool:
    """Whether it says that there is no room."""
    return any(words in str(error) for words in _NO_ROOM)


def refuse_unwritable_folder(folder: Path, otherwise: str) -> None:
    """Say before anything is asked or paid for that a folder cannot be made or written; nothing is made.

    Raises:
        ConfigError: If it cannot.
    """
    near = next(one for one in (folder, *folder.absolute().parents) if os.path.lexists(one))
    if not near.is_dir():
        raise unwritable(folder, OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)), otherwise)
    if not os.access(near, os.W_OK | os.X_OK):
        raise unwritable(folder, OSError(errno.EACCES, os.strerror(errno.EACCES)), otherwise)


def refuse_overwriting(output: Path, read: Iterable[Path], otherwise: str) -> None:
    """Say that an output is what is read.

    Raises:
        ConfigError: If it is one of these files, or a document in one of these folders.
    """
    if not output.exists():
        return
    for given in read:
        is_within = given.is_dir() and given.resolve() in output.resolve().parents and is_readable(output.name)
        if is_within or (given.exists() and output.samefile(given)):
            raise ConfigError(f"{str(output)!r} is what is read, and would be written over. {otherwise}")


def write_whole(output: Path, write: Callable[[Path], T], otherwise: str) -> T:
    """Have `write` write beside `output`, and move the whole file there; what it returns.

    A device or a pipe is written as it stands, and of a link what it leads to.

    Raises:
        ConfigError: If it cannot be written there.
        OutputError: If there is no room for it.
    """
    part = None
    try:
        if output.exists() and not output.is_file() and not output.is_dir():
            return write(output)
        target = output.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        part = target.with_name(f".{target.name}.part")
        result = write(part)
        os.replace(part, target)
    except (OSError, duckdb.IOException) as error:
        if part is not None:
            part.unlink(missing_ok=True)
        raise unwritable(output, error, otherwise) from error
    return result
