"""Answers of /1/upload into the target: each record of the request comes to one end.

An input is a list of answers to what one batch is sent in.
"""

from __future__ import annotations

import itertools
import tempfile
import threading
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from typing_extensions import override

from target_clevertap.api.client import Client
from target_clevertap.api.concurrency import ConcurrencyLimit
from target_clevertap.api.retries import PATIENCE_SECONDS, Retrier
from target_clevertap.delivery.checkpoints import Segment
from target_clevertap.delivery.lanes import Source
from target_clevertap.delivery.summary import Summary
from target_clevertap.delivery.upload import Upload
from target_clevertap.delivery.upload_context import UploadContext
from target_clevertap.errors import CleverTapError
from target_clevertap.ledger.ledger import Ledger
from target_clevertap.records.entries import Entry
from target_clevertap.rejects.file import RejectsFile
from target_clevertap.singer.origin import Origin
from verification.fuzz.answers import Answers, NoMoreAnswersError
from verification.fuzz.reader import BETWEEN, Reader, expect

if TYPE_CHECKING:
    from target_clevertap.delivery.batch_result import BatchResult

SCHEMA_LINE = b'{"type":"SCHEMA","stream":"orders","schema":{"properties":{}}}'
RECORDS = [
    {"type": "event", "identity": f"u{number % 3}", "ts": 1000 + number % 4, "evtName": "X"}
    | {"evtData": {"n": number, "x": 1.5}}
    for number in range(6)
]
PAYLOADS = [msgspec.json.encode(each) for each in RECORDS]


def refusal(number: int, code: int = 513) -> bytes:
    """Return the error of a refused record in a response, by its number."""
    text = f"Trying to raise a restricted system event. Skipped record number : {number}"
    return msgspec.json.encode(
        {"status": "fail", "code": code, "error": text, "record": RECORDS[number - 1]}
    )


SUCCESS = b'200\n{"status":"success","processed":6,"unprocessed":[]}'
PARTIAL = b'200\n{"status":"partial","processed":%d,"unprocessed":[%b]}'
SEEDS = [
    SUCCESS,
    PARTIAL % (4, b",".join(map(refusal, (2, 5)))),
    BETWEEN.join([PARTIAL % (5, refusal(3, 555)), b'200\n{"status":"success","processed":1}']),
    b'200\n{"status":"fail","processed":0,"unprocessed":[%b]}'
    % b",".join(map(refusal, range(1, 7))),
    BETWEEN.join([b'200\n{"status":"fail","error":"throttled","code":1}', b"429 2\n{}", SUCCESS]),
    BETWEEN.join([b"400\n{}", b"413\n", b'200\n{"status":"success","processed":3}', b"400\n"]),
    BETWEEN.join([b"503 1\n<html>", b"200\n<html>", b"200\n", SUCCESS]),
    b'401\n{"status":"fail","error":"Invalid Credentials","code":401}',
]


class NotPausing(threading.Event):
    """In place of what ends a run: pauses are not waited for, only looked at."""

    @override
    def wait(self, timeout: float | None = None) -> bool:
        expect(timeout is not None and 0 <= timeout <= PATIENCE_SECONDS, f"a pause of {timeout} s")
        return self.is_set()


def read(content: bytes) -> None:
    """Send one batch, and take the answers of the input for those to it.

    - Each record is delivered, or in the rejects file as it came, or the run ends with advice.
    - The rejects file is JSON.

    Raises:
        Wrong: Where one of these does not hold.
    """
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(f"{folder}/ledger", "0" * 16, is_durable=False)
        try:
            for resend in (True, False):
                _send(content, Path(folder), ledger, resend=resend)
        finally:
            ledger.close()


def _send(content: bytes, folder: Path, ledger: Ledger, *, resend: bool) -> None:
    entries = [
        Entry(
            payload=payload,
            user=record["identity"],
            counts_again=True,
            name=blake2b(b"%d%b" % (resend, payload), digest_size=16).digest(),
            raw=payload,
        )
        for payload, record in zip(PAYLOADS, RECORDS, strict=True)
    ]
    source = Source(Origin("orders", SCHEMA_LINE), Segment())
    summary = Summary()
    context = UploadContext(_retrier(content, summary, resend=resend), ledger, summary)
    try:
        result = Upload(context, entries, [source] * len(entries)).run()
    except (NoMoreAnswersError, CleverTapError):
        return
    _check(result, folder)


def _retrier(content: bytes, summary: Summary, *, resend: bool) -> Retrier:
    client = Client("http://localhost", "a", "p", 1)
    client._connections().session().mount("http://", Answers(content))
    return Retrier(
        *(client, ConcurrencyLimit(1), summary, NotPausing(), threading.Event()),
        resend=resend,
        pauses=_no_pauses,
    )


def _no_pauses() -> itertools.repeat[float]:
    return itertools.repeat(0.0)


def _check(result: BatchResult, folder: Path) -> None:
    refused = [reject for _, reject in result.refused]
    others = result.delivered + result.already_delivered + len(result.rejects)
    expect(others == len(result.segments), f"{others} of {len(result.segments)} ended")
    ends = others + len(refused)
    expect(ends == len(RECORDS), f"{ends} of {len(RECORDS)} have ended")
    rejects = RejectsFile.at(str(folder / "rejects"))
    rejects.append([*result.rejects, *refused])
    rejects.close()
    written = (folder / "rejects").read_bytes().splitlines() if ends > result.delivered else []
    kept = [line for line in map(msgspec.json.decode, written) if line["type"] == "RECORD"]
    expect(all(line["record"] in RECORDS for line in kept), "a reject is not as it came")
    expect(len(kept) >= len(result.rejects) + len(refused), "a reject is not in its file")


READER = Reader("upload_answers", "parts", SEEDS, read)
