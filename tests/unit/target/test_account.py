"""Which account and host a memory belongs to."""

from __future__ import annotations

import re

import pytest

from target_clevertap._http.hosts import HOSTS, base_url
from target_clevertap._plugin.account import binding, host_of_memory


@pytest.mark.parametrize(
    "url",
    [
        "https://api.clevertap.com",
        "https://eu1.api.clevertap.com",
        "https://EU1.API.CleverTap.com",
        "https://api.clevertap.com.",
        "https://api.clevertap.com:443",
        "https://eu1.api.clevertap.com.:443/",
    ],
)
def test_the_names_of_one_data_centre_are_one_host(url):
    assert host_of_memory(url) == "api.clevertap.com"


def test_the_default_region_has_two_names():
    assert host_of_memory(base_url("global", None)) == host_of_memory(base_url("eu1", None))


def test_data_centres_are_apart():
    assert len({host_of_memory(base_url(region, None)) for region in HOSTS}) == len(HOSTS)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8025",
        "http://127.0.0.1",
        "https://127.0.0.1:443",
        "http://127.1.2.3:9",
        "https://127.1:8025",
        "https://0x7f000001",
        "http://localhost:1",
        "http://LOCALHOST.:8025",
        "https://emulator.localhost",
        "https://ip6-localhost",
        "http://[::1]:8025",
        "http://[0:0:0:0:0:0:0:1]",
        "http://[::ffff:127.0.0.1]:8025",
        "http://[::ffff:7f00:1]",
        "https://0.0.0.0:8025",
        "https://[::]:8025",
    ],
)
def test_all_names_addresses_and_ports_of_this_machine_are_one_host(url):
    assert host_of_memory(url) == "localhost"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://proxy.example.org", "proxy.example.org"),
        ("https://Proxy.Example.org.:443", "proxy.example.org"),
        ("https://proxy.example.org:8443", "proxy.example.org:8443"),
        ("https://10.0.0.7:8443", "10.0.0.7:8443"),
        ("https://[2001:DB8::7]:8443", "[2001:db8::7]:8443"),
        ("https://[2001:db8:0::7]", "2001:db8::7"),
        ("https://bücher.example", "xn--bcher-kva.example"),
        ("https://api.clevertap.com:8443", "api.clevertap.com:8443"),
        ("https://localhost.example.org", "localhost.example.org"),
        ("https://128.0.0.1", "128.0.0.1"),
    ],
)
def test_other_hosts_count_by_name_and_port(url, host):
    assert host_of_memory(url) == host


def test_a_binding_is_a_hash_of_account_and_host():
    bindings = {
        binding(account, url)
        for account in ("W9R-486-4W5Z", "TEST-W9R-486-4W5Z")
        for url in ("https://api.clevertap.com", "http://127.0.0.1:8025")
    }
    assert len(bindings) == 4
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in bindings)


def test_a_binding_does_not_depend_on_how_account_and_host_are_spelled():
    first = binding("W9R-486-4W5Z", "https://api.clevertap.com")
    assert binding(" w9r-486-4w5z", "https://eu1.api.clevertap.com:443") == first
