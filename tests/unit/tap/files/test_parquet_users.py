"""Users in Parquet files: those of one shape are encoded as each alone."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from tap_clevertap.files.formats.parquet.shapes import BETWEEN, NESTED, NULL, NUMBER, TEXT
from tap_clevertap.files.formats.parquet.user_plans import UserEncoder
from tap_clevertap.files.formats.parquet.users import encode_user_of_blocks, items_of
from tap_clevertap.files.listed_texts import listed
from tap_clevertap.records.exact_json import canonical_json
from tap_clevertap.records.values import as_texts

VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)
NAMES = st.sampled_from(
    ["clevertapId", "objectId", "identity", "all_identities", "email", "platform", "make", "%"]
) | st.text(max_size=3)
BLOCK = st.dictionaries(NAMES, VALUES, max_size=4)
LISTS = st.lists(st.text(max_size=3) | st.integers() | st.none(), max_size=3).map(json.dumps)
IDENTITIES = st.dictionaries(NAMES, VALUES | LISTS | LISTS.map(lambda each: each.replace('"', "")))


def shape_of(block):
    kinds = {type(None): NULL, str: TEXT, list: NESTED}
    return canonical_json({name: kinds.get(type(each), NUMBER) for name, each in block.items()})


@example([({}, {"all_identities": [""]}, {}, {"all_identities": [""]})])
@given(st.lists(st.tuples(IDENTITIES, BLOCK, BLOCK, BLOCK), min_size=1, max_size=3))
def test_users_of_a_shape_are_encoded_as_each_alone(users):
    between, known = BETWEEN.encode(), UserEncoder()
    for blocks in [*users, *users]:
        in_order = [
            dict(sorted(block.items(), key=lambda each: each[0].encode())) for block in blocks
        ]
        shape = between.join(map(shape_of, in_order))
        values = between.join(canonical_json(each) for block in in_order for each in block.values())

        assert known.encode([shape], [0], [values]) == [encode_user_of_blocks(*in_order)]


@given(
    LISTS
    | LISTS.map(lambda each: each.replace('"', ""))
    | st.text()
    | st.integers()
    | st.lists(st.text(), max_size=2)
)
def test_all_identities_are_listed_in_any_form(value):
    assert items_of(canonical_json(value)) == canonical_json(as_texts(listed(value)))[1:-1]
