"""Buckets of flow logs: moto stands in for S3 and SQS. However often an object is told of, and whenever the server
is killed, each of its rows is stored once."""

import base64
import gzip
import http.client
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time
import urllib.request

import collector
import fake_instance
import network
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "Benchmarks"))

import cloud  # noqa: E402

MOTO = 5599
ENDPOINT = f"http://127.0.0.1:{MOTO}"
# Fewer do where the machine is slow and only the road is to be tried.
OBJECTS = int(os.environ.get("CLOUD_OBJECTS", "60"))
RECORDS = 30
HEADER = ("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
          "log-status")


@pytest.fixture
def moto():
    """S3 and SQS of a bucket that tells a queue of its objects."""
    boto3 = pytest.importorskip("boto3")
    program = shutil.which("moto_server") or os.path.join(os.path.dirname(sys.executable), "moto_server")
    if not os.access(program, os.X_OK):
        pytest.skip("moto_server isn't there")
    process = subprocess.Popen([*network.WITH_PARENT, program, "-H", "127.0.0.1", "-p", str(MOTO)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers():
        try:
            return urllib.request.urlopen(f"{ENDPOINT}/moto-api/", timeout=2).status
        except OSError:
            return None
    network.wait_for(answers, "moto", 180)
    words = {"endpoint_url": ENDPOINT, "region_name": "eu-central-1", "aws_access_key_id": "A",
             "aws_secret_access_key": "B"}
    yield boto3.client("s3", **words), boto3.client("sqs", **words)
    process.kill()
    process.wait()


def flow_log(number):
    """The lines of an object; no line is like one of another object."""
    now = int(time.time()) - 300
    lines = [HEADER] + [
        f"2 123456789012 eni-1 10.0.{number}.{record} 192.0.2.1 {number} 443 6 1 {number * RECORDS + record + 1} {now} {now + 59} "
        "ACCEPT OK" for record in range(RECORDS)]
    return gzip.compress(("\n".join(lines) + "\n").encode())


def key(number):
    return f"AWSLogs/aws-account-id=123456789012/year=2025/a b+{number:03}.log.gz"


def sums(netmeta):
    row = netmeta.sql("SELECT count() AS n, uniqExact(Bytes) AS different, sum(Bytes) AS b FROM flows_raw"
                      " WHERE FlowType = 'AWS_VPC'")[0]
    return row["n"], row["different"], row["b"]


def configured(netmeta, rest, endpoint=ENDPOINT):
    with netmeta.configuration.open("a") as file:
        file.write("sources: {aws: {flow-bucket: {region: eu-central-1, prefix: AWSLogs/,\n"
                   f"  endpoint: \"{endpoint}\", {rest}}}}}}}\n")


def killed_twice(netmeta, objects):
    """Kills the server twice while rows come, then waits for all of them."""
    rows = objects * RECORDS
    for part in (1, 2):
        network.wait_for(lambda: sums(netmeta)[0] > part * rows // 4, f"part {part} of the rows", 180)
        netmeta.kill()
        netmeta.start()
    network.wait_for(lambda: sums(netmeta)[0] >= rows, "all rows", 180)
    # Long enough for what would come twice.
    time.sleep(2)
    assert sums(netmeta) == (rows, rows, rows * (rows + 1) // 2)


def test_a_queue_that_tells_twice_and_in_any_order(serving, moto):
    s3, sqs = moto
    bucket = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket="flow-bucket", CreateBucketConfiguration=bucket)
    queue = sqs.create_queue(QueueName="flow-logs", Attributes={"VisibilityTimeout": "5"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    # The first message is S3's test event.
    s3.put_bucket_notification_configuration(Bucket="flow-bucket", NotificationConfiguration={
        "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]})
    for number in random.sample(range(OBJECTS), OBJECTS):
        s3.put_object(Bucket="flow-bucket", Key=key(number), Body=flow_log(number))
    # Told a second time, some through SNS, some by EventBridge, some of what isn't to be read.
    for number in random.sample(range(OBJECTS), OBJECTS // 2):
        etag = s3.head_object(Bucket="flow-bucket", Key=key(number))["ETag"].strip('"')
        name = urllib.request.quote(key(number), safe="").replace("%20", "+")
        event = json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": {
            "bucket": {"name": "flow-bucket"}, "object": {"key": name, "eTag": etag}}}]})
        bridge = json.dumps({"detail": {"bucket": {"name": "flow-bucket"}, "object": {"key": key(number), "etag": etag}}})
        body = random.choice([event, json.dumps({"Type": "Notification", "Message": event}), bridge])
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    sqs.send_message(QueueUrl=queue, MessageBody=event.replace("flow-bucket", "other-bucket"))
    netmeta = serving()
    configured(netmeta, f'accessKey: A, secretKey: B, queue: "{queue}"')
    netmeta.start()
    killed_twice(netmeta, OBJECTS)

    def left():
        counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        return int(counts["ApproximateNumberOfMessages"]) + int(counts["ApproximateNumberOfMessagesNotVisible"])
    # What a killed server had taken comes back after a while; in the end nothing is left, and nothing came twice.
    network.wait_for(lambda: left() == 0, "an empty queue", 180)
    rows = OBJECTS * RECORDS
    assert sums(netmeta) == (rows, rows, rows * (rows + 1) // 2)
    with urllib.request.urlopen(f"{netmeta.url}/metrics", timeout=30) as answer:
        metrics = answer.read().decode()
    assert 'netmeta_source_objects_total{source="aws/flow-bucket",outcome="stored"}' in metrics
    netmeta.stop()


def deliver(netmeta, number):
    """One delivery of Firehose; whether it is answered as one that is stored."""
    lines = gzip.decompress(flow_log(number)).decode().splitlines()[1:]
    subscription = {"messageType": "DATA_MESSAGE",
                    "logEvents": [{"id": str(place), "timestamp": 1, "message": line} for place, line in enumerate(lines)]}
    packed = base64.b64encode(gzip.compress(json.dumps(subscription).encode())).decode()
    body = {"requestId": f"delivery-{number}", "timestamp": 1, "records": [{"data": packed}]}
    request = urllib.request.Request(f"{netmeta.url}/api/v1/firehose", gzip.compress(json.dumps(body).encode()), {
        "Content-Type": "application/json", "Content-Encoding": "gzip", "X-Amz-Firehose-Request-Id": body["requestId"]})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status == 200 and json.load(answer)["requestId"] == body["requestId"]
    except (OSError, http.client.HTTPException):
        return False


def test_deliveries_of_firehose_are_stored_once(serving):
    """What isn't answered is sent again, as Firehose does; the server is killed twice meanwhile."""
    netmeta = serving()
    netmeta.start()
    deliveries, answered, kills = 40, 0, 0
    left = list(range(deliveries))
    while left:
        number = left.pop(0)
        if answered == (10, 25, -1)[kills]:
            threading.Timer(0.03, netmeta.kill).start()
            kills += 1
        if deliver(netmeta, number):
            answered += 1
            # Some are sent again although they were answered.
            if random.random() < 0.2:
                left.append(number)
        else:
            left.append(number)
            network.wait_for(lambda: netmeta.process.poll() is not None, "the end of a killed server")
            netmeta.start()
    assert kills == 2
    rows = deliveries * RECORDS
    assert sums(netmeta) == (rows, rows, rows * (rows + 1) // 2)
    source = next(source for source in netmeta.health()["sources"] if source["kind"] == "firehose")
    assert source["lost"] == {} and source["failure"] is None and 0 <= source["lag"] < 3600
    netmeta.stop()


def test_a_bucket_that_is_listed(serving, moto, tmp_path):
    s3, _ = moto
    s3.create_bucket(Bucket="flow-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    for number in range(OBJECTS // 4):
        s3.put_object(Bucket="flow-bucket", Key=key(number), Body=flow_log(number))
    s3.put_object(Bucket="flow-bucket", Key="AWSLogs/damaged.log.gz", Body=b"\x1f\x8b" + bytes(100))
    s3.put_object(Bucket="flow-bucket", Key="AWSLogs/other.txt", Body=b"x")
    netmeta = serving()
    configured(netmeta, "interval: 1s")
    # Keys by web identity, as pods of EKS have them, and no others.
    (tmp_path / "token").write_text("a token of the cluster")
    netmeta.environment = {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"), "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/flows",
        "AWS_ENDPOINT_URL_STS": ENDPOINT, "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"), "AWS_ACCESS_KEY_ID": ""}
    netmeta.start()
    killed_twice(netmeta, OBJECTS // 4)
    # The damaged one is tried each time.
    network.wait_for(lambda: any(
        source["kind"] == "aws" and source["figures"].get("failedObjects") and source["advice"]
        for source in netmeta.health()["sources"]), "the damaged object on the health page")
    netmeta.stop()


def test_keys_of_a_stand_in_for_an_instance_are_renewed_before_they_end(serving, tmp_path):
    """They say that they end 302 s after they were given, and end after 8: who asks for others 300 s before what it is told
    is never refused."""
    objects = {}
    instance = fake_instance.FakeInstance(MOTO, objects, life=302, real=8)
    netmeta = serving()
    configured(netmeta, "interval: 1s", instance.url)
    netmeta.environment = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": instance.url, "AWS_ACCESS_KEY_ID": "",
                           "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none")}
    netmeta.start()

    def renewed():
        # An object for each listing: fetched with the keys of that time.
        if instance.listed >= len(objects):
            objects[f"AWSLogs/{len(objects):03}.log.gz"] = flow_log(len(objects))
        return len(instance.ends) >= 4 and min(instance.ends.values()) < time.monotonic()
    network.wait_for(renewed, "four keys, and the end of the first ones", 60)
    rows = len(objects) * RECORDS
    network.wait_for(lambda: sums(netmeta) == (rows, rows, rows * (rows + 1) // 2), "all rows", 60)
    source, = netmeta.health()["sources"]
    assert instance.refused == 0 and source["figures"].get("errors", 0) == 0 and source["failure"] is None
    netmeta.stop()
    instance.shutdown()
    instance.server_close()


def test_memory_of_an_import_does_not_grow_with_the_file(tmp_path):
    """Anonymous memory, with the engine and its merges, what it usually is: caches fill with the first two million lines,
    and while the last two are read, another 235 MB, it stays as it was with the two before. The largest isn't compared:
    on a busy machine it was a fifth more in one of two runs."""
    path = tmp_path / "lines.log"
    cloud.write(path, 6_000_000)
    result = cloud.measure(collector.BINARY, path, [])
    assert result["rows"] == 6_000_000
    _, second, last = result["ownThirdsMB"]
    assert last <= 1.25 * second, result
