"""The target as a command: it reads and checks settings, and reports an error in one line."""

from __future__ import annotations

import sys
from abc import abstractmethod
from typing import IO, TYPE_CHECKING, Any, ClassVar

from singer_sdk import Target
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities
from typing_extensions import override

from target_clevertap._http.headers import check_credential
from target_clevertap._http.settings import CREDENTIALS
from target_clevertap._plugin.config_files import ENVIRONMENT
from target_clevertap._plugin.log_guard import KEEPS_LINES
from target_clevertap._plugin.plugin import Plugin
from target_clevertap._plugin.signals import EndRequest
from target_clevertap.cli.check import check_command
from target_clevertap.cli.deletes import deletes_command
from target_clevertap.cli.explain import explain_command
from target_clevertap.cli.ledger import ledger_command
from target_clevertap.cli.presets import presets_command
from target_clevertap.cli.rejects import rejects_command
from target_clevertap.config.dotted_names import check_stream_map_names, join_dotted_names
from target_clevertap.config.schema import CONFIG_SCHEMA
from target_clevertap.config.unheard import unheard_modes
from target_clevertap.errors import CleverTapError, Interrupted, SettingError
from target_clevertap.report.writer import ReportWriter
from target_clevertap.rules.reading import OBJECT_KEYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click
    from singer_sdk.plugin_base import _ConfigInput

    from target_clevertap.config.settings import RunSettings
    from target_clevertap.run_parts import RunParts


class TargetOptions(Plugin, Target):
    """The target's command without the delivery itself."""

    name = "target-clevertap"
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG_SCHEMA
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.BATCH,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    unused_settings = ("add_record_metadata", "batch_config", "faker_config", "load_method")
    meaningful_when_empty = ("ledger_path",)

    config_files: ClassVar[tuple[str, ...]] = ()
    """Paths of the command line."""

    def __init__(
        self,
        *,
        report: ReportWriter | None = None,
        opened: RunParts | None = None,
        **settings: Any,  # noqa: ANN401 - the SDK's own arguments
    ) -> None:
        """Read the settings.

        Args:
            report: Of the run; told of the settings before they are checked.
            opened: What the run is to use, where that is open already.
            settings: As the SDK takes them.
        """
        self.end_request = EndRequest()
        self.report = report or ReportWriter()
        self.opened = opened
        super().__init__(**settings)

    @property
    @abstractmethod
    def run_settings(self) -> RunSettings:
        """The settings of a run, checked."""

    def check_signal(self) -> None:
        """Raise where a signal wants this process to end.

        Raises:
            Interrupted: In any thread. What a handler raises is lost within a line of the log.
        """
        if self.end_request.number is not None:
            raise Interrupted(self.end_request.number)

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
    def commands(cls) -> Sequence[click.Command]:
        return [
            check_command(cls),
            presets_command(cls),
            ledger_command(cls),
            rejects_command(cls),
            explain_command(),
            deletes_command(cls),
        ]

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        self._config = {name: value for name, value in self._config.items() if value is not None}
        if isinstance(self._config.get("streams"), dict):
            self._config["streams"] = join_dotted_names(self._config["streams"], OBJECT_KEYS)
        report_faults = self._report_faults()
        check_stream_map_names(self._config.get("stream_maps"))
        if self._config.get("dry_run") == "local":  # nothing is sent, so nobody has to log in
            self._config = {**dict.fromkeys(CREDENTIALS, "dry-run"), **self._config}
        errors = self._faults_of_settings() + report_faults + [*unheard_modes(self._config)]
        if errors and raise_errors:
            raise SettingError("; ".join(errors))
        for name in CREDENTIALS:
            check_credential(name, self._config[name])
        return super()._validate_config(raise_errors=raise_errors)

    def _report_faults(self) -> list[str]:
        try:
            self.report.configure(self._config, self.config_files)
        except SettingError as fault:
            return [fault.message]
        return []

    @override
    @classmethod
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> _ConfigInput:
        cls.config_files = tuple(path for path in value if path != ENVIRONMENT)
        return super().cb_config(ctx, param, value)

    @override
    @classmethod
    def invoke(  # type: ignore[override]  # as the SDK itself departs from its base
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[str] | None = None,
        opened: RunParts | None = None,
    ) -> None:
        if about or config is None:
            super().invoke(about=about, about_format=about_format, config=config)
            return
        cls.print_version(print_fn=cls.logger.info)
        try:
            with ReportWriter() as report:
                settings = {"config": config.config, "parse_env_config": config.parse_env}
                cls(report=report, opened=opened, **settings).run(file_input)
        except CleverTapError as error:
            for each in (error.__context__, error):  # the first ended a run that then got a signal
                if isinstance(each, CleverTapError):
                    may_hold_a_rule = KEEPS_LINES if isinstance(each, SettingError) else {}
                    cls.logger.error("%s", each.message, extra=may_hold_a_rule)  # noqa: TRY400 - a trace does not help users
            sys.exit(error.exit_code)
        finally:
            EndRequest.ignore_more()
