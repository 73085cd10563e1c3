"""The target as a command: its settings read and checked, its faults told in a line."""

from __future__ import annotations

import sys
from abc import abstractmethod
from typing import IO, TYPE_CHECKING, Any, ClassVar

from singer_sdk import Target
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities
from singer_sdk.plugin_base import JSONSchemaValidator
from typing_extensions import override

from target_clevertap.commands import Commands, with_commands
from target_clevertap.environment_settings import settings_of_environment
from target_clevertap.errors import CleverTapError, SettingError
from target_clevertap.log_guard import KEEPS_LINES
from target_clevertap.nested_names import check_map_names, with_whole_names
from target_clevertap.rules import OBJECT_KEYS
from target_clevertap.setting_faults import faults_of
from target_clevertap.settings import SECRETS, SETTINGS, unknown_settings
from target_clevertap.shown import shown, visible
from target_clevertap.signals import EndRequest

if TYPE_CHECKING:
    import click
    from singer_sdk.plugin_base import _ConfigInput

UNUSED_SETTINGS = ("add_record_metadata", "faker_config", "load_method")
"""The SDK declares them for every target; here they would do nothing: Faker is not installed."""


class Plugin(Target):
    """What the SDK's command needs, but the work itself."""

    name = "target-clevertap"
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS.to_dict()
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - the SDK's own arguments
        """Read the settings."""
        self.end_request = EndRequest()
        super().__init__(**settings)

    @override
    def _setup_signal_handlers(self) -> None:
        self.end_request.listen(self._handle_termination)

    @abstractmethod
    def run(self, file_input: IO[str] | None = None) -> None:
        """Deliver the input; whatever ends it, the state written last is true.

        Raises:
            CleverTapError: When it did not end well, with the exit status.
        """

    @override
    @classmethod
    def get_singer_command(cls) -> Commands:
        return with_commands(super().get_singer_command(), cls)

    @override
    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        super().append_builtin_config(config_jsonschema)
        for name in UNUSED_SETTINGS:
            config_jsonschema["properties"].pop(name, None)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        self._config = {name: value for name, value in self._config.items() if value is not None}
        if isinstance(self._config.get("streams"), dict):
            self._config["streams"] = with_whole_names(self._config["streams"], OBJECT_KEYS)
        check_map_names(self._config.get("stream_maps"))
        # the SDK's message for a value of the wrong kind holds the value
        for name in (*SECRETS, "api_url"):
            value = self._config.get(name, "x") or ""
            if not isinstance(value, str):
                message = f"{name}: it has to be text; put it in quotes"
                raise SettingError(message)
        for name in SECRETS:
            value = self._config.get(name, "x") or ""
            if not value or not value.isascii() or not value.isprintable() or " " in value:
                message = f"{name}: it is empty, or holds a space, a line end or the like"
                raise SettingError(message)
        self.append_builtin_config(self.config_jsonschema)
        for warning in unknown_settings(self._config, self.config_jsonschema):
            self.logger.warning("%s", warning)
        errors = faults_of(JSONSchemaValidator(self.config_jsonschema), self._config)
        if errors and raise_errors:
            raise SettingError("; ".join(errors))
        return super()._validate_config(raise_errors=raise_errors)

    @override
    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805 - of the class
        schema = cls.config_jsonschema
        cls.append_builtin_config(schema)
        try:
            return settings_of_environment(
                schema, "TARGET_CLEVERTAP_", empty_means_something=("ledger_path",)
            )
        except ValueError as error:
            raise SettingError(str(error)) from None

    @override
    @classmethod
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> _ConfigInput:
        files = ", ".join(map(shown, value))
        try:
            found = super().cb_config(ctx, param, value)
            if all(isinstance(name, str) for name in found.config):  # a list of pairs is taken too
                return found
            message = f"--config: no JSON object in {files}; give the path of one"
        except OSError:
            message = f"--config: no such file among {files}; give the path of one"
        except ValueError as error:
            message = f"--config: no valid JSON in {files}: {visible(str(error))}"
        except (ArithmeticError, RecursionError, TypeError):
            message = f"--config: no JSON object in {files}; give the path of one"
        raise SettingError(message)

    @override
    @classmethod
    def invoke(  # type: ignore[override]  # as the SDK itself departs from its base
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[str] | None = None,
    ) -> None:
        if about or config is None:
            super().invoke(about=about, about_format=about_format, config=config)
            return
        cls.print_version(print_fn=cls.logger.info)
        try:
            target = cls(config=config.config, parse_env_config=config.parse_env)
            target.run(file_input)
        except CleverTapError as error:
            for each in (error.__context__, error):  # the former ended a run that had a signal then
                if isinstance(each, CleverTapError):
                    may_hold_a_rule = KEEPS_LINES if isinstance(each, SettingError) else {}
                    cls.logger.error("%s", each.message, extra=may_hold_a_rule)  # noqa: TRY400 - a trace says users nothing
            sys.exit(error.exit_code)
        finally:
            EndRequest.ignore_more()
