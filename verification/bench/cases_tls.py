"""Both plugins over TLS, with a certificate made for the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trustme

from verification.bench import cases_tap, cases_target
from verification.bench.table import MILLION, Row
from verification.bench.tap_runs import EVENTS, HISTORY, MILLION_A_DAY, Source
from verification.bench.target_runs import COUNTING, Delivery, written_orders
from verification.bench.workplace import served

if TYPE_CHECKING:
    from clevertap_emulator.testing import Emulator
    from verification.bench.workplace import Workplace

ADDRESS = "127.0.0.1"


def tap_over_tls(place: Workplace) -> list[Row]:
    """The ceilings of the tap, over TLS."""
    daily = place.extent.count(MILLION_A_DAY * cases_tap.LONG_RUN // 10)
    flags = HISTORY | {"events_per_day": daily, "latency_ms": cases_tap.LATENCY_MS}
    emulator, trusted = over_tls(place, flags)
    source = Source(place, emulator, EVENTS, environment=trusted)
    rows = source.counted()
    return cases_tap.paces("tap, 200 ms, TLS", served(emulator, source.read), rows)


def target_over_tls(place: Workplace) -> list[Row]:
    """The ceilings of the target, over TLS."""
    emulator, trusted = over_tls(place, COUNTING | {"latency_ms": cases_target.LATENCY_MS})
    count = place.extent.count(MILLION)
    orders = written_orders(place, count)
    delivery = Delivery(place, emulator, orders, count, environment=trusted)
    ours = served(emulator, delivery.deliver)
    delivery.check(ours)
    return cases_target.paces("target, 200 ms, TLS", count, ours)


def over_tls(place: Workplace, flags: dict[str, Any]) -> tuple[Emulator, dict[str, str]]:
    """Return an emulator with a certificate, and the environment in which it is trusted."""
    certificate, key, authority = (
        str(place.folder / f"{name}.pem") for name in ("certificate", "key", "authority")
    )
    signing = trustme.CA()
    issued = signing.issue_cert(ADDRESS)
    signing.cert_pem.write_to_path(authority)
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    emulator = place.start(**flags, tls_certificate=certificate, tls_key=key)
    emulator.session.trust_env = False  # a bundle named there would go before `verify`
    emulator.session.verify = authority
    return emulator, {"REQUESTS_CA_BUNDLE": authority}


CASES = [tap_over_tls, target_over_tls]
