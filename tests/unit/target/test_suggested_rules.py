"""The rule that is suggested for a stream, by its columns alone."""

from __future__ import annotations

import logging
import random

import pytest
import yaml
from singer_sdk.mapper import PluginMapper

from target_clevertap.config.dotted_names import join_dotted_names
from target_clevertap.config.rules import read_rules
from target_clevertap.records.limits import EVENT_PROPERTIES
from target_clevertap.rules.reading import OBJECT_KEYS
from target_clevertap.rules.suggest.missing_rule import no_rule
from target_clevertap.rules.suggest.yaml_text import PLACE
from target_clevertap.singer.columns import read_columns
from target_clevertap.singer.stream_mapping import build_mapping
from tests.support.tables import KINDS, columns

OFFER = "add one to the setting streams, for example:\n"


def text_for(stream, listed, keys=(), bookmarks=None, **options):
    schema = read_columns({"type": "object", "properties": listed})
    return no_rule(stream, schema, list(keys), bookmarks, **options)


def rule_for(stream, listed, keys=(), bookmarks=None):
    _, found, text = text_for(stream, listed, keys, bookmarks).partition(OFFER)
    assert found
    return yaml.safe_load(text)["streams"][stream]


def test_the_text_is_yaml_with_its_reasons():
    listed = columns("id:int, email, created_at:at, due:day, total:num, lines:lines")
    listed["_sdc_batched_at"] = KINDS["text"]
    assert text_for("orders", listed, ["id"]).splitlines() == [
        "stream `orders`: it has no rule and nothing of it was sent; " + OFFER.strip(),
        *(f"# {line}" for line in PLACE),
        "streams:",
        "  orders:",
        "    type: event",
        "    # CleverTap's event of a purchase; for rows that are not paid choose another name",
        "    event: Charged",
        "    # has to be the identity that the app's SDK uses",
        "    identity: email",
        "    time: created_at",
        "    properties:",
        "      Amount: total",
        "      Charged ID: id",
        "      Items: lines",
        "      due: due",
        "    others: drop",
    ]


def test_other_columns_that_could_be_meant_are_named():
    text = text_for("orders", columns("id, customer_id, email, placed_at:at, paid_at:at"), ["id"])
    assert "SDK uses; it could also be `email`" in text
    assert "when it happened; it could also be `paid_at`" in text


@pytest.mark.parametrize("name", ["birthday", "updated_at", "due_date", "expires_at", "deleted_at"])
def test_a_time_of_something_else_is_not_the_time_of_an_event(name):
    rule = rule_for("page_views", columns(f"id, user_id, {name}:at, viewed_at:at"), ["id"])
    assert rule["time"] == "viewed_at"
    assert "time" not in rule_for("page_views", columns(f"id, user_id, {name}:at"), ["id"])


@pytest.mark.parametrize(
    "name",
    ["user_agent", "customer_note", "users_count", "client_ip", "assigned_user_id", "store_email"],
)
def test_a_column_about_a_user_is_not_the_user(name):
    text = text_for("page_views", columns(f"id, {name}, viewed_at:at"), ["id"])
    assert "no column names a user" in text


@pytest.mark.parametrize("kind", ["bool", "obj", "lines", "texts", "at"])
def test_a_column_of_another_kind_is_not_the_user(kind):
    text = text_for("page_views", columns(f"id, user_id:{kind}, viewed_at:at"), ["id"])
    assert OFFER not in text


def test_a_table_that_nobody_knows_is_offered_with_its_other_reading():
    listed = columns("id, user_id, made_on, score:num")
    text = text_for("zorbs", listed, ["id"])
    assert "type: event\n" in text
    assert "if each row is a user and not something that happened: type: profile" in text
    text = text_for("zorbs", listed, ["user_id"])
    assert "type: profile\n" in text
    text = " ".join(text.replace("#", " ").split())
    assert "type: event, event: Zorbs, time: `made_on`, others: drop" in text


def test_more_properties_than_clevertap_takes_are_left_out():
    listed = columns("user_id, " + ", ".join(f"p{number}" for number in range(300)))
    rule = rule_for("users", listed, ["user_id"])
    assert len(rule["properties"]) == EVENT_PROPERTIES
    assert rule["others"] == "drop"


def test_a_column_that_would_be_another_user_key_is_renamed():
    rule = rule_for("users", columns("id, customer_id, objectId, FBID"), ["customer_id"])
    assert rule["properties"] == {"objectId 2": "objectId", "FBID 2": "FBID"}


def test_without_a_ledger_a_stream_that_would_be_refused_next_is_reported_at_once():
    listed = columns("id, user_id, viewed_at:at")
    assert "ledger_path, or" in text_for("page_views", listed, ["id"], has_ledger=False)
    assert "ledger_path, or" not in text_for("page_views", listed, ["id"])
    bookmarks = ["viewed_at"]
    text = text_for("page_views", listed, ["id"], bookmarks, has_ledger=False)
    assert "ledger_path, or" not in text


def test_where_nothing_can_be_a_key_the_text_says_what_that_means():
    text = text_for("page_views", columns("user_id, url"))
    assert "ledger_key: [user_id]" in text
    assert "nothing here can be a key" in text
    assert "CleverTap takes the time of arrival" in text


@pytest.mark.parametrize(
    "name", ["yes", "no", "on", "null", "true", "12", "1e5", "~", "", "=", "<<"]
)
def test_names_that_yaml_takes_for_something_else_are_quoted(name):
    _, _, text = text_for(name, columns("user_id, viewed_at:at"), []).partition(OFFER)
    assert list(yaml.safe_load(text)["streams"]) == [name]
    rule = rule_for("page_views", {**columns("id, user_id, viewed_at:at"), name: {}}, ["id"])
    assert name in rule["properties"].values()


def test_a_key_that_the_schema_lacks_is_replaced_for_stream_maps_too():
    _, _, text = text_for("users", columns("user_id, gender"), ["id"]).partition(OFFER)
    assert yaml.safe_load(text)["stream_maps"]["users"]["__key_properties__"] == ["user_id"]


def test_a_key_that_the_schema_lacks_is_replaced():
    assert rule_for("page_views", columns("user_id, viewed_at:at"), ["id"])["ledger_key"] == [
        "user_id",
        "viewed_at",
    ]


def test_text_that_is_no_number_has_a_recipe():
    text = text_for("orders", columns("id, email, Created at, Total"), ["id"])
    assert "Total: \"float(record.get('Total')) if record.get('Total') else None\"" in text
    assert "Created at: \"datetime.datetime.strptime(record.get('Created at')," in text


STREAMS = ["users", "orders", "page_views", "zorbs", "a.b", 'q"x', "refunds", "x-leads", "vip"]
NAMES = (
    *("id", "user_id", "email", "Email", "E-mail", "customer.id", "name", "First Name", "phone"),
    *("gender", "dob", "birthday", "total", "Total ", "amount", "AMOUNT", "currency", "items"),
    *("Items", "line_items", "status", "created_at", "updated_at", "when", "at", "timestamp"),
    *("a.b", "a b", "A  B", "cost$", "cost#", "$", "%", "it's", '"', "\n", "\ufeff", "_sdc_x"),
    *("identity", "objectId", "Identity", "FBID", "password", "body", "married", "education"),
    *("Charged ID", "order_id", "event", "event_name", "document", "_id", "tags", "\ud800"),
    *("__x__", "self", "record", "class", "1", "x" * 200, "x" * 201, "é", "user.email", "none"),
)


@pytest.mark.parametrize("seed", range(300))
def test_whatever_the_columns_what_is_offered_fits_its_schema(seed):
    """No second stop after the rule is pasted, and no names that CleverTap takes for one."""
    chance = random.Random(seed)
    names = chance.sample(NAMES, chance.randint(1, 25))
    listed = {name: dict(KINDS[chance.choice(list(KINDS))]) for name in names}
    keys = chance.sample(names, chance.randint(0, min(2, len(names))))
    stream = chance.choice(STREAMS)
    text = text_for(stream, listed, keys, chance.choice([None, names[:1]]))
    head, found, pasted = text.partition(OFFER)
    assert found or "there is no user" in head or "names a user" in head
    if not found:
        return
    config = yaml.safe_load(pasted)
    rules, wrong = read_rules(join_dotted_names(config["streams"], OBJECT_KEYS))
    assert wrong == []
    mapper = PluginMapper(config, logging.getLogger())
    schema = {"type": "object", "properties": listed}
    mapper.register_raw_stream_schema(stream, schema, keys)
    mapped = mapper.stream_maps[stream][0]
    after = read_columns(mapped.transformed_schema)
    plan = build_mapping(stream, rules[stream], after, keys)
    names = [name for column in after.listed for name in plan.names(column)]
    taken = ["".join(name.split()).casefold() for name in names]
    assert len(set(taken)) == len(taken)
    if rules[stream].is_event:
        assert rules[stream].ledger_key or mapped.transformed_key_properties
    row = dict.fromkeys(names)
    mapped.transform(row)
