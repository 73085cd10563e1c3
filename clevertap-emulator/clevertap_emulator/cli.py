"""The command line of `clevertap-emulator`: one flag for each setting."""

from __future__ import annotations

import ipaddress
import socket
import ssl

import click

from clevertap_emulator.app import create_app
from clevertap_emulator.files.command import export
from clevertap_emulator.flags import HELP, flags_of, settings_of
from clevertap_emulator.push.command import push
from clevertap_emulator.server import Certificate, serve
from clevertap_emulator.settings import Settings
from clevertap_emulator.shown import shown

BACKLOG = 512


def _loopback(_context: click.Context, _flag: click.Parameter, host: str) -> str:
    try:
        allowed = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        allowed = False
    if not allowed:
        message = f"{shown(host)} is not a loopback address; use 127.0.0.1"
        raise click.BadParameter(message)
    return host


def _run(
    host: str, port: int, tls_certificate: str | None, tls_key: str | None, **given: object
) -> None:
    context = click.get_current_context()
    if context.invoked_subcommand is not None:
        _refuse_flags_before(context, context.invoked_subcommand)
        return
    certificate = _certificate(tls_certificate, tls_key)
    listener = _listen(host, port)
    serve(create_app(settings_of(Settings, given)), listener, certificate)


def _refuse_flags_before(context: click.Context, command: str) -> None:
    """Refuse the server's flags where another command runs, which would not see them."""
    for setting in context.params:
        if context.get_parameter_source(setting) is click.core.ParameterSource.COMMANDLINE:
            flag = setting.replace("_", "-")
            message = f"--{flag} is before `{command}`; write the flags of `{command}` after it"
            raise click.UsageError(message)


def _certificate(path: str | None, key: str | None) -> Certificate | None:
    if path is None and key is None:
        return None
    if path is None or key is None:
        message = "--tls-certificate and --tls-key go together: give both, or neither for http"
        raise click.UsageError(message)
    try:
        # With a password, an encrypted key is an error instead of a prompt.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, key, password="")
    except (ssl.SSLError, OSError) as error:
        message = (
            f"{shown(path)} and {shown(key)} are not a PEM certificate and its own key ({error}); "
            "give a pair that belongs together"
        )
        raise click.UsageError(message) from error
    return Certificate(path, key)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only where the protocol is named.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        message = (
            f"--port: cannot listen on {host}:{port} ({error.strerror}); choose another port, or 0"
        )
        raise click.ClickException(message) from error
    listener.listen(BACKLOG)
    return listener


_HOST = click.Option(
    ["--host"],
    default="127.0.0.1",
    callback=_loopback,
    show_default=True,
    help="Loopback address to listen on.",
)
_PORT = click.Option(
    ["--port"],
    default=8025,
    type=click.IntRange(0, 65535),
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
_TLS = [
    click.Option(
        ["--tls-certificate"],
        type=click.Path(),
        help="File with a TLS certificate in PEM, to serve https.  [default: none, http]",
    ),
    click.Option(
        ["--tls-key"], type=click.Path(), help="File with the certificate's key.  [default: none]"
    ),
]
main = click.version_option(package_name="clevertap-emulator")(
    click.Group(
        "clevertap-emulator",
        callback=_run,
        params=[_HOST, _PORT, *_TLS, *flags_of(Settings, HELP)],
        commands=[export, push],
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Serve CleverTap's server API on loopback, with realistic data.",
    )
)
