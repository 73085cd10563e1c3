# Source: tap-clevertap/tap_clevertap/_plugin/plugin.py; copies: `make vendor`
"""The base of both plugins as commands of the SDK: settings, options and `--about`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.plugin_base import JSONSchemaValidator, PluginBase
from typing_extensions import override

from .about import SettingsText
from .commands import with_commands
from .config_files import ENVIRONMENT, read_config
from .environment_settings import settings_of_environment
from .errors import SettingError
from .plugin_name import VARIABLES
from .setting_faults import blank_paths, faults_of, unknown_settings
from .shown import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click
    from singer_sdk.plugin_base import _ConfigInput


class Plugin(PluginBase):
    """A plugin that reads settings strictly, and never shows a secret in a message."""

    unused_settings: ClassVar[tuple[str, ...]] = ()
    """Settings that the SDK declares, and that have no effect here."""
    meaningful_when_empty: ClassVar[tuple[str, ...]] = ()
    """Settings that an empty environment variable sets to empty text."""

    @override
    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        super().append_builtin_config(config_jsonschema)
        for name in cls.unused_settings:
            config_jsonschema["properties"].pop(name, None)

    @override
    @classmethod
    def print_about(cls, output_format: str | None = None) -> None:
        if output_format is None:
            print(SettingsText().format_about(cls._get_about_info()))  # noqa: T201 - as the SDK does
        else:
            super().print_about(output_format)

    @classmethod
    def commands(cls) -> Sequence[click.Command]:
        """Return the commands next to the Singer call."""
        return ()

    @override
    @classmethod
    def get_singer_command(cls) -> click.Command:
        return with_commands(super().get_singer_command(), cls.invoke, cls.commands())

    @override
    @classmethod
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> _ConfigInput:
        settings = read_config(value)
        found = super().cb_config(ctx, param, tuple({ENVIRONMENT} & set(value)))
        found.config.update(settings)
        return found

    @override
    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805 - of the class
        schema = cls.config_jsonschema
        cls.append_builtin_config(schema)
        return settings_of_environment(
            schema, VARIABLES, empty_means_something=cls.meaningful_when_empty
        )

    def _faults_of_settings(self) -> list[str]:
        """Return messages about wrong settings, and log warnings about unknown ones.

        Raises:
            SettingError: If a value has text that cannot be encoded.
        """
        self.append_builtin_config(self.config_jsonschema)
        for name, value in self._config.items():
            _check_text(name, value)
        for warning in unknown_settings(self._config, self.config_jsonschema):
            self.logger.warning("%s", warning)
        faults = faults_of(JSONSchemaValidator(self.config_jsonschema), self._config)
        return [*faults, *blank_paths(self._config)]


def _check_text(name: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
    try:
        msgspec.json.encode({name: value})
    except UnicodeEncodeError:
        message = f"{visible(name)}: it contains an unpaired surrogate; fix it"
        raise SettingError(message) from None
