"""What has to wait, on disk: texts between the plan of a run and the question about each of them.

In: documents and bytes. Out: the same, word for word, whatever has become of the files that they were
read from. A run of 10,000 documents then holds as many texts as requests are under way.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
import zlib
from datetime import date
from pathlib import Path
from typing import IO

from extract.documents import Document, Source
from extract.errors import WarehouseError

# Before each: how long it is, and its checksum.
_HEAD = struct.Struct("<QI")
_BUFFER_BYTES = 1 << 18


class Spill:
    """A file without a name: it is gone when the process ends, however it ends.

    Args:
        folder: On whose disk it is; nothing is written before the first `put`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._end = 0
        self._is_flushed = True

    def put(self, data: bytes) -> int:
        """Keep `data`; returns its place.

        Raises:
            WarehouseError: If there is no room for it.
        """
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder, buffering=_BUFFER_BYTES)  # noqa: SIM115 (`close`)
            self._file.write(_HEAD.pack(len(data), zlib.crc32(data)))
            self._file.write(data)
        except OSError as error:
            raise self._failure(error) from error
        place, self._end = self._end, self._end + _HEAD.size + len(data)
        self._is_flushed = False
        return place

    def get(self, place: int) -> bytes:
        """What was kept there.

        Raises:
            WarehouseError: If it cannot be read, or is not what was kept.
        """
        assert self._file is not None
        try:
            if not self._is_flushed:
                self._file.flush()
                self._is_flushed = True
            number = self._file.fileno()
            length, checksum = _HEAD.unpack(os.pread(number, _HEAD.size, place))
            data = os.pread(number, length, place + _HEAD.size)
        except OSError as error:
            raise self._failure(error) from error
        except struct.error:
            data, checksum = b"", -1
        if zlib.crc32(data) != checksum:
            raise WarehouseError(
                f"Texts that wait to be asked about were damaged in {str(self._folder)!r}. "
                "Check the disk and call again."
            )
        return data

    def put_document(self, document: Document) -> int:
        """Keep a document; returns its place."""
        published = document.publication_date
        stated = [document.document_id, document.language, document.title, published and published.isoformat(),
                  document.outlet]  # fmt: skip
        return self.put(json.dumps(stated).encode() + b"\n" + document.text.encode("utf-8", "surrogatepass"))

    def get_document(self, place: int, source: Source) -> Document:
        """The document that was kept there, of `source`.

        Raises:
            WarehouseError: If it cannot be read.
        """
        stated, _, data = self.get(place).partition(b"\n")
        document_id, language, title, published, outlet = json.loads(stated)
        return Document(
            document_id, source.source_id, source.name, data.decode("utf-8", "surrogatepass"), language, title,
            date.fromisoformat(published) if published else None, outlet, source.where,
        )  # fmt: skip

    def close(self) -> None:
        """Give its room back."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _failure(self, error: OSError) -> WarehouseError:
        return WarehouseError(
            f"Texts that wait to be asked about cannot be kept in {str(self._folder)!r} ({error.strerror}). "
            "Make room and call again."
        )
