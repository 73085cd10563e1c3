"""The rule of this folder: a test starts no process and no server, so that all take seconds."""

from __future__ import annotations

import os
import socket
import subprocess

import pytest


@pytest.fixture(scope="module", autouse=True)
def _starts_nothing():
    """Fail a test that starts a process, connects or listens: it belongs to tests/integration."""

    def refuse(*_, **__):
        pytest.fail("a unit test starts no process and opens no connection: see tests/integration")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "Popen", refuse)
        patch.setattr(os, "fork", refuse)
        for name in ("bind", "connect"):
            patch.setattr(socket.socket, name, refuse)
        yield
