"""CSV and XML are told by their content, packed or not, whatever they are called."""

import gzip
from io import BytesIO

import pytest

from tap_clevertap.files.content import open_content
from tap_clevertap.files.errors import UnreadFileError

LONG = b"x" * 2_000_000


LONG = b"x" * 2_000_000


def opened(content, columns=None):
    found = open_content(BytesIO(content), "auto", columns or {})
    with found.content as file:
        return found.format, found.kind, file.read()


@pytest.mark.parametrize(
    ("content", "file_format", "kind"),
    [
        (b"ts,eventName\n20260101000000,x\n", "csv", "events"),
        (b'\xef\xbb\xbf"ts";"eventName"\r\n', "csv", "events"),
        (b"identity\tEmail\nu1\ta@b.c\n", "csv", "profiles"),
        (b"Zeit,Was,Betrag\n20260101000000,x,5\n", "csv", "events"),
        (b"Kunde|Plan\nu1|gold\n", "csv", "profiles"),
        (b"<Events><Event/></Events>", "xml", "events"),
        (b'<?xml version="1.0"?>\n<Profile>\n</Profile><Profile/>', "xml", "profiles"),
        (
            b'{"identity":"u1","MSG-push":true,"MSG-email":true,"MSG-sms":true}\n',
            "json",
            "profiles",
        ),
        (
            b'{ "clevertapId":"o1","MSG-push":true,"MSG-sms":"' + b"x" * 2_000_000,
            "json",
            "profiles",
        ),
        (b"\xef\xbb\xbf<!-- c -->\n<p:Profiles xmlns:p='x'/>", "xml", "profiles"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_content_tells_format_and_kind(content, file_format, kind, packed):
    columns = {"Zeit": "ts", "Was": "eventName", "Kunde": "identity"}
    sent = gzip.compress(content, mtime=0) if packed else content

    assert opened(sent, columns) == (file_format, kind, content)


def test_a_document_type_is_refused_by_name():
    with pytest.raises(UnreadFileError, match="has a DOCTYPE in line 1"):
        opened(b"<!DOCTYPE Events>\n<Events><Event/></Events>")


def test_a_cut_gzip_file_is_refused():
    packed = gzip.compress(b"ts,eventName\n20260101000000,x\n" * 1000, mtime=0)

    with pytest.raises(UnreadFileError, match="is cut"):
        opened(packed[:-10])
