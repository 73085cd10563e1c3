"""The command `target-clevertap`, also as `python -m target_clevertap`."""

from __future__ import annotations

import errno
import gc
import os
import sys

# What signal is made of, which itself takes some milliseconds to import.
from _signal import SIG_DFL, SIGINT, signal  # type: ignore[import-not-found]

SCARCE = {errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE}
OUTPUT = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EBADF}
"""Of what a command prints: errors of files have messages of their own before they come here."""
STDOUT = 1


def main() -> None:
    """Run the target; a lack of memory, threads or files is reported in one line at any moment."""
    signal(SIGINT, SIG_DFL)  # until the target has a handler of its own
    gc.disable()  # what is imported stays: to look for garbage in it took a tenth of the start
    try:
        from target_clevertap._plugin.log_guard import guard_logs  # noqa: PLC0415 - as it takes time
        from target_clevertap.target import TargetCleverTap  # noqa: PLC0415 - most of a second

        gc.freeze()
        gc.enable()
        guard_logs()
        TargetCleverTap.cli()
    except MemoryError:
        _end(b"there is not enough memory; allow more of it, see ulimit -a")
    except ImportError as error:  # a library that memory has no room for is one
        _end(f"a module cannot be loaded: {error}; allow more memory, or install again".encode())
    except SystemError as error:  # the interpreter's own, as when memory is short in an import
        _end(f"Python failed: {error}; allow more memory, see ulimit -a".encode())
    except OSError as error:
        if error.errno in SCARCE:
            _end(f"the system gives no more: {error.strerror}; see ulimit -a".encode())
        if error.errno not in OUTPUT:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)  # Python flushes it at its end
        _end(f"standard output: it cannot be written to ({error.strerror}); free space".encode())


def _end(why: bytes) -> None:
    os.write(2, b"target-clevertap: " + why.replace(b"\n", b" ") + b"\n")
    sys.exit(1)


if __name__ == "__main__":
    main()
