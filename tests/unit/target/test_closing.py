"""Closing parts of which one cannot be closed."""

from __future__ import annotations

import os

import pytest

from target_clevertap.closing import close_all


class Descriptor:
    """A pipe's end that is closed once, and not a second time."""

    def __init__(self):
        self.number, other = os.pipe()
        os.close(other)

    def close(self):
        os.close(self.number)


def test_every_part_is_closed_where_one_of_them_fails():
    first, other, last = Descriptor(), Descriptor(), Descriptor()
    other.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        close_all(first, None, other, last)
    for each in (first, last):
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(each.number)
