"""Every code has its explanation, and the documents of limits and codes are those of the tables."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from scripts import reference
from target_clevertap.cli.explain import explanation
from target_clevertap.config.schema import CONFIG_SCHEMA
from target_clevertap.records import limit_table
from target_clevertap.records.own_codes import BY_CODE, CODES

PACKAGE = Path(limit_table.__file__).parents[1]
REFUSING = {
    *("RecordRefusedError", "refused", "held", "RequestRefused", "refusing", "CodeEntry"),
}
"""What takes a code as its first argument."""


def codes_in(path):
    """Return the codes in a module: given to what refuses, or to a variable `code`."""
    tree = ast.parse(path.read_text())
    constants = {
        each.targets[0].id: each.value.value
        for each in tree.body
        if isinstance(each, ast.Assign)
        and isinstance(each.targets[0], ast.Name)
        and isinstance(each.value, ast.Constant)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            found += node.args[:1] if name in REFUSING else []
        elif isinstance(node, ast.Assign):
            found += [value for name, value in assigned(node) if name == "code"]
        elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "UNENCODABLE":
            found += [each.elts[0] for each in node.value.values]
    for each in found:
        code = constants.get(each.id) if isinstance(each, ast.Name) else None
        code = each.value if isinstance(each, ast.Constant) else code
        if code is not None:
            yield code


def assigned(node):
    target = node.targets[0]
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        pairs = zip(target.elts, node.value.elts, strict=False)
        return [(getattr(name, "id", ""), value) for name, value in pairs]
    return [(getattr(target, "id", ""), node.value)]


def all_codes():
    return {code for path in PACKAGE.rglob("*.py") for code in codes_in(path)}


def test_codes_are_found_in_the_code():
    known = {509, 513, 516, 522, "identity_missing", "time_missing", "text_invalid", "too_deep"}
    known |= {"name_forbidden", "malformed", "unmatched", "uncertain", "names_clash", "too_large"}
    assert known <= all_codes()


def test_every_code_in_the_code_has_an_explanation():
    assert {str(code) for code in all_codes()} - BY_CODE.keys() == set()


def test_every_limit_leads_to_an_explained_code():
    limits = [*limit_table.LIMITS, *limit_table.WORD_LIMITS]
    codes = {str(each.code) for each in limits}
    assert {each for each in codes - BY_CODE.keys() if not each.startswith("none: ")} == set()


def test_all_rows_are_in_the_table():
    rows = [
        each
        for each in vars(limit_table).values()
        if isinstance(each, (limit_table.Limit, limit_table.WordLimit))
    ]
    assert [*limit_table.LIMITS, *limit_table.WORD_LIMITS] == rows


def test_no_code_is_explained_twice():
    assert len(BY_CODE) == len(CODES)


@pytest.mark.parametrize("entry", CODES, ids=lambda entry: str(entry.code))
def test_an_explanation_has_all_parts(entry):
    found = explanation(str(entry.code))
    assert found.startswith(f"{entry.code}: {entry.meaning}\n")
    for part in ("given by:", "cause:", "fix:", "source:"):
        assert part in found
    assert entry.cause.endswith(".")
    assert entry.fix.endswith(".")


@pytest.mark.parametrize("path", reference.documents(), ids=lambda path: path.name)
def test_a_document_is_that_of_its_table(path):
    assert path.read_text() == reference.documents()[path], "run make reference"


def test_a_document_that_differs_is_named(monkeypatch):
    documents = reference.documents()
    monkeypatch.setattr(reference, "documents", lambda: {p: f"{t}x" for p, t in documents.items()})
    with pytest.raises(SystemExit, match=r"limits\.md: it is old; run make reference"):
        reference.main(["--check"])


def test_settings_allow_what_the_limits_allow():
    settings = CONFIG_SCHEMA["properties"]
    assert settings["batch_size_rows"]["maximum"] == limit_table.RECORDS.most == 1000
    assert settings["max_in_flight"]["maximum"] == limit_table.UPLOADS_IN_FLIGHT.most == 15
    assert settings["max_request_bytes"]["default"] == limit_table.REQUEST_BYTES.most == 4_000_000
