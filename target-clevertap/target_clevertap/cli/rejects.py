"""The command `rejects`: what was rejected and why, and sending chosen rejects again."""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
import msgspec

from target_clevertap import private_files
from target_clevertap._plugin.commands import config_option
from target_clevertap._plugin.shown import shown
from target_clevertap.cli.rejects_import import import_command
from target_clevertap.config.settings import RunSettings
from target_clevertap.config.taking_over import OF_REJECTS
from target_clevertap.deletes.file import read_receipts
from target_clevertap.errors import CleverTapError, SettingError
from target_clevertap.rejects.deleted_users import DeletedUsers, Withheld
from target_clevertap.rejects.groups import Groups, numbers_of, reason_of, record_text
from target_clevertap.rejects.lines import MAYBE_TAKEN
from target_clevertap.rejects.overwriting import Overwriting
from target_clevertap.rejects.reading import lines_of, lines_unlocked, path_of, reported
from target_clevertap.rejects.taking_out import TakenOut, take_out
from target_clevertap.rejects.users import UsersOfRejects
from target_clevertap.run_parts import real_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from singer_sdk.plugin_base import _ConfigInput

    from target_clevertap.cli.options import TargetOptions
    from target_clevertap.deletes.receipts import DeletionReceipt
    from target_clevertap.rejects.lines import RejectLine
    from target_clevertap.run_parts import RunParts

TOO_MANY_REJECTS = 3
"""The exit status of a run that came to its end, but refused some again."""


def rejects_command(plugin: type[TargetOptions]) -> click.Group:
    """Return the command `rejects`.

    Args:
        plugin: Whose command it is.
    """
    values = click.Option(["--values"], is_flag=True, help="Show values, not only their shape.")
    commands: tuple[tuple[str, Callable[..., None], list[click.Parameter], str], ...] = (
        ("summary", _summary, [values], "Count rejects by stream, code and reason."),
        ("show", _show, [values], "Write rejects as lines of JSON, values masked."),
        ("replay", _replay, [], "Send rejects again; `uncertain` and `unmatched` only by --code."),
    )
    return click.Group(
        "rejects",
        commands=[*(_command(plugin, *each) for each in commands), import_command(plugin)],
        help="Look at rejects, or send them again. FILE is the one of the settings by default.",
    )


def _command(
    plugin: type[TargetOptions],
    name: str,
    action: Callable[..., None],
    more: list[click.Parameter],
    text: str,
) -> click.Command:
    codes = click.Option(
        ["--code", "codes"], multiple=True, metavar="CODE", help="Only rejects with this code."
    )
    file = click.Argument(["file"], required=False)
    params = [file, config_option(plugin.cb_config), codes, *more]

    def run(**given: Any) -> None:  # noqa: ANN401 - the options
        try:
            action(plugin, **given)
        except CleverTapError as error:
            plugin.logger.error("%s", error.message)  # noqa: TRY400 - a trace does not help users
            sys.exit(error.exit_code)

    return click.Command(name, callback=run, params=params, help=text)


def _found(
    plugin: type[TargetOptions], file: str | None, config: _ConfigInput, codes: Collection[str]
) -> tuple[Path, Iterator[RejectLine]]:
    """Return the path of a file, and its lines but for rejects with other codes."""
    target = plugin(config=config.config, parse_env_config=config.parse_env)
    path = path_of(file, target.config["rejects_path"])
    _check_codes(path, codes, target.check_signal)
    lines = lines_of(path, target.check_signal)
    return path, (each for each in lines if not (codes and each.kind) or each.code in codes)


def _summary(
    plugin: type[TargetOptions],
    file: str | None,
    config: _ConfigInput,
    codes: tuple[str, ...],
    *,
    values: bool,
) -> None:
    path, lines = _found(plugin, file, config, codes)
    groups = Groups.of(lines, shows_values=values)
    if groups.others and not groups.groups and not codes:
        message = f"{path}: it has no rejects, but other lines; name a file of rejects"
        raise SettingError(message)
    for line in groups.text(shows_values=values):
        click.echo(line)
    if groups.others:
        plugin.logger.warning("%s: lines %s are not rejects", path, numbers_of(groups.others))


def _show(
    plugin: type[TargetOptions],
    file: str | None,
    config: _ConfigInput,
    codes: tuple[str, ...],
    *,
    values: bool,
) -> None:
    path, lines = _found(plugin, file, config, codes)
    others = []
    for line in lines:
        if line.kind == "REJECT":
            click.echo(_shown(line, shows_values=values))
        elif not line.kind:
            others.append(line.number)
    if others:
        plugin.logger.warning("%s: lines %s are not rejects", path, numbers_of(others))


def _shown(line: RejectLine, *, shows_values: bool) -> str:
    notes = {
        "line": line.number,
        "stream": line.stream,
        "stream_alias": line.alias,
        "code": line.code,
        "reason": reason_of(line, shows_values=shows_values),
        "rejected_at": line.rejected_at,
    }
    head = msgspec.json.encode({name: note for name, note in notes.items() if note is not None})
    record = record_text(line, shows_values=shows_values)
    return f'{head[:-1].decode()},"record":{record}}}'


def _replay(
    plugin: type[TargetOptions], file: str | None, config: _ConfigInput, codes: tuple[str, ...]
) -> None:
    target = plugin(config=config.config, parse_env_config=config.parse_env)
    settings = RunSettings.from_config(target.config)
    path = path_of(file, settings.rejects_path)
    _check_codes(path, codes, target.check_signal)
    if settings.is_already_delivered:
        raise SettingError(OF_REJECTS)
    sends = any(_is_chosen(line, codes) for line in lines_unlocked(path))
    # opened before receipts are read: a run that deletes users cannot have the ledger meanwhile
    opened = real_parts(settings) if sends and not settings.is_dry_run else None
    try:
        aside = _take_out(plugin, target, path, codes)
        if aside is not None:
            _send(plugin, config, aside, opened, is_copy=settings.is_dry_run)
    finally:
        if opened is not None:
            opened.close()


def _is_chosen(line: RejectLine, codes: Collection[str]) -> bool:
    """Tell whether a line is a reject that a replay of some codes, or of none, sends."""
    is_meant = line.code in codes if codes else line.code not in MAYBE_TAKEN
    return line.kind == "REJECT" and is_meant


def _take_out(
    plugin: type[TargetOptions], target: TargetOptions, path: Path, codes: Collection[str]
) -> Path | None:
    """Take chosen rejects out of a file, and return where they are; None where there are none."""
    settings = target.run_settings
    watch = Overwriting(dt.datetime.now(dt.timezone.utc))
    users = UsersOfRejects(settings.rules, target.mapper)
    deleted = DeletedUsers(_receipts(settings, target.check_signal))
    withheld: Counter[Withheld] = Counter()

    def look(line: RejectLine) -> bool:
        if line.kind == "SCHEMA":
            users.note(line)
            watch.note(line)
            return False
        is_chosen = _is_chosen(line, codes)
        user = users.of(line)
        if is_chosen and (why := deleted.withheld(line, user)) is not None:
            is_chosen, withheld[why] = False, withheld[why] + 1
        watch.look(line, user, is_chosen=is_chosen)
        return is_chosen

    with reported(path, "taken out"):
        taken = take_out(path, look, target.check_signal, only_copies=settings.is_dry_run)
    for why, count in withheld.items():
        plugin.logger.warning("%s: %d rejects %s", path, count, why.value)
    _log(plugin, path, taken, watch)
    return taken.aside


def _send(
    plugin: type[TargetOptions],
    config: _ConfigInput,
    aside: Path,
    opened: RunParts | None,
    *,
    is_copy: bool,
) -> None:
    """Send the rejects in a file; a dry run has a copy of them."""
    try:
        with _advised(plugin, aside), aside.open("rb") as chosen:
            plugin.invoke(config=config, file_input=chosen, opened=opened)  # type: ignore[arg-type]  # it reads bytes
    finally:
        if is_copy:
            aside.unlink(missing_ok=True)


def _receipts(settings: RunSettings, check: Callable[[], None]) -> Iterable[DeletionReceipt]:
    """Return the receipts of all deletions; none where there is no file of them."""
    path = private_files.absolute(settings.deletes_path, "deletes_path")
    is_there = private_files.found(path, "deletes_path") is not None
    return read_receipts(path, check) if is_there else ()


def _log(plugin: type[TargetOptions], path: Path, taken: TakenOut, watch: Overwriting) -> None:
    if taken.others:
        message = "%s: lines %s are not rejects, or have no SCHEMA before them; they stay there"
        plugin.logger.warning(message, path, numbers_of(taken.others))
    if taken.left:
        plugin.logger.info("%s stay in %s", _counted(taken.left), path)
    if taken.aside is None:
        plugin.logger.info("%s: nothing is to be sent; name codes with --code", path)
        return
    plugin.logger.info("%s are sent from %s", _counted(taken.chosen), taken.aside)
    for warning in watch.warnings():
        plugin.logger.warning("%s", warning)


@contextmanager
def _advised(plugin: type[TargetOptions], aside: Path) -> Iterator[None]:
    """Say where the rest is when a run ends early."""
    try:
        yield
    except SystemExit as end:
        if end.code not in {0, TOO_MANY_REJECTS}:
            plugin.logger.warning(
                "what was not sent is in %s; send it from there: target-clevertap rejects replay "
                "FILE, with the same --code",
                aside,
            )
        raise


def _check_codes(path: Path, codes: Collection[str], check: Callable[[], None]) -> None:
    """Refuse codes of which a file has none, before anything is done with it.

    Raises:
        SettingError: For such codes.
    """
    found = {line.code for line in lines_of(path, check) if line.code} if codes else set()
    if codes and not found.intersection(codes):
        named = ", ".join(map(shown, codes))
        there = ", ".join(map(shown, sorted(found))) or "no rejects"
        message = f"--code: no reject in {path} has {named}; name one of those it has: {there}"
        raise SettingError(message)


def _counted(codes: Counter[str]) -> str:
    kinds = ", ".join(f"{shown(code)}: {count}" for code, count in codes.most_common())
    return f"{codes.total()} rejects ({kinds})"
