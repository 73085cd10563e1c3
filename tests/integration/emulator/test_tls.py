"""Over TLS it answers as it does without, and a certificate that cannot serve is explained."""

from __future__ import annotations

import subprocess
import sys

import pytest
import requests
import trustme

COMMAND = [sys.executable, "-m", "clevertap_emulator", "--port", "0"]
ADDRESS = "127.0.0.1"


class Files:
    """A certificate for loopback, its key, and the authority that signed it."""

    def __init__(self, folder):
        authority = trustme.CA()
        issued = authority.issue_cert(ADDRESS)
        self.trusted, self.certificate, self.key = (
            str(folder / name) for name in ("authority.pem", "certificate.pem", "key.pem")
        )
        authority.cert_pem.write_to_path(self.trusted)
        issued.cert_chain_pems[0].write_to_path(self.certificate)
        issued.private_key_pem.write_to_path(self.key)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Files(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def over_tls(start_emulator, files):
    emulator = start_emulator(tls_certificate=files.certificate, tls_key=files.key)
    emulator.session.trust_env = False  # a bundle named there would go before `verify`
    emulator.session.verify = files.trusted
    return emulator


def test_it_answers_and_records_over_tls(over_tls):
    assert over_tls.url.startswith(f"https://{ADDRESS}:")
    assert over_tls.api("GET", "/getSchema?type=events").json()["status"] == "success"
    assert [each["path"] for each in over_tls.requests()["requests"]] == ["/getSchema"]


def test_its_certificate_is_the_one_that_was_given(over_tls):
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        requests.get(f"{over_tls.url}/getSchema", timeout=10)


def test_a_connection_over_tls_can_be_cut(over_tls):
    over_tls.faults([{"match": {}, "action": {"cut": "before"}}])
    with pytest.raises(requests.ConnectionError):
        over_tls.api("GET", "/getSchema")


def explained(*flags):
    ended = subprocess.run(
        [*COMMAND, *flags], capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    return " ".join(ended.stderr.split())


@pytest.mark.parametrize("flag", ["--tls-certificate", "--tls-key"])
def test_one_file_without_the_other_is_explained(files, flag):
    assert "--tls-certificate and --tls-key go together" in explained(flag, files.certificate)


def test_another_certificates_key_is_explained(files, tmp_path):
    other = Files(tmp_path)
    message = explained("--tls-certificate", files.certificate, "--tls-key", other.key)
    assert "not a PEM certificate and its own key" in message


def test_a_missing_file_is_explained(files, tmp_path):
    missing = str(tmp_path / "missing.pem")
    assert missing in explained("--tls-certificate", missing, "--tls-key", files.key)
