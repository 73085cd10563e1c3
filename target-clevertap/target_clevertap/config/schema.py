"""The settings of the target as a JSON schema, as `--about` and the Hub show them."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from target_clevertap._http.settings import PROPERTIES
from target_clevertap.records.import_limits import SFTP_BYTES
from target_clevertap.records.limit_table import RECORDS, REQUEST_BYTES, UPLOADS_IN_FLIGHT
from target_clevertap.rules.reading import RULE_SCHEMA

REJECTS_PATH = "clevertap-rejects.jsonl"
LEDGER_PATH = "clevertap-ledger.sqlite"
DELETES_PATH = "clevertap-deletes.jsonl"
FILES_PATH = "clevertap-files"
LEAST_FILE_BYTES = 10_000
MOST_LEDGER_DAYS = 36_500

CONFIG_SCHEMA: dict[str, Any] = th.PropertiesList(
    *PROPERTIES,
    th.Property(
        "request_timeout",
        th.NumberType(nullable=False, minimum=1, maximum=3600),
        default=60,
        title="Request Timeout",
        description="Seconds to wait for a response.",
    ),
    th.Property(
        "streams",
        th.ObjectType(additional_properties=th.CustomType(RULE_SCHEMA), nullable=False),
        title="Streams",
        description="For each stream a rule by which its records become those of CleverTap.",
    ),
    th.Property(
        "max_in_flight",
        th.IntegerType(nullable=False, minimum=1, maximum=UPLOADS_IN_FLIGHT.most),
        default=UPLOADS_IN_FLIGHT.most,
        title="Maximum In Flight",
        description="Upload requests in flight at most; CleverTap allows 15 for each account.",
    ),
    th.Property(
        "batch_size_rows",
        th.IntegerType(nullable=False, minimum=1, maximum=RECORDS.most),
        default=RECORDS.most,
        title="Batch Size in Rows",
        description="Records in one request at most.",
    ),
    th.Property(
        "max_request_bytes",
        th.IntegerType(nullable=False, minimum=1000),
        default=REQUEST_BYTES.most,
        title="Maximum Request Bytes",
        description="Bytes in one request at most.",
    ),
    th.Property(
        "flush_seconds",
        th.NumberType(nullable=False, minimum=0, maximum=86_400),
        default=5,
        title="Flush Seconds",
        description="A batch that does not fill is sent after this long.",
    ),
    th.Property(
        "rejects_path",
        th.StringType(nullable=False, min_length=1),
        default=REJECTS_PATH,
        title="Rejects Path",
        description="File of records that were not delivered; this target can read it.",
    ),
    th.Property(
        "all_rejected",
        th.StringType(nullable=False),
        default="stop",
        allowed_values=["stop", "continue"],
        title="All Rejected",
        description="Whether a run stops where a stream's first full batches are all refused.",
    ),
    th.Property(
        "max_rejects",
        th.IntegerType(nullable=False, minimum=-1),
        default=0,
        title="Maximum Rejects",
        description="With more rejects the run ends with exit status 3; -1 is any number.",
    ),
    th.Property(
        "ledger_path",
        th.StringType(nullable=False),
        default=LEDGER_PATH,
        title="Ledger Path",
        description="File of what was delivered, so that no event is sent twice; empty is none.",
    ),
    th.Property(
        "ledger_days",
        th.IntegerType(nullable=False, minimum=0, maximum=MOST_LEDGER_DAYS),
        default=0,
        title="Ledger Days",
        description="The ledger forgets what was delivered more days ago; 0 keeps it for ever.",
    ),
    th.Property(
        "uncertain",
        th.StringType(nullable=False),
        default="resend",
        allowed_values=["resend", "skip"],
        title="Uncertain",
        description="What happens to a request of unknown outcome: sent again, or skipped.",
    ),
    th.Property(
        "new_profile_limit",
        th.NumberType(nullable=False, minimum=0, maximum=1),
        default=1,
        title="New Profile Limit",
        description="Share of a stream's first users that may be new to CleverTap; 1 is any.",
    ),
    th.Property(
        "default_country",
        th.StringType(nullable=False),
        title="Default Country",
        description="Two letters: the country of telephone numbers without one, for invalid: fix.",
    ),
    th.Property(
        "report_path",
        th.StringType(nullable=False, min_length=1),
        title="Report Path",
        description="File for what became of a run's records and requests; JSON, or a page if it "
        "ends in .html.",
    ),
    th.Property(
        "dry_run",
        th.StringType(nullable=False),
        default="off",
        allowed_values=["off", "local", "vendor"],
        title="Dry Run",
        description="Checks and previews without delivering: here only, or by CleverTap too.",
    ),
    th.Property(
        "dry_run_values",
        th.StringType(nullable=False),
        default="masked",
        allowed_values=["masked", "shown"],
        title="Dry Run Values",
        description="Whether the preview of a dry run hides the values of records.",
    ),
    th.Property(
        "already_delivered",
        th.BooleanType(nullable=False),
        default=False,
        title="Already Delivered",
        description="Notes the records of a run in the ledger as delivered by another tool, and "
        "sends nothing.",
    ),
    th.Property(
        "confirm_deletes",
        th.BooleanType(nullable=False),
        default=False,
        title="Confirm Deletes",
        description="Whether users may be deleted; without it a stream that deletes is refused.",
    ),
    th.Property(
        "deletes_path",
        th.StringType(nullable=False, min_length=1),
        default=DELETES_PATH,
        title="Deletes Path",
        description="File with a line for each accepted call that deleted users.",
    ),
    th.Property(
        "method",
        th.StringType(nullable=False),
        default="api",
        allowed_values=["api", "files", "sftp"],
        title="Method",
        description="How records reach CleverTap: by its upload API, in files for its imports, or "
        "in files that are uploaded by SFTP.",
    ),
    th.Property(
        "files_path",
        th.StringType(nullable=False, min_length=1),
        default=FILES_PATH,
        title="Files Path",
        description="Folder of the files, and of records that wait for theirs.",
    ),
    th.Property(
        "files_for",
        th.StringType(nullable=False),
        default="sftp",
        allowed_values=["sftp", "dashboard"],
        title="Files For",
        description="Which import reads the files: by SFTP with manifests, or in the dashboard.",
    ),
    th.Property(
        "files_max_bytes",
        th.IntegerType(nullable=False, minimum=LEAST_FILE_BYTES, maximum=SFTP_BYTES),
        default=SFTP_BYTES,
        title="Maximum File Bytes",
        description="Bytes of a file at most; CleverTap takes 5 GB, and 1 GB in the dashboard.",
    ),
    th.Property(
        "client_email",
        th.StringType(nullable=False),
        title="Client E-mail",
        description="Who gets CleverTap's mail about an import by SFTP.",
    ),
    th.Property(
        "sftp_url",
        th.StringType(nullable=False),
        title="SFTP URL",
        description="Server and folder for files, such as sftp://ACCOUNT_ID@HOST/FOLDER.",
    ),
    th.Property(
        "sftp_key_path",
        th.StringType(nullable=False, min_length=1),
        title="SFTP Key Path",
        description="File with the private SSH key whose public key CleverTap has.",
    ),
    th.Property(
        "sftp_key_passphrase",
        th.StringType(nullable=False),
        secret=True,
        title="SFTP Key Passphrase",
        description="Passphrase of the private key, if it has one.",
    ),
    th.Property(
        "sftp_host_key",
        th.StringType(nullable=False),
        title="SFTP Host Key",
        description="Public key of the SFTP server, or its SHA256 fingerprint; no other is used.",
    ),
).to_dict()
