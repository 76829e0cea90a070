"""What has to wait, on disk: texts between the plan of a run and the question about each of them.

In: documents and bytes. Out: the same, word for word, whatever has become of the files that they were
read from. A run of 10,000 documents then holds as many texts as requests are under way, and an estimate
(`--dry-run`) one; what a batch asks and brings waits in files like this one (`providers.batch`).
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
import zlib
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import IO

from extract.documents import Document, Source
from extract.errors import WarehouseError

# Before each: how long it is, and the checksum of that and of itself. Were it of the bytes alone, a head of
# zeros would stand for nothing that was kept.
_HEAD = struct.Struct("<QI")
_LENGTH = struct.Struct("<Q")


class Spill:
    """A file without a name: it is gone when the process ends, however it ends.

    Args:
        folder: On whose disk it is; nothing is written before the first `put`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._end = 0

    def put(self, data: bytes) -> int:
        """Keep `data`; returns where: the offset of its first byte.

        Raises:
            WarehouseError: If there is no room for it.
        """
        try:
            if self._file is None:
                # Without a buffer: closing one writes again what could not be written, and fails again.
                self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 (`close`)
            offset = self._end
            self._write(_HEAD.pack(len(data), _checksum(data)), offset)
            self._write(data, offset + _HEAD.size)
        except OSError as error:
            raise WarehouseError(
                f"Texts that wait to be asked about cannot be kept in {str(self._folder)!r} ({error.strerror}). "
                "Make room and call again."
            ) from error
        self._end = offset + _HEAD.size + len(data)
        return offset

    def _write(self, data: bytes, offset: int) -> None:
        assert self._file is not None
        number, rest = self._file.fileno(), memoryview(data)
        while rest:
            written_n = os.pwrite(number, rest, offset)
            rest, offset = rest[written_n:], offset + written_n

    def get(self, offset: int) -> bytes:
        """What was kept there.

        Raises:
            WarehouseError: If it cannot be read, or is not what was kept.
        """
        assert self._file is not None
        number, data, checksum = self._file.fileno(), b"", -1
        try:
            head = os.pread(number, _HEAD.size, offset)
            if len(head) == _HEAD.size:
                length, checksum = _HEAD.unpack(head)
                if offset + _HEAD.size + length <= self._end:  # a damaged length may be more than there is memory for
                    data = os.pread(number, length, offset + _HEAD.size)
        except OSError as error:
            raise WarehouseError(
                f"Texts that wait to be asked about cannot be read in {str(self._folder)!r} ({error.strerror}). "
                "Check the disk and call again."
            ) from error
        if _checksum(data) != checksum:
            raise WarehouseError(
                f"Texts that wait to be asked about were damaged in {str(self._folder)!r}. "
                "Check the disk and call again."
            )
        return data

    def put_document(self, document: Document) -> int:
        """Keep a document; returns where."""
        published = document.publication_date
        stated = [document.document_id, document.language, document.title, published and published.isoformat(),
                  document.outlet]  # fmt: skip
        return self.put(json.dumps(stated).encode() + b"\n" + document.text.encode("utf-8", "surrogatepass"))

    def get_document(self, offset: int, source: Source) -> Document:
        """The document that was kept there, of `source`.

        Raises:
            WarehouseError: If it cannot be read.
        """
        stated, _, data = self.get(offset).partition(b"\n")
        document_id, language, title, published, outlet = json.loads(stated)
        return Document(
            document_id, source.source_id, source.name, data.decode("utf-8", "surrogatepass"), language, title,
            date.fromisoformat(published) if published else None, outlet, source.where,
        )  # fmt: skip

    def close(self) -> None:
        """Give its room back."""
        if self._file is not None:
            with suppress(OSError):  # what it holds is not needed any more
                self._file.close()
            self._file = None


def _checksum(data: bytes) -> int:
    return zlib.crc32(data, zlib.crc32(_LENGTH.pack(len(data))))
