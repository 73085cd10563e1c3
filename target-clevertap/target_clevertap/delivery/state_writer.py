"""Writing states to standard output in a thread of its own, so that no lane waits for a reader."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from target_clevertap import private_files
from target_clevertap._plugin.system import translate_thread_errors
from target_clevertap.errors import UploadStopped

if TYPE_CHECKING:
    from collections.abc import Callable


class StateWriter:
    """Writes the newest state; an older one that still waits is dropped.

    - `put` may be called from any thread and does not wait.
    - `start` begins the one thread that writes. It is a daemon: a reader that does not read on does
      not keep the process alive.
    - An error of the thread goes to `fail`, and nothing is written after it.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        """Write nothing yet.

        Args:
            write: Writes one state; it may take as long as the reader lets it.
        """
        self._write = write
        self._newest: bytes | None = None
        self._is_writing = False
        self._is_over = False
        self._changed = threading.Condition()

    def start(self, fail: Callable[[BaseException], None]) -> None:
        """Begin to write.

        Args:
            fail: Called with the error that ends it.

        Raises:
            SystemLimitError: When the system lets no thread start.
        """
        with translate_thread_errors():
            threading.Thread(target=self._work, args=(fail,), daemon=True).start()

    def put(self, state: bytes) -> None:
        """Have a state written soon; may be called from any thread."""
        with self._changed:
            self._newest = state
            self._changed.notify_all()

    @property
    def is_idle(self) -> bool:
        """Whether every state is written or dropped."""
        with self._changed:
            return self._is_over or (self._newest is None and not self._is_writing)

    def drain(self, deadline: float) -> None:
        """Wait until every state is written.

        Args:
            deadline: When to wait no longer, on the monotonic clock.
        """
        with self._changed:
            while not self.is_idle and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)

    def _work(self, fail: Callable[[BaseException], None]) -> None:
        try:
            while True:
                self._write(self._next())
        except BaseException as error:  # noqa: BLE001 - raised again by the reading thread
            fail(error)
        finally:
            with self._changed:
                self._is_over = True
                self._changed.notify_all()

    def _next(self) -> bytes:
        with self._changed:
            self._is_writing = False
            self._changed.notify_all()
            while self._newest is None:
                self._changed.wait()
            state, self._newest, self._is_writing = self._newest, None, True
            return state


def write_state(state: bytes) -> None:
    """Write a state to standard output, as it came.

    Raises:
        UploadStopped: When it cannot be written.
    """
    try:
        descriptor = sys.stdout.fileno()
    except OSError:  # not a file: a test's text in memory
        sys.stdout.write(f"{state.decode()}\n")
        return
    try:
        # not through a buffer: at the end of the process it would wait for a blocked write
        private_files.write_all(descriptor, state + b"\n")
    except BrokenPipeError:
        message = (
            "standard output: the reader of the states closed the pipe, so delivery stopped; see "
            "the reader's log"
        )
        raise UploadStopped(message) from None
    except OSError as error:
        message = f"standard output: it cannot be written to ({error.strerror}); free space"
        raise UploadStopped(message) from None
