"""What Azure refuses, by Azurite and by what Azurite leaves out: each is named with what to do."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

from tap_clevertap.errors import SettingError
from tap_clevertap.files.errors import FileChangedError, StoreError, UnreadFileError
from tap_clevertap.files.stores import continued
from tap_clevertap.files.stores.opening import open_store
from tests.support.files.azure import ACCOUNT, KEY
from tests.support.files.breaking_server import Refusal, breaking_server
from tests.support.files.stores import started_store

LISTING, FILE = "comp=list", "/exports/ev/a"
CONNECTION = "AZURE_STORAGE_CONNECTION_STRING"


@pytest.fixture(scope="module")
def store():
    with started_store("azure") as started:
        started.put("ev/a", b"1")
        yield started


@pytest.fixture
def server(store, monkeypatch):
    monkeypatch.setattr(continued, "FIRST_PAUSE", 0.001)
    with breaking_server(store.objects.endpoint) as front:
        for name, value in store.objects.through(front.address).items():
            monkeypatch.setenv(name, value)
        yield front


def refused(code, status):
    text = f"<Error><Code>{code}</Code><Message>It is so.</Message></Error>"
    body = f"<?xml version='1.0' encoding='utf-8'?>{text}"
    headers = (("x-ms-error-code", code), ("Content-Type", "application/xml"))
    return Refusal(status, body, headers)


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("AuthorizationPermissionMismatch", 403, "to list blobs is missing on container `exports`"),
        ("AuthorizationPermissionMismatch", 403, "role Storage Blob Data Reader"),
        ("AuthorizationFailure", 403, "does not let this machine or shared keys in"),
        ("AuthenticationFailed", 403, r"credentials \(AuthenticationFailed\); renew"),
        ("InvalidAuthenticationInfo", 401, r"credentials \(InvalidAuthenticationInfo\); renew"),
        ("ContainerNotFound", 404, "there is no such container; check"),
        ("PublicAccessNotPermitted", 409, "no credentials were sent"),
        ("InvalidQueryParameterValue", 400, r"refuses to list it \(400: InvalidQueryParameter"),
    ],
)
def test_a_listing_that_is_refused(server, code, status, message):
    server.refusals[LISTING] = refused(code, status)
    with pytest.raises(StoreError, match=rf"^az://exports/ev/: .*{message}"):
        list(open_store("az://exports/ev").list())


@pytest.mark.parametrize(
    ("code", "status", "error", "message"),
    [
        ("AuthorizationPermissionMismatch", 403, StoreError, "permission to read blobs is missing"),
        ("BlobNotFound", 404, FileChangedError, "is gone since it was listed"),
        ("ConditionNotMet", 412, FileChangedError, "was replaced after it was listed"),
        ("BlobArchived", 409, UnreadFileError, "in the archive tier; rehydrate it"),
        ("BlobBeingRehydrated", 409, UnreadFileError, "still being rehydrated"),
        ("BlobUsesCustomerSpecifiedEncryption", 409, UnreadFileError, "only its writer has"),
        ("KeyVaultEncryptionKeyNotFound", 403, StoreError, r"\(KeyVaultEncryptionKeyNotFound\)"),
        ("LeaseNotPresent", 409, UnreadFileError, r"refused by Azure \(409: LeaseNotPresent\)"),
    ],
)
def test_a_file_that_is_refused(server, code, status, error, message):
    opened = open_store("az://exports/ev")
    (info,) = opened.list()
    server.refusals[FILE] = refused(code, status)
    with pytest.raises(error, match=message) as raised, opened.open(info) as file:
        file.read()
    assert type(raised.value) is error


def test_an_archived_file_is_unread(store, server):
    store.put("cold/a", b"1")
    store.objects.client.get_blob_client("cold/a").set_standard_blob_tier("Archive")
    opened = open_store("az://exports/cold")
    (info,) = opened.list()
    with pytest.raises(UnreadFileError, match="in the archive tier"), opened.open(info) as file:
        file.read()


def test_folders_of_a_hierarchical_namespace_are_no_files(store, server):
    store.objects.put("tree/day", b"", metadata={"hdi_isfolder": "true"})
    store.put("tree/day/a", b"1")
    assert [info.key for info in open_store("az://exports/tree").list()] == ["day/a"]
    assert [info.key for info in open_store("az://exports/tree/day").list()] == ["a"]


def sas(**rights):
    return generate_account_sas(
        ACCOUNT,
        KEY,
        ResourceTypes(container=True, object=True),
        AccountSasPermissions(**rights),
        datetime.now(timezone.utc) + timedelta(hours=1),
    )


@pytest.mark.parametrize(
    "variables",
    [
        {"AZURE_STORAGE_ACCOUNT": ACCOUNT, "AZURE_STORAGE_KEY": KEY},
        {"AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": KEY},
        {"AZURE_STORAGE_SAS_TOKEN": sas(read=True, list=True)},
        {"AZURE_STORAGE_SAS_TOKEN": "?" + sas(read=True, list=True)},
    ],
    ids=["az", "others", "sas", "sas with ?"],
)
def test_credentials_are_those_of_azures_tools(store, monkeypatch, variables):
    monkeypatch.setenv("AZURE_STORAGE_SERVICE_ENDPOINT", store.objects.endpoint)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    opened = open_store("az://exports/ev")
    (info,) = opened.list()
    assert opened.open(info).read() == b"1"


def test_a_token_without_a_right_is_named_but_not_shown(store, monkeypatch):
    token = sas(read=True)
    monkeypatch.setenv("AZURE_STORAGE_SERVICE_ENDPOINT", store.objects.endpoint)
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", token)
    with pytest.raises(StoreError, match="permission to list blobs is missing") as raised:
        list(open_store("az://exports/ev").list())
    assert token.partition("sig=")[2] not in str(raised.value)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "needs the name of the storage account; set AZURE_STORAGE_CONNECTION_STRING, or"),
        ({CONNECTION: "AccountKey=secret"}, "cannot be read; copy it anew"),
        ({CONNECTION: "secret"}, "cannot be read; copy it anew"),
        ({CONNECTION: "AccountName=a;AccountKey=sec*ret"}, "does not accept|cannot be"),
        (
            {"AZURE_STORAGE_ACCOUNT": "a", "AZURE_STORAGE_ACCOUNT_NAME": "b"},
            "AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_ACCOUNT_NAME differ; unset all but one",
        ),
    ],
    ids=["none", "no account", "no pairs", "key", "two"],
)
def test_variables_that_cannot_be_read_are_named_but_not_shown(monkeypatch, variables, message):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises((SettingError, StoreError), match=message) as raised:
        list(open_store("az://exports/ev").list())
    assert "sec" not in str(raised.value)
