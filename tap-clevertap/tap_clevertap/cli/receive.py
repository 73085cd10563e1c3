"""The command `receive`: takes what CleverTap pushes, until it is asked to end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from singer_sdk.plugin_base import JSONSchemaValidator

from tap_clevertap._plugin.commands import config_option
from tap_clevertap._plugin.setting_faults import blank_paths, faults_of, unknown_settings
from tap_clevertap.config.schema import CONFIG_SCHEMA, DEFAULTS
from tap_clevertap.errors import SettingError
from tap_clevertap.output.stdout import prepare_stdout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_clevertap.tap import TapCleverTap

DEFAULT_PORT = 8026
HIGHEST_PORT = 65_535
OWN = {
    name: kind for name, kind in CONFIG_SCHEMA["properties"].items() if name.startswith("inbox_")
}
LOOPBACK = "127.0.0.1"
OPEN_TO_ALL = (
    "no secret is set: every program that reaches %s can push messages; set inbox_token, or "
    "inbox_username and inbox_password"
)


def receive_command(plugin: type[TapCleverTap]) -> click.Command:
    """Return the command `receive`.

    Args:
        plugin: Whose command it is.
    """
    port = click.Option(
        ["--port"],
        type=click.IntRange(0, HIGHEST_PORT),
        default=DEFAULT_PORT,
        show_default=True,
        help="Port to listen on; 0 is any that is free.",
    )
    host = click.Option(
        ["--host"],
        default=LOOPBACK,
        show_default=True,
        help="Address to listen on; one that other machines reach needs a secret in the settings.",
    )
    return click.Command(
        "receive",
        callback=lambda config, port, host: _receive(plugin, config, port, host),
        params=[config_option(), port, host],
        help="Receive what CleverTap pushes: webhooks at /webhook, EventBridge at /eventbridge. "
        "The stream webhook_messages reads it. Prints the address when it is ready.",
    )


def _receive(plugin: type[TapCleverTap], config: tuple[str, ...], port: int, host: str) -> None:
    from tap_clevertap.inbox.access import Access  # noqa: PLC0415 - only this command needs it
    from tap_clevertap.inbox.address import bind  # noqa: PLC0415 - same
    from tap_clevertap.inbox.allocator import return_memory  # noqa: PLC0415 - same
    from tap_clevertap.inbox.writer import InboxWriter  # noqa: PLC0415 - same

    return_memory()
    prepare_stdout()
    settings = _settings(plugin, config)
    access = Access(settings)
    try:
        from tap_clevertap.inbox.serving import serve  # noqa: PLC0415 - of an extra
    except ModuleNotFoundError as error:
        message = f"receive: {error.name} is not installed; install `tap-clevertap[receive]`"
        raise SettingError(message) from None
    listener = bind(host, port, has_secret=bool(access))
    if not access:
        plugin.logger.warning(OPEN_TO_ALL, host)
    writer = InboxWriter(settings["inbox_path"])
    serve(writer, listener, access, plugin.name)


def _settings(plugin: type[TapCleverTap], config: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the settings of the inbox, with their defaults; the others may be wrong.

    Raises:
        SettingError: When one is wrong.
    """
    given = plugin.cb_config(click.get_current_context(), config_option(), config)
    environment = plugin._env_var_config if given.parse_env else {}  # noqa: SLF001 - the SDK's own
    found: dict[str, Any] = {**given.config, **environment}
    for warning in unknown_settings(found, _known(plugin)):
        plugin.logger.warning("%s", warning)
    named = {name: value for name, value in found.items() if name in OWN and value is not None}
    schema = {"type": "object", "properties": OWN}
    faults = [*faults_of(JSONSchemaValidator(schema), named), *blank_paths(named)]
    if faults:
        raise SettingError("; ".join(faults))
    defaults = {name: value for name, value in DEFAULTS.items() if name in OWN}
    return {**defaults, **{name: value for name, value in named.items() if value != ""}}


def _known(plugin: type[TapCleverTap]) -> Mapping[str, Any]:
    plugin.append_builtin_config(plugin.config_jsonschema)
    return plugin.config_jsonschema
