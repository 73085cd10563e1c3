"""The vocabulary: words in the names of tables and columns, and what they mean."""

from __future__ import annotations

import re
import unicodedata


def vocabulary(text: str) -> frozenset[str]:
    """Return the words of a text, as a set."""
    return frozenset(text.split())


PEOPLE = vocabulary(
    "user customer contact member lead person people client subscriber guest patient student "
    "passenger rider buyer shopper prospect visitor attendee donor learner player recipient "
    "consumer participant applicant candidate resident employee profile identify follower "
    "registrant owner friend traveller traveler viewer listener reader patron"
)
"""Nouns of tables with a row for each user."""

TRANSACTIONS = vocabulary(
    "order payment booking invoice purchase transaction sale charge receipt donation topup "
    "recharge deposit installment instalment"
)
"""Nouns of tables with a row for each payment."""

TRANSACTIONS_WITH_AMOUNT = vocabulary(
    "subscription reservation ride trip rental renewal fare policy loan stay bill contribution "
    "membership appointment consultation"
)
"""Nouns that mean a payment only where there is an amount."""

REVERSALS = vocabulary(
    "refund cancellation cancelation return chargeback dispute reversal withdrawal payout credit "
    "creditmemo void"
)
"""Nouns of refunds: never the event Charged."""

ACTIVITIES = vocabulary(
    "event view click login visit session ticket search log open send message call review rating "
    "download install track activity action impression comment like share signup registration "
    "response survey feedback workout play watch cart checkout case incident conversation chat "
    "attempt conversion submission scan checkin delivery shipment redemption notification email "
    "page screen pageview screenview interaction touchpoint game match quiz lesson enrollment "
    "enrolment course_completion bid quote listing_view engagement usage swipe tap vote post "
    "wishlist favorite favourite"
)
"""Nouns of tables with a row for each action of a user."""

NAMED_EVENTS = vocabulary("event track activity action log")
"""Nouns of tables that hold events of several names."""

LINES = vocabulary("item line lineitem detail product variant")

USERS = (
    *("user", "customer", "cust", "client", "member", "contact", "person", "subscriber"),
    *("profile", "patient", "student", "passenger", "rider", "guest", "buyer", "shopper"),
    *("lead", "prospect", "visitor", "attendee", "donor", "learner", "player", "requester"),
    *("recipient", "consumer", "participant", "applicant", "candidate", "registrant", "employee"),
    *("viewer", "listener", "reader", "follower", "who", "author", "sender", "actor", "owner"),
)
"""Nouns of a user in names of columns, the surest first."""

NOT_USERS = vocabulary(
    "assignee assigned agent staff manager rep updated modified parent approver approved admin "
    "support seller vendor merchant referrer referred referral organization organisation "
    "anonymous modifiedby createdby lastmodifiedby driver operator cashier salesperson "
    "store brand supplier session device browser campaign deleted verified original"
)
"""Words that turn the noun of a user into another person or thing."""

IDS = vocabulary("id ids key uuid guid uid number no num nr code ref identifier pk sk")

BIRTHS = vocabulary("birth born birthday birthdate dob bday anniversary dateofbirth")
CHANGES = vocabulary(
    "update updated modify modified modification modstamp systemmodstamp change "
    "changed touched sync synced loaded load ingested extracted batched inserted uuid imported "
    "replicated lastmodifieddate refreshed edited last latest seen lsn xmin"
)
"""Words for the time of a change to the row, not of the event."""

NOT_YET = vocabulary(
    "due expire expires expired expiry expiration until next end ends ended ending scheduled "
    "planned delete deleted cancel cancelled canceled closed archived shipped delivered fulfilled "
    "eta renewal renews trial zone spent duration reminder effective checkin checkout arrival "
    "departure dispatch promised estimated expected valid week month year quarter"
)
"""Words for other times than that of the event."""

STATES = vocabulary("status stage")
"""Words for a state that changes over the life of a row."""

_FILE = re.compile(r"\.(csv|tsv|jsonl?|ndjson|xlsx?|parquet|txt)$", re.IGNORECASE)
_IGNORED = vocabulary(
    "raw export exports csv table tbl data all new old latest current daily full vw view1 "
    "snapshot master info stg dim fct fact int mart base src v t xlsx json jsonl copy tmp"
)


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case: `customerEmail` and `CUSTOMER_EMAIL` are equal."""
    text = unicodedata.normalize("NFKC", name)
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    text = re.sub(r"([A-Z])([A-Z][a-z])", r"\1 \2", text)
    return tuple(re.findall(r"[^\W_]+", text.casefold()))


def singular(word: str) -> str:
    """Return the singular of an English noun, good enough to look it up."""
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - not "ties"
        return f"{word[:-3]}y"
    if word.endswith(("sses", "ches", "shes", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


KNOWN = PEOPLE | TRANSACTIONS | TRANSACTIONS_WITH_AMOUNT | REVERSALS | ACTIVITIES | LINES


def table_words(stream: str) -> tuple[str, ...]:
    """Return the words of a stream's name without schema, layer and year.

    Args:
        stream: `public-orders`, `shop.orders`, `stg_shopify__orders`, `orders_2026`.
    """
    named = _FILE.sub("", stream)
    last = [part for part in re.split(r"[.]|__|/", named) if words_of(part)] or [named]
    parts = [part for part in last[-1].split("-") if words_of(part)]
    while len(parts) > 1 and not KNOWN.intersection(map(singular, words_of(parts[0]))):
        parts = parts[1:]
    words = [word for part in parts for word in words_of(part)]
    kept = list(words)
    while len(kept) > 1 and _is_ignored(kept[-1]):
        kept.pop()
    while len(kept) > 1 and _is_ignored(kept[0]):
        kept.pop(0)
    return tuple(kept or words)


def _is_ignored(word: str) -> bool:
    return word in _IGNORED or word.isdecimal() or bool(re.fullmatch(r"v\d+", word))


def head_noun(stream: str) -> str:
    """Return the noun for a row of a stream: `order` for `public-customer_orders`."""
    words = [singular(word) for word in table_words(stream)]
    if not words:
        return ""
    if len(words) > 1 and "".join(words[-2:]) in KNOWN:
        return "".join(words[-2:])
    if words[-1] == "detail" and words[-2:-1] and words[-2] in PEOPLE:
        return words[-2]
    return words[-1]
