"""The templates of examples/queue: valid, and what they carry is what the tap reads."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import quote_plus

import boto3
import pytest
import requests

from clevertap_emulator.files.export import export_files
from tap_clevertap.inbox.writer import REPEATED_MS
from tests.support.cloudformation import resolved, resources
from tests.support.files.exported import unpacked
from tests.support.files.stores import started_store
from tests.support.files.tap_runs import EVENTS, read_files_alone

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "examples" / "queue"
PAGE = ROOT / "docs" / "behind-a-queue.md"
TO_FILES, TO_QUEUE = FOLDER / "events-to-files.yml", FOLDER / "webhooks-to-queue.yml"
SOURCE = "aws.partner/clevertap.com/TEST-000-0000/events"
FORM = "application/x-www-form-urlencoded"
SIGNED_FOR_SQS = "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/sqs/aws4_request"
MOST_ENTRIES, MOST_RECORDS = 10, 100
"""Of one call of EventBridge and of Firehose."""

MOST_HIDDEN = 120_000
"""Messages of a queue that were received and not deleted, as SQS documents it."""


@pytest.fixture(scope="module")
def cloud():
    with started_store("s3") as store:
        yield store.objects


@pytest.fixture
def client(cloud):
    made = []

    def make(name):
        made.append(boto3.client(name, endpoint_url=cloud.endpoint, **cloud.credentials))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("path", [TO_FILES, TO_QUEUE], ids=lambda path: path.stem)
def test_a_template_is_valid(path):
    program = Path(sys.executable).parent / "cfn-lint"
    command = [program, "--non-zero-exit-code", "informational", path]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (ended.returncode, ended.stdout) == (0, "")


def test_a_message_comes_again_while_the_receiver_knows_it_and_as_long_as_the_page_has_it():
    parts = resources(TO_QUEUE)
    queue, most = parts["Messages"]["Properties"], 1000
    seconds = queue["VisibilityTimeout"]
    assert 2 * seconds * 1000 <= REPEATED_MS
    rate = parts["Receiver"]["Properties"]["InvocationRateLimitPerSecond"]
    assert rate * seconds < MOST_HIDDEN
    assert queue["RedrivePolicy"]["maxReceiveCount"] == most
    hours = f"{seconds * most // 3600} hours"
    days = f"{queue['MessageRetentionPeriod'] // 86400} days"
    assert parts["Undelivered"]["Properties"]["MessageRetentionPeriod"] == 14 * 86400
    for path in (TO_QUEUE, PAGE):
        assert set(re.findall(r"\d+ hours", path.read_text())) == {hours}
    assert set(re.findall(r"\b1?\d days", PAGE.read_text())) == {days}


def test_events_of_the_bus_are_the_records_of_the_stream(cloud, client, tmp_path):
    truth = export_files(
        tmp_path, format="eventbridge", what="events", days=2, users=20, events_per_day=80
    ).events
    messages = [
        json.loads(line)
        for path in sorted(tmp_path.rglob("*"))
        if path.is_file()
        for line in unpacked(path).splitlines()
    ]
    parts = resources(TO_FILES)
    queue_url = matched_by(parts["Rule"]["Properties"], client)
    send(client("events"), messages, SOURCE)
    send(client("events"), messages[:5], "another.source")
    bodies = received(client("sqs"), queue_url)
    assert len(bodies) == len(messages) > 50
    deliver(client("firehose"), parts["Delivery"]["Properties"], bodies)
    output = read_files_alone(
        cloud.root + "events",
        EVENTS,
        environment=cloud.environment,
        export_files_format="eventbridge",
    )
    assert output.status == 0, output.log
    assert Counter(map(told, output.records[EVENTS])) == Counter(map(told, truth))


def told(row):
    """Return what identifies an event, whoever gives the row."""
    return (
        row["event_name"],
        row["ts"],
        row["object_id"],
        json.dumps(row["event_props"] or {}, default=float, sort_keys=True),
    )


def matched_by(rule, client):
    """Make the rule of the template, with a queue as its target; return the queue."""
    queue = client("sqs")
    url = queue.create_queue(QueueName="matched")["QueueUrl"]
    arn = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    pattern = resolved(rule["EventPattern"], {"EventSource": SOURCE})
    events = client("events")
    events.put_rule(Name="rule", EventPattern=json.dumps(pattern))
    target = {"Id": "matched", "Arn": arn["Attributes"]["QueueArn"]}
    events.put_targets(Rule="rule", Targets=[target])
    return url


def send(events, messages, source):
    """Put messages on the bus, as CleverTap does."""
    for start in range(0, len(messages), MOST_ENTRIES):
        entries = [
            {
                "Source": source,
                "DetailType": each["detail-type"],
                "Detail": json.dumps(each["detail"]),
            }
            for each in messages[start : start + MOST_ENTRIES]
        ]
        assert events.put_events(Entries=entries)["FailedEntryCount"] == 0


def received(queue, url):
    """Take all messages out of a queue."""
    bodies = []
    while found := queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [each["Body"] for each in found]
        for each in found:
            queue.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return bodies


def deliver(firehose, delivery, bodies):
    """Send messages through a delivery stream with the destination of the template."""
    names = {
        "Files.Arn": "arn:aws:s3:::exports",
        "DeliveryRole.Arn": "arn:aws:iam::123456789012:role/delivery",
        "Folder": "events",
    }
    destination = resolved(delivery["ExtendedS3DestinationConfiguration"], names)
    firehose.create_delivery_stream(
        DeliveryStreamName="delivery", ExtendedS3DestinationConfiguration=destination
    )
    records = [{"Data": body.encode()} for body in bodies]
    for start in range(0, len(records), MOST_RECORDS):
        some = records[start : start + MOST_RECORDS]
        answer = firehose.put_record_batch(DeliveryStreamName="delivery", Records=some)
        assert answer["FailedPutCount"] == 0


def test_a_webhook_is_in_the_queue_as_it_was_sent(client):
    parts = resources(TO_QUEUE)
    attributes = parts["Messages"]["Properties"]
    queue = client("sqs")
    url = queue.create_queue(
        QueueName="messages",
        Attributes={
            name: str(attributes[name]) for name in ("MessageRetentionPeriod", "VisibilityTimeout")
        },
    )["QueueUrl"]
    integration = parts["Post"]["Properties"]["Integration"]
    body = '{"targetId":1,"profiles":[{"identity":"a&b=c %41 +é","n":1.50}]}'
    for template in integration["RequestTemplates"].values():
        rendered = template.replace("$util.urlEncode($input.body)", quote_plus(body))
        headers = {"Content-Type": FORM, "Authorization": SIGNED_FOR_SQS}
        requests.post(url, data=rendered, headers=headers, timeout=30).raise_for_status()
    assert received(queue, url) == [body, body]
    assert re.fullmatch(integration["IntegrationResponses"][0]["SelectionPattern"], "200")
