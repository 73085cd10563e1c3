"""Certificates for a server on loopback: a right one, and one for each way to be wrong."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import trustme

ADDRESS = "127.0.0.1"
WRONG = [
    ("of_another_host", "IP address mismatch"),
    ("expired", "certificate has expired"),
    ("of_an_unknown_authority", "unable to get local issuer certificate"),
    ("self_signed", "signed certificate"),
]
"""Those of `Certificates` that are not to be trusted, with OpenSSL's reason."""
YESTERDAY = datetime.now(timezone.utc) - timedelta(days=1)


class Certificates:
    """Files of certificates, each right but for what it is named after."""

    def __init__(self, folder):
        self._folder = folder
        self._authority = trustme.CA()
        self.trusted = str(folder / "authority.pem")
        self._authority.cert_pem.write_to_path(self.trusted)
        self.right = self._issued("right", self._authority.issue_cert(ADDRESS))
        self.of_another_host = self._issued("host", self._authority.issue_cert("example.org"))
        expired = self._authority.issue_cert(
            ADDRESS, not_before=YESTERDAY - timedelta(days=9), not_after=YESTERDAY
        )
        self.expired = self._issued("expired", expired)
        self.of_an_unknown_authority = self._issued("unknown", trustme.CA().issue_cert(ADDRESS))
        itself = trustme.CA()
        self.self_signed = self._files("self", itself.cert_pem, itself.private_key_pem)

    def _issued(self, name, issued):
        return self._files(name, issued.cert_chain_pems[0], issued.private_key_pem)

    def _files(self, name, certificate, key):
        paths = {
            "tls_certificate": str(self._folder / f"{name}.pem"),
            "tls_key": str(self._folder / f"{name}.key"),
        }
        certificate.write_to_path(paths["tls_certificate"])
        key.write_to_path(paths["tls_key"])
        return paths
