"""An emulator of the CleverTap server API, for development and tests.

Public are the command `clevertap-emulator`, its paths under `/_emulator/`, and from Python:

- `create_app(settings)`: the ASGI application.
- `Settings`: what the flags of the command set.
- `clevertap_emulator.testing`: an emulator in a process of its own, and pytest fixtures.

All other modules are internal. Importing this package loads none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clevertap_emulator.app import create_app
    from clevertap_emulator.settings import Settings

__all__ = ["Settings", "create_app"]
_MODULES = {"Settings": "settings", "create_app": "app", "testing": "testing"}


def __getattr__(name: str) -> object:
    """Load a public name when it is first used."""
    if name not in _MODULES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    module = import_module(f"{__name__}.{_MODULES[name]}")
    return module if name == "testing" else getattr(module, name)
