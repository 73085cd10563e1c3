"""Profiles of files become records with the keys of the API, and lose nothing."""

from decimal import Decimal

import pytest

from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.profile_records import ProfileRecords
from tap_clevertap.records.profiles import profile_record
from tap_clevertap.streams.schemas import PROFILES_SCHEMA
from tests.support.files.reading import profiles_in

ACCOUNT = "TEST-000-0000"
DAY = "2026-11-01"


def record(row, **columns):
    records = ProfileRecords(
        account_id=ACCOUNT, seen_through=DAY, source_file="profile/x.csv", columns=columns
    )
    (found,) = records.records([(1, row)])
    return found


def key_of_api(row):
    return profile_record(row, account_id=ACCOUNT, seen_through=DAY)["profile_key"]


def test_a_row_as_documented_has_each_field():
    row = {
        "identity": "u1",
        "all_identities": "[u1, a@b.c]",
        "clevertapId": "o2",
        "clevertapIds": ["o2", "o1"],
        "token": "fcm:x",
        "subscriptionGroups": {"News": True},
        "MSG-push": True,
        "Email": "a@b.c",
        "Phone": 919000000001,
        "Name": "Ada",
        "Gender": "F",
        "Score": Decimal("1.10"),
        "Big": 2**70,
    }

    found = record(row)

    assert found == {
        "profile_key": key_of_api({"identity": "u1"}),
        "identity": "u1",
        "object_ids": ["o1", "o2"],
        "all_identities": ["u1", "a@b.c"],
        "name": "Ada",
        "email": "a@b.c",
        "phone": "919000000001",
        "profile_data": {
            "token": "fcm:x",
            "subscriptionGroups": {"News": True},
            "MSG-push": True,
            "Gender": "F",
            "Score": Decimal("1.10"),
            "Big": 2**70,
        },
        "platform_info": [],
        "events": None,
        "seen_through": DAY,
        "source_file": "profile/x.csv",
    }
    assert [*found] == [*PROFILES_SCHEMA["properties"], "source_file"]


@pytest.mark.parametrize(
    ("row", "of_api"),
    [
        ({"identity": "u1", "clevertapId": "a"}, {"identity": "u1", "objectId": "a"}),
        ({"identity": 7}, {"identity": 7}),
        ({"identity": "7"}, {"identity": 7}),
        (
            {"clevertapId": "b", "clevertapIds": "[b, a]"},
            {"platformInfo": [{"objectId": "b"}, {"objectId": "a"}]},
        ),
        ({"clevertapIds": '["b","a"]'}, {"objectId": "a", "platformInfo": [{"objectId": "b"}]}),
        ({"identity": None, "clevertapIds": ["b"]}, {"objectId": "b"}),
        ({"identity": "", "clevertapId": "b"}, {"objectId": "b"}),
        ({"identity": "b", "clevertapId": "b"}, {"objectId": "b"}),
        ({"identity": ["b", "u1", "c"], "clevertapId": "b"}, {"identity": "u1"}),
        ({"identity": "[u1, c]", "clevertapId": "b"}, {"identity": "u1"}),
        ({"identity": "[VIP]", "all_identities": "[[VIP], c]"}, {"identity": "[VIP]"}),
        ({"profileIdentities": {"clevertapId": "b"}, "identity": "u1"}, {"identity": "u1"}),
        ({"profileIdentities": {"clevertapId": "b"}, "identity": None}, {"objectId": "b"}),
        ({"profileIdentities": {"identity": "u1"}, "identity": None}, {"identity": "u1"}),
        ({"Identity": "u1", "CleverTap ID": "b", "All Identities": "[]"}, {"identity": "u1"}),
        ({"Plan": "gold", "Big": 2**70}, {"Plan": "gold", "Big": 2**70}),
    ],
)
def test_the_key_is_that_of_the_api(row, of_api):
    assert record(row)["profile_key"] == key_of_api(of_api)


def test_all_identities_of_an_identity_column_are_kept():
    assert record({"identity": ["u1", "c"], "all_identities": "[c]"})["all_identities"] == [
        "c",
        "u1",
    ]
    assert record({"identity": "[u1, c]"})["all_identities"] == ["u1", "c"]


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("[]", []),
        ("[ ]", []),
        ("[u1]", ["u1"]),
        ("[a@b.c, +49,007]", ["a@b.c", "+49", "007"]),
        (
            '["a, b", 1.10, null, 12345678901234567890]',
            ["a, b", "1.10", None, "12345678901234567890"],
        ),
        ('["é\\u0041\\"]"]', ['éA"]']),
        ("[[VIP]]", ["[VIP]"]),
        ("u1", ["u1"]),
        (" [u1]", [" [u1]"]),
        ("[u1", ["[u1"]),
    ],
)
def test_a_list_may_be_a_text_in_brackets(text, texts):
    assert record({"identity": "x", "all_identities": text})["all_identities"] == texts


def test_other_names_of_a_field_stay_properties():
    found = record(
        {"identity": "x", "Name": "Ada", "name": "Lovelace", "email": "a@b.c", "Email": None}
    )

    assert (found["name"], found["email"]) == ("Ada", "a@b.c")
    assert found["profile_data"] == {"name": "Lovelace"}


def test_the_maps_of_parquet_are_the_properties_and_hide_none():
    found = record(
        {
            "identity": "u1",
            "profileIdentities": {"clevertapId": "o", "all_identities": ["u1"], "identity": "u1"},
            "device": {"token": "t", "Plan": "x"},
            "profileProps": {"Plan": 1, "Name": "Ada", "n": None},
            "commPrefs": {"MSG-push": True, "Plan": True, "subscriptionGroups": {"a": 1}},
        }
    )

    assert (found["object_ids"], found["all_identities"], found["name"]) == (["o"], ["u1"], "Ada")
    assert found["profile_data"] == {
        "token": "t",
        "Plan": "x",
        "n": None,
        "MSG-push": True,
        "subscriptionGroups": {"a": 1},
        "profileProps": {"Plan": 1},
        "commPrefs": {"Plan": True},
    }


def test_a_block_that_is_no_object_is_a_property():
    row = {"identity": "u1", "device": "phone", "events": "5", "platformInfo": "x"}

    assert record(row)["profile_data"] == {"device": "phone", "events": "5", "platformInfo": "x"}


def test_a_row_as_the_api_has_it_becomes_the_same_record():
    row = {
        "identity": "u1",
        "objectId": "a",
        "name": "Ada",
        "profileData": {"tier": "gold", "n": Decimal("1.50")},
        "events": {"Charged": {"count": 1}},
        "platformInfo": [{"objectId": "b", "platform": "iOS"}],
    }

    found = record(row)

    assert found.pop("source_file") == "profile/x.csv"
    assert found == profile_record(row, account_id=ACCOUNT, seen_through=DAY)


def test_renamed_columns_are_found_by_the_mapping():
    found = record(
        {"Kunde": "u1", "CT": "o", "identity_type": "x"}, Kunde="identity", CT="clevertapId"
    )

    assert (found["identity"], found["object_ids"]) == ("u1", ["o"])
    assert found["profile_data"] == {"identity_type": "x"}


def test_a_mapping_that_gives_two_members_one_name_is_refused():
    with pytest.raises(UnreadFileError, match="has `Kunde` and `identity`, which both stand for"):
        record({"Kunde": "u1", "identity": "u2"}, Kunde="identity")


def test_a_row_stays_as_it_was():
    row = {"identity": ["u1"], "device": {"a": 1}}

    record(row)

    assert row == {"identity": ["u1"], "device": {"a": 1}}


def test_rows_of_csv_and_xml_become_equal_records():
    in_csv = b'identity,clevertapIds,Plan\nu1,"[a, b]",gold\n'
    in_xml = (
        b"<r><Profile><identity>u1</identity><clevertapIds>a</clevertapIds>"
        b"<clevertapIds>b</clevertapIds><Plan>gold</Plan></Profile></r>"
    )

    ((_, of_csv),), ((_, of_xml),) = profiles_in("csv", in_csv), profiles_in("xml", in_xml)

    assert record(of_csv) == record(of_xml)
    assert record(of_csv)["object_ids"] == ["a", "b"]
