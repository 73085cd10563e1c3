"""The receiver has glibc keep all memory in one arena."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

THREADS = """
import ctypes, sys, threading
from tap_clevertap.inbox.allocator import return_memory

if sys.argv[1] == "returned":
    return_memory()
held = threading.Barrier(5)

def hold():
    some = [bytes(1000 + number) for number in range(1000)]
    held.wait()
    held.wait()

threads = [threading.Thread(target=hold) for _ in range(4)]
for each in threads:
    each.start()
held.wait()
library = ctypes.CDLL(None)
library.fdopen.restype = ctypes.c_void_p
library.malloc_info(0, ctypes.c_void_p(library.fdopen(1, b"w")))
held.wait()
library.fflush(None)
"""


def arenas(argument):
    command = [sys.executable, "-c", THREADS, argument]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return ended.stdout.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc alone")
def test_threads_share_one_arena():
    assert arenas("returned") == 1
    assert arenas("as it is") > 1
