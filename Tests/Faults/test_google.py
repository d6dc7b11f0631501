"""Flow logs of Google Cloud: gcp-storage-emulator stands in for Cloud Storage, and fakes of our own for Pub/Sub, for the
place that gives tokens and for the metadata server. However often something is told, and whenever the server is killed, each row is stored once."""

import base64
import datetime
import hashlib
import json
import os
import random
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import fake_google
import network
import pytest

STORAGE, PUBSUB, METADATA, OTHER_PUBSUB = 9023, 8085, 8086, 8087
OBJECTS = int(os.environ.get("CLOUD_OBJECTS", "40"))
RECORDS = 30
BUCKET = "flow-bucket"


def entry(number):
    """A LogEntry; no entry is like another one."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
    return json.dumps({
        "insertId": f"i{number}", "logName": "projects/p/logs/compute.googleapis.com%2Fvpc_flows", "timestamp": now,
        "jsonPayload": {
            "connection": {"src_ip": f"10.0.{number >> 8 & 255}.{number & 255}", "dest_ip": "192.0.2.1",
                           "src_port": 1000 + number % 1000, "dest_port": 443, "protocol": 6},
            "reporter": "SRC", "bytes_sent": str(number + 1), "packets_sent": "1", "start_time": now, "end_time": now}})


def key(number):
    day = datetime.datetime.now(datetime.timezone.utc)
    return f"compute.googleapis.com/vpc_flows/{day:%Y/%m/%d}/{day:%H}:00:00_{day:%H}:59:59_S{number}.json"


def sums(netmeta):
    row = netmeta.sql("SELECT count() AS n, uniqExact(Bytes) AS different, sum(Bytes) AS b FROM flows_raw"
                      " WHERE FlowType = 'GCP_VPC'")[0]
    return row["n"], row["different"], row["b"]


def all_once(rows):
    return rows, rows, rows * (rows + 1) // 2


def killed_twice(netmeta, rows):
    """Kills the server twice while rows come, then waits for all of them."""
    for part in (1, 2):
        network.wait_for(lambda: sums(netmeta)[0] > part * rows // 4, f"part {part} of the rows", 180)
        netmeta.kill()
        netmeta.start()
    network.wait_for(lambda: sums(netmeta)[0] >= rows, "all rows", 180)


class Storage:
    """gcp-storage-emulator with one bucket, in memory."""

    def __init__(self):
        self.url = f"http://127.0.0.1:{STORAGE}"
        words = ["start", "--host", "127.0.0.1", "--port", str(STORAGE), "--in-memory", "--default-bucket", BUCKET, "-q"]
        self.process = subprocess.Popen([*network.WITH_PARENT, sys.executable, "-m", "gcp_storage_emulator", *words],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        network.wait_for(self.answers, "the storage", 60)

    def answers(self):
        try:
            return urllib.request.urlopen(f"{self.url}/storage/v1/b/{BUCKET}", timeout=2).status
        except OSError:
            return None

    def put(self, name, content):
        """Stores an object, and gives its generation."""
        query = urllib.parse.urlencode({"uploadType": "media", "name": name})
        request = urllib.request.Request(f"{self.url}/upload/storage/v1/b/{BUCKET}/o?{query}", content.encode(),
                                         {"Content-Type": "application/octet-stream"}, method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["generation"]


@pytest.fixture
def storage():
    pytest.importorskip("gcp_storage_emulator")
    made = Storage()
    yield made
    made.process.kill()
    made.process.wait()


@pytest.fixture
def google():
    made = fake_google.FakeGoogle(PUBSUB, wants_tokens=True)
    yield made
    made.shutdown()
    made.server_close()


def configured(netmeta, text):
    with netmeta.configuration.open("a") as file:
        file.write(text)


def put_all(storage):
    """Objects in any order; the generations of each."""
    names = {}
    for number in random.sample(range(OBJECTS), OBJECTS):
        lines = [entry(number * RECORDS + record) for record in range(RECORDS)]
        names[key(number)] = storage.put(key(number), "\n".join(lines) + "\n")
    return names


def test_a_bucket_that_is_listed(serving, storage):
    put_all(storage)
    storage.put("compute.googleapis.com/vpc_flows/other.txt", "x")
    storage.put("other.googleapis.com/log/x.json", entry(1 << 20))
    netmeta = serving()
    configured(netmeta, f"sources: {{gcs: {{{BUCKET}: {{endpoint: \"{storage.url}\", interval: 1s}}}}}}\n")
    netmeta.start()
    killed_twice(netmeta, OBJECTS * RECORDS)
    listed = netmeta.metric(f'netmeta_source_objects_total{{source="gcs/{BUCKET}",outcome="known"}}')
    # Whatever would come twice would come with the next listing.
    network.wait_for(lambda: netmeta.metric(
        f'netmeta_source_objects_total{{source="gcs/{BUCKET}",outcome="known"}}') >= listed + 2 * OBJECTS, "listings")
    assert sums(netmeta) == all_once(OBJECTS * RECORDS)
    source = next(source for source in netmeta.health()["sources"] if source["kind"] == "gcs")
    assert source["name"] == BUCKET and source["failure"] is None and source["lost"] == {}
    netmeta.stop()


def test_notifications_that_come_twice_and_in_any_order(serving, storage, google, monkeypatch, tmp_path):
    for name, generation in put_all(storage).items():
        told = {"eventType": "OBJECT_FINALIZE", "bucketId": BUCKET, "objectId": name, "objectGeneration": generation}
        google.publish(attributes=told)
        google.publish(attributes=told | {"eventType": "OBJECT_METADATA_UPDATE"})
        if random.random() < 0.5:
            google.publish(attributes=told)
    google.publish(attributes={"eventType": "OBJECT_FINALIZE", "bucketId": "other", "objectId": "x", "objectGeneration": "1"})
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", f"127.0.0.1:{PUBSUB}")
    netmeta = serving()
    keys = google.key_file(tmp_path / "key.json")
    configured(netmeta, f"sources: {{gcs: {{{BUCKET}: {{endpoint: \"{storage.url}\", credentials: \"{keys}\","
               " subscription: projects/p/subscriptions/notices}}}\n")
    netmeta.start()
    killed_twice(netmeta, OBJECTS * RECORDS)
    network.wait_for(lambda: google.left() == 0, "an empty subscription", 180)
    assert sums(netmeta) == all_once(OBJECTS * RECORDS)
    assert google.tokens > 0
    netmeta.stop()


def test_entries_that_come_twice_and_in_any_order(serving, google, tmp_path):
    rows = OBJECTS * RECORDS
    for number in range(rows):
        google.publish(entry(number).encode())
    # Published twice, as a sink may: other messages, the same entries.
    with google.lock:
        messages = random.sample([message[0] for message in google.messages.values()], rows // 10)
    for message in messages:
        google.publish(fake_google.base64.b64decode(message["data"]))
    google.publish(b"no JSON")
    netmeta = serving()
    keys = google.key_file(tmp_path / "key.json")
    configured(netmeta, f"sources: {{pubsub: {{projects/p/subscriptions/entries: {{endpoint: \"{google.url}\","
               f" credentials: \"{keys}\"}}}}}}\n")
    netmeta.start()
    killed_twice(netmeta, rows)
    network.wait_for(lambda: google.left() == 0, "an empty subscription", 180)
    assert sums(netmeta) == all_once(rows)
    assert google.given > rows
    # Nothing is left on its way.
    left = [path.name for path in (netmeta.data / "sources").iterdir()]
    assert all(name.endswith((".seen", ".seen.old")) for name in left), left
    netmeta.stop()


def test_a_key_that_is_refused_is_told(serving, google, tmp_path):
    other = fake_google.FakeGoogle(PUBSUB + 1)
    keys = other.key_file(tmp_path / "key.json")
    other.shutdown()
    other.server_close()
    netmeta = serving()
    configured(netmeta, f"sources: {{pubsub: {{projects/p/subscriptions/entries: {{endpoint: \"{google.url}\","
               f" credentials: \"{keys}\"}}}}}}\n")
    netmeta.start()
    source = network.wait_for(
        lambda: next((source for source in netmeta.health()["sources"] if source["failure"]), None), "a failure")
    assert source["kind"] == "pubsub" and "flow@p.iam.gserviceaccount.com" in source["failure"]
    assert netmeta.health()["status"] == "degraded"
    netmeta.stop()


def pushed(data=b"", attributes=None):
    return {"data": base64.b64encode(data).decode(), "attributes": attributes or {}}


def test_entries_that_are_pushed(serving):
    rows = OBJECTS * RECORDS
    entries = [entry(number).encode() for number in range(rows)]
    # Published twice, as a sink may: other messages, the same entries.
    messages = [pushed(data) for data in entries + random.sample(entries, rows // 10)] + [pushed(b"no JSON")]
    netmeta = serving()
    configured(netmeta, "sources: {pubsub: {projects/p/subscriptions/pushed: {push: true}}}\n")
    netmeta.start()
    push = fake_google.FakePush(netmeta.url, "projects/p/subscriptions/pushed", messages, at_once=200)
    killed_twice(netmeta, rows)
    network.wait_for(push.is_over, "the last message", 180)
    assert sums(netmeta) == all_once(rows)
    # Killed servers gave no answer, and what was answered was stored.
    assert set(push.statuses) <= {0, 204, 503} and push.statuses[204] > len(messages)
    source = next(source for source in netmeta.health()["sources"] if source["kind"] == "pubsub")
    assert source["failure"] is None and source["figures"]["knownMessages"] > 0
    assert fake_google.push(netmeta.url, "projects/p/subscriptions/other", pushed(entries[0]) | {"messageId": "1"}) == 404
    left = [path.name for path in (netmeta.data / "sources").iterdir()]
    assert all(name.endswith((".seen", ".seen.old")) for name in left), left
    netmeta.stop()


def test_notifications_that_are_pushed(serving, storage):
    told = [{"eventType": "OBJECT_FINALIZE", "bucketId": BUCKET, "objectId": name, "objectGeneration": generation}
            for name, generation in put_all(storage).items()]
    others = [told[0] | {"eventType": "OBJECT_METADATA_UPDATE"}, told[0] | {"bucketId": "other"}]
    messages = [pushed(attributes=attributes) for attributes in told + random.sample(told, OBJECTS // 2) + others]
    netmeta = serving()
    configured(netmeta, f"sources: {{gcs: {{{BUCKET}: {{endpoint: \"{storage.url}\", push: true,"
               " subscription: projects/p/subscriptions/notices}}}\n")
    netmeta.start()
    push = fake_google.FakePush(netmeta.url, "projects/p/subscriptions/notices", messages, at_once=8)
    killed_twice(netmeta, OBJECTS * RECORDS)
    network.wait_for(push.is_over, "the last message", 180)
    assert sums(netmeta) == all_once(OBJECTS * RECORDS)
    assert set(push.statuses) <= {0, 204, 503}
    assert fake_google.push(netmeta.url, "projects/p/subscriptions/notices", pushed(b"x") | {"messageId": "1"}) == 400
    netmeta.stop()


def test_wrong_answers_of_a_fake_metadata_server(serving, google):
    """What is wrong with it is told."""
    metadata = fake_google.FakeMetadataServer(METADATA, google)
    netmeta = serving()
    netmeta.environment = {"GCE_METADATA_HOST": f"127.0.0.1:{METADATA}", "GOOGLE_APPLICATION_CREDENTIALS": ""}
    wrong = {"slow": "within 3 s", "dripping": "within 3 s", "none": "status 404, no service account", "broken": "is no token",
             "login": "no metadata server (without"}
    metadata.moods = list(wrong)

    def source(number):
        return f'projects/p/subscriptions/entries{number}: {{endpoint: "{google.url}", credentials: metadata}}'
    # Each source asks by itself, and each gets another answer.
    configured(netmeta, f"sources: {{pubsub: {{{', '.join(map(source, range(len(wrong))))}}}}}\n")
    netmeta.start()
    seen = set()

    def all_told():
        seen.update((source["name"], source["failure"]) for source in netmeta.health()["sources"] if source["failure"])
        return all(sum(word in failure for _, failure in seen) == list(wrong.values()).count(word) for word in wrong.values())
    network.wait_for(all_told, "what is wrong with each answer", 60)
    # Others are refused with the token of the source that asked before: the fake takes the newest one.
    told = [failure for _, failure in seen if any(word in failure for word in wrong.values())]
    assert all(f"the metadata server 127.0.0.1:{METADATA} gives none" in failure for failure in told), told
    netmeta.stop()
    metadata.shutdown()
    metadata.server_close()


def test_tokens_of_stand_ins_are_renewed_before_they_end(serving, tmp_path):
    """They say that they end 122 s after they were given, and end after 8: who asks for another one 120 s before what it is
    told is never refused."""
    keyed, machine = (fake_google.FakeGoogle(port, wants_tokens=True, life=122, real=8) for port in (PUBSUB, OTHER_PUBSUB))
    metadata = fake_google.FakeMetadataServer(METADATA, machine)
    metadata.life = 122
    netmeta = serving()
    netmeta.environment = {"GCE_METADATA_HOST": f"127.0.0.1:{METADATA}"}
    credentials = keyed.key_file(tmp_path / "key.json")
    configured(netmeta, f"""sources: {{pubsub: {{
        projects/p/subscriptions/keyed: {{endpoint: "{keyed.url}", credentials: {credentials}}},
        projects/p/subscriptions/machine: {{endpoint: "{machine.url}", credentials: metadata}}}}}}\n""")
    netmeta.start()
    published = 0

    def renewed():
        nonlocal published
        for google in (keyed, machine):
            google.publish(entry(published).encode())
            published += 1
        have_ended = all(google.ends and min(google.ends.values()) < time.monotonic() for google in (keyed, machine))
        return keyed.tokens >= 4 and metadata.given >= 4 and have_ended
    network.wait_for(renewed, "four tokens of each, and the end of the first ones", 60)
    network.wait_for(lambda: sums(netmeta) == all_once(published), "all rows", 60)
    assert (keyed.refused, machine.refused) == (0, 0)
    assert [source["figures"].get("errors", 0) for source in netmeta.health()["sources"]] == [0, 0]
    netmeta.stop()
    for server in (keyed, machine, metadata):
        server.shutdown()
        server.server_close()


def test_statements_of_a_stand_in_say_who_pushes(serving, google):
    """Keys and statements are made here as Google's documentation has them; no real ones were tried."""
    signed, open_one = "projects/p/subscriptions/signed", "projects/p/subscriptions/open"
    netmeta = serving()
    token = "own-token"
    configured(netmeta, f"""auth: {{tokens: {{push: {{role: editor, hash: "{hashlib.sha256(token.encode()).hexdigest()}"}}}}}}
sources: {{pubsub: {{{open_one}: {{push: true}}, {signed}: {{push: true, pushAccount: {fake_google.ACCOUNT},
  pushAudience: "{fake_google.AUDIENCE}", pushKeys: "{google.url}/certs"}}}}}}\n""")
    netmeta.start()
    number = 0

    def push(subscription, statement, token=None):
        nonlocal number
        message = pushed(entry(number).encode()) | {"messageId": f"m{number}"}
        status = fake_google.push(netmeta.url, subscription, message, statement, token)
        number += status == 204
        return status
    assert push(signed, google.statement()) == 204 and google.keys_asked == 1
    other = fake_google.rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = time.time()
    head, claims, _ = google.statement().split(".")
    wrong = [google.statement(**changes) for changes in (
        {"aud": "https://other.example"}, {"iss": "https://accounts.example"}, {"email": "other@p.iam.gserviceaccount.com"},
        {"email_verified": False}, {"exp": now - 120}, {"iat": now + 120}, {"key": other}, {"algorithm": "none"},
        {"algorithm": "HS256"})] + [f"{head}.{claims}.", f"{head}.{claims}.AAAA", "a.b.c", "x" * 9000 + ".y.z"]
    assert [push(signed, statement) for statement in wrong] == [401] * len(wrong)
    # A token of ours isn't what this subscription wants, nor does a statement for it open another one.
    assert push(signed, None, token) == 401 and push(signed, None) == 401
    assert push(open_one, google.statement()) == 401 and push(open_one, None, token) == 204
    assert push(open_one, google.statement(), token) == 204 and push(signed, google.statement(), token) == 204
    assert google.keys_asked == 1, "none of that has keys fetched again"
    # Another key signs: it is fetched once, and whoever makes up names doesn't have it fetched each time.
    google.rotate("k2")
    assert push(signed, google.statement()) == 204 and google.keys_asked == 2
    assert [push(signed, google.statement(name=f"made up {n}")) for n in range(5)] == [401] * 5
    assert google.keys_asked <= 3
    assert push(signed, google.statement()) == 204
    network.wait_for(lambda: rows_of(netmeta, token) == number == 6, "all rows")
    netmeta.stop()


def rows_of(netmeta, token):
    """The rows, of a server that wants a token."""
    question = urllib.parse.quote("SELECT count() AS n FROM flows_raw")
    request = urllib.request.Request(f"{netmeta.url}/api/v1/query?sql={question}", headers={"Authorization": f"Bearer {token}"})
    return int(json.load(urllib.request.urlopen(request, timeout=30))["data"][0]["n"])
