"""CleverTap's data centers, as emulators behind a proxy."""

from __future__ import annotations

import socket
import threading
from urllib.parse import urlsplit

import trustme

from tap_clevertap._http.hosts import HOSTS
from tests.integration.faults.target.test_target_proxies import ESTABLISHED, hand_on
from tests.support.raw_server import read_head


def regions(start_emulator, folder):
    """Have what goes to some of CleverTap's hosts go to emulators; others do not respond.

    Returns what starts them, by region with their options, and returns the answer of a proxy; and
    the environment in which their certificates are trusted.
    """
    authority = trustme.CA()
    issued = authority.issue_cert(*HOSTS.values())
    files = {"tls_certificate": str(folder / "c.pem"), "tls_key": str(folder / "c.key")}
    issued.cert_chain_pems[0].write_to_path(files["tls_certificate"])
    issued.private_key_pem.write_to_path(files["tls_key"])
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))

    def started(**hosts):
        urls = {
            HOSTS[region]: urlsplit(start_emulator(**files, **options).url)
            for region, options in hosts.items()
        }

        def connect(connection):
            host = read_head(connection).split()[1].rpartition(b":")[0].decode()
            if host not in urls:
                connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection((urls[host].hostname, urls[host].port)) as upstream:
                connection.sendall(ESTABLISHED)
                back = threading.Thread(target=hand_on, args=(upstream, connection), daemon=True)
                back.start()
                hand_on(connection, upstream)
                back.join()

        return connect

    return started, {"REQUESTS_CA_BUNDLE": str(folder / "authority.pem")}
