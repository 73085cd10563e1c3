"""The rejects file of earlier runs: written on, and sent again."""

from __future__ import annotations

import tempfile
from pathlib import Path

from target_clevertap.errors import CleverTapError
from target_clevertap.records.record_status import RecordStatus
from target_clevertap.rejects.file import RejectsFile
from target_clevertap.rejects.reject import Reject
from target_clevertap.singer.origin import Origin
from tests.support.target_process import lines, order
from tests.support.two_ways import SCHEMAS
from verification.fuzz.reader import Reader, expect
from verification.fuzz.readers import singer_lines

WHY = singer_lines.REJECTED
REJECTED = [{**order(number), **WHY, "code": code} for number, code in enumerate((515, "x"))]
WHOLE = lines([SCHEMAS[0], *REJECTED])
SEEDS = [WHOLE, WHOLE[:-30], WHOLE[:-1], WHOLE + lines([SCHEMAS[1], *REJECTED]), b""]
UNCERTAIN = RecordStatus.held("uncertain", "why")
MORE = Reject(Origin("orders", lines([SCHEMAS[0]])), b'{"id":7}', UNCERTAIN)
ITS_RECORD = b'{"type":"RECORD","stream":"orders","record":{"id":7}'


def read(content: bytes) -> None:
    """Append a reject to a file, and send the file again.

    - Nothing of it is lost: what is cut out is in a file next to it.
    - The reject is in a line of its own, under its SCHEMA.

    Raises:
        Wrong: Where one of these does not hold.
    """
    singer_lines.read(content)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rejects.jsonl")
        path.write_bytes(content)
        rejects = RejectsFile.at(str(path))
        try:
            rejects.append([MORE])
        except CleverTapError:
            expect(path.read_bytes() == content, "what cannot be written on is changed")
            return
        finally:
            rejects.close()
        other_files = [each.read_bytes() for each in Path(folder).iterdir() if each != path]
        _check(content, path.read_bytes(), b"".join(other_files))


def _check(before: bytes, after: bytes, other_files: bytes) -> None:
    kept = before.removesuffix(other_files)
    expect(after.startswith(kept), "the file is not what it was")
    schema, record = after[len(kept) :].removeprefix(b"\n").splitlines()
    expect(kept.endswith(b"\n") or not kept or after[len(kept) :].startswith(b"\n"), "no line end")
    expect(schema == lines([SCHEMAS[0]]).strip(), "a reject lacks its SCHEMA")
    expect(record.startswith(ITS_RECORD), "a reject is not in a line of its own")


READER = Reader("rejects_files", "lines", SEEDS, read)
