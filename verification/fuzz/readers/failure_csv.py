"""The CSV of failures that CleverTap mails, and the manifest of its file, as `rejects import`."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from target_clevertap.errors import SettingError
from target_clevertap.rejects.failure_csv import FailureCsv
from target_clevertap.rejects.failure_records import FailureRecords
from target_clevertap.rejects.failure_types import FailureTypes
from target_clevertap.rejects.lines import read_line
from verification.fuzz.reader import BETWEEN, Reader, expect

if TYPE_CHECKING:
    from target_clevertap.rejects.failure_csv import FailureRow

NOW = dt.datetime(2026, 9, 1, tzinfo=dt.timezone.utc)
MANIFEST = (
    b'{"type":"event","columns":{"a":{"ctName":"Price","dataType":"FLOAT"},'
    b'"b":{"dataType":"LONG"},"c":{"dataType":"BOOLEAN"}}}'
)
SEEDS = [
    b"identity,evtName,ts,a,b,c,Failure Description\nu,Ordered,1788000000,9.50,7,1,x\n"
    + BETWEEN
    + MANIFEST,
    b'objectId,T,T.operation,"Failure Description"\r\n__a,"x, ""y""",$add,Internal\r\n',
    "\ufeffidentity;evtName;ts<Unix>;Failure Description\nu;O;1788000000;é\n\n".encode(),
    "identity\tfailure  description\nu\tx\n".encode("utf-16"),
    b"FBID,T,T.operation,Failure Description\n1,a,$incr,\n2,,$delete,x\n",
]


def read(content: bytes) -> None:
    """Read the rows as rejects.

    - A file that cannot be read is refused by its name.
    - Each row is one reject, with a key of its own, a code and a reason.
    - Each reject is read again as a line of the rejects file.

    Raises:
        Wrong: Where one of these does not hold.
    """
    table, _, manifest = content.partition(BETWEEN)
    with tempfile.NamedTemporaryFile() as file, tempfile.NamedTemporaryFile() as other:
        Path(file.name).write_bytes(table)
        Path(other.name).write_bytes(manifest)
        try:
            types = FailureTypes.read(Path(other.name)) if manifest else FailureTypes()
            failures = FailureCsv.read(Path(file.name))
        except SettingError as error:
            named = file.name in error.message or other.name in error.message
            expect(named, f"the message names no file: {error.message}")
            return
        records = FailureRecords(failures, types, NOW)
        keys = [_key_of(records, row) for row in failures.rows()]
        expect(len(keys) == len(set(keys)), "two rows have one key")


def _key_of(records: FailureRecords, row: FailureRow) -> str:
    reject = records.reject(row)
    notes = {"code": reject.status.code, "reason": reject.status.reason}
    line = {
        "type": "RECORD",
        "stream": reject.origin.stream,
        "record": msgspec.Raw(reject.raw),
        **notes,
    }
    found = read_line(1, msgspec.json.encode(line))
    expect(found.kind == "REJECT" and found.reason, "it is not read again as a reject")
    record = found.decoded()
    expect(isinstance(record, dict), f"it is no record: {reject.raw[:200]!r}")
    key: str = record[records.key_column]
    return key


READER = Reader("failure_csv", "bytes", SEEDS, read)
