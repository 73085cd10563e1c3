"""The command `tap-clevertap`, also as `python -m tap_clevertap`."""

from __future__ import annotations

import errno
import gc
import os
import sys

# The C module: importing `signal` takes some milliseconds.
from _signal import SIG_DFL, SIGINT, signal  # type: ignore[import-not-found]

SCARCE = {errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE}
OUTPUT = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EBADF}
"""Of what a command prints: errors of files have messages of their own before they come here."""
STDOUT = 1


def main() -> None:
    """Run the tap; a missing resource of the system ends it with one line, also while importing."""
    signal(SIGINT, SIG_DFL)  # until the tap has its own handler
    gc.disable()  # what is imported stays: to look for garbage in it took a tenth of the start
    try:
        from tap_clevertap._plugin.log_guard import guard_logs  # noqa: PLC0415 - slow
        from tap_clevertap.tap import TapCleverTap  # noqa: PLC0415 - most of a second

        gc.freeze()
        gc.enable()
        guard_logs()
        TapCleverTap.cli()
    except MemoryError:
        _exit(b"there is not enough memory; allow more of it, see ulimit -a")
    except ImportError as error:  # also raised for a library that does not fit into memory
        _exit(f"a module cannot be loaded: {error}; allow more memory, or install again".encode())
    except SystemError as error:  # the interpreter's own, as when memory is short in an import
        _exit(f"Python failed: {error}; allow more memory, see ulimit -a".encode())
    except OSError as error:
        if error.errno in SCARCE:
            _exit(f"the system gives no more: {error.strerror}; see ulimit -a".encode())
        if error.errno not in OUTPUT:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)  # Python flushes it at its end
        _exit(f"standard output: it cannot be written to ({error.strerror}); free space".encode())


def _exit(why: bytes) -> None:
    os.write(2, b"tap-clevertap: " + why.replace(b"\n", b" ") + b"\n")
    sys.exit(1)


if __name__ == "__main__":
    main()
