"""Flow logs of clouds beside other readers of them: flowlogs-reader (AWS text), pyarrow (Parquet), and sums by hand
(Google Cloud, Azure).

The files are made here, and ../shared/corpora has others when it lies beside the checkout.
"""

import base64
import datetime
import gzip
import json
import pathlib
import random
import subprocess
import time

import captures
import pytest

pytestmark = pytest.mark.skipif(captures.binary() is None, reason="netmeta isn't built (make build, or NETMETA=path)")
SOURCES = captures.CORPORA / "sources"
DEFAULT = ("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
           "log-status").split()
WIDE = (DEFAULT + "vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id sublocation-type "
        "sublocation-id".split())
NUMBERS = {"version", "srcport", "dstport", "protocol", "tcp-flags"}
LARGE = {"packets", "bytes", "start", "end"}


def records(count, seed, names):
    """Flow log records as AWS writes them, some without traffic and some that were skipped."""
    chance = random.Random(seed)
    start = 1_750_000_000
    for number in range(count):
        six = chance.random() < 0.2
        ends = [f"2001:db8::{chance.randrange(1, 0xFFFF):x}" if six else f"10.{chance.randrange(4)}.{number // 250 % 250}.{number % 250}"
                for _ in range(2)]
        record = dict.fromkeys(names, "-") | {
            "version": "4" if names is WIDE else "2", "account-id": "123456789012",
            "interface-id": f"eni-{number % 7:017x}", "start": str(start + number), "end": str(start + number + 59)}
        status = chance.choices(["OK", "NODATA", "SKIPDATA"], [97, 2, 1])[0]
        if status == "OK":
            record |= {
                "srcaddr": ends[0], "dstaddr": ends[1], "srcport": str(chance.randrange(65536)), "dstport": "443",
                "protocol": str(chance.choice([1, 6, 17])), "packets": str(chance.randrange(1, 10_000)),
                "bytes": str(chance.randrange(40, 1 << 40)), "action": chance.choice(["ACCEPT", "REJECT"]),
                "vpc-id": "vpc-1", "tcp-flags": str(chance.choice([0, 2, 3, 18, 19])), "pkt-srcaddr": ends[0],
                "pkt-dstaddr": ends[1], "region": "eu-central-1", "type": "IPv6" if six else "IPv4"}
        yield {name: record[name] for name in names} | {"log-status": status}


def text(path, rows):
    lines = [" ".join(rows[0])] + [" ".join(row.values()) for row in rows]
    with (gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w")) as file:
        file.write("\n".join(lines) + "\n")
    return path


def decoded(path, *words):
    run = subprocess.run([captures.binary(), "decode", *words, path], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()], json.loads(run.stderr.splitlines()[-1])


def imported(kind, folder, *paths):
    """Imports into a data folder without a server; the summary and the sums of what is stored."""
    configuration = folder / "netmeta.yaml"
    configuration.write_text("retention: {days: 3650}\n")
    words = ["--config", configuration, "--data", folder / "data"]
    run = subprocess.run([captures.binary(), "import", kind, *words, *paths], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    question = "SELECT count() AS n, sum(Bytes) AS b, sum(Packets) AS p FROM flows_raw"
    rows = subprocess.run([captures.binary(), "query", *words, "--format", "TSV", question],
                          capture_output=True, text=True, timeout=60, check=True)
    return json.loads(run.stdout.splitlines()[-1]), tuple(map(int, rows.stdout.split()))



def oracle(path):
    """Rows by status, and of each OK row what both readers tell."""
    FlowRecord = pytest.importorskip("flowlogs_reader").FlowRecord
    lines = (gzip.open(path, "rt") if path.suffix == ".gz" else path.open()).read().splitlines()
    names = [name.replace("-", "_") for name in lines[0].split()]
    known = [FlowRecord(dict(zip(names, line.split()))) for line in lines[1:]]
    statuses = {status: sum(record.log_status == status for record in known) for status in ("OK", "NODATA", "SKIPDATA")}
    rows = [(record.srcaddr, record.dstaddr, record.srcport, record.dstport, record.protocol, record.packets, record.bytes,
             record.start.replace(tzinfo=datetime.timezone.utc).timestamp(), record.end.replace(tzinfo=datetime.timezone.utc).timestamp(),
             record.interface_id, record.action) for record in known if record.log_status == "OK"]
    return statuses, rows


def seconds(time):
    return datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()


@pytest.mark.parametrize("names", [DEFAULT, WIDE], ids=["version 2", "version 4"])
def test_text_is_read_as_flowlogs_reader_reads_it(tmp_path, names):
    path = text(tmp_path / "own.log.gz", list(records(3000, 7, names)))
    statuses, expected = oracle(path)
    rows, summary = decoded(path)
    found = [(row["SrcAddr"], row["DstAddr"], row["SrcPort"], row["DstPort"], row["Proto"], row["Packets"], row["Bytes"],
              seconds(row["TimeFlowStart"]), seconds(row["TimeFlowEnd"]), row["CloudInterface"], row["CloudAction"])
             for row in rows]
    assert found == expected
    assert statuses["NODATA"] > 0 and statuses["SKIPDATA"] > 0
    assert (summary["flows"], summary["noData"], summary["skipData"]) == tuple(statuses.values())
    assert summary["rejectedRecords"] == 0 and summary["records"] == 3000


def test_parquet_gives_the_rows_of_the_text(tmp_path):
    """The same records in Parquet, read by the engine, have the sums that pyarrow reads in them."""
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet
    rows = [row for row in records(3000, 8, WIDE)]
    path = text(tmp_path / "own.log", rows)
    columns = {}
    for name in WIDE:
        values = [row[name] for row in rows]
        if name in NUMBERS | LARGE:
            kind = pyarrow.int64() if name in LARGE else pyarrow.int32()
            columns[name.replace("-", "_")] = pyarrow.array([None if value == "-" else int(value) for value in values], kind)
        else:
            columns[name.replace("-", "_")] = pyarrow.array(values, pyarrow.string())
    parquet = tmp_path / "own.log.parquet"
    pyarrow.parquet.write_table(pyarrow.table(columns), parquet, compression="gzip")
    table = pyarrow.parquet.read_table(parquet)
    ok = [row for row in table.to_pylist() if row["log_status"] == "OK"]
    expected = len(ok), sum(row["bytes"] for row in ok), sum(row["packets"] for row in ok)
    summary, stored = imported("aws", tmp_path, parquet)
    assert stored == expected
    assert summary["rowsStored"] == len(ok) and summary["malformed"] == {} and summary["records"] == 3000
    again, stored = imported("aws", tmp_path, parquet)
    assert again["filesKnown"] == 1 and stored == expected
    # The text is another file, and none of its rows is left out.
    both, stored = imported("aws", tmp_path, path)
    assert both["rowsStored"] == len(ok) and stored == tuple(2 * number for number in expected)


@pytest.mark.skipif(not (SOURCES / "aws/totals.json").exists(), reason="../shared/corpora is not beside this checkout")
def test_shared_aws_samples_have_their_totals(tmp_path):
    totals = json.loads((SOURCES / "aws/totals.json").read_text())
    files = {path.name.split("_")[3]: path for path in sorted((SOURCES / "aws/s3").rglob("*.gz"))}
    for name, flows, octets in [("fl-0aaaa1111bbbb2222", "v2_gz_rows_ok", "v2_bytes"), ("fl-0cccc3333dddd4444", "v5_rows", "v5_bytes"),
                                ("fl-0eeee5555ffff6666", "v11_rows", "v11_bytes")]:
        rows, summary = decoded(files[name])
        assert (len(rows), sum(row["Bytes"] for row in rows)) == (totals[flows], totals[octets]), name
        assert summary["malformed"] == {}
    parquet = next((SOURCES / "aws/s3").rglob("*.parquet"))
    _, stored = imported("aws", tmp_path, parquet)
    assert stored[:2] == (totals["v5_rows"], totals["v5_bytes"])


@pytest.mark.skipif(not (SOURCES / "gcp/totals.json").exists(), reason="../shared/corpora is not beside this checkout")
def test_shared_gcp_samples_have_their_totals(tmp_path):
    totals = json.loads((SOURCES / "gcp/totals.json").read_text())
    bulk = SOURCES / "gcp/bulk_src_dest.jsonl"
    summary, stored = imported("gcp", tmp_path, bulk)
    assert stored[:2] == (totals["unique_flows"], totals["bytes_deduped"])
    assert summary["duplicates"] == totals["bulk_entries"] - totals["unique_flows"]
    entries = [json.loads(line)["jsonPayload"] for line in bulk.read_text().splitlines()]
    assert sum(int(entry["bytes_sent"]) for entry in entries) == totals["bytes_naive"]
    for path in (SOURCES / "gcp/gcs").rglob("*.json"):
        rows, summary = decoded(path)
        assert summary["malformed"] == {} and summary["records"] == len(path.read_text().splitlines()), path


def azure_tuple(chance, number):
    """One tuple, and the rows that it stands for: ends, packets, bytes, direction, action."""
    near, far = f"10.0.{number // 250 % 250}.{number % 250}", f"2001:db8::{chance.randrange(1, 0xFFFF):x}"
    ports = chance.randrange(65536), chance.randrange(65536)
    inward, state = chance.random() < 0.5, chance.choice("BCED")
    sent, received = ((0, 0) if state in "BD" else (chance.randrange(3), chance.randrange(1 << 40)) for _ in range(2))
    ends = [(near, ports[0]), (far, ports[1])][::-1 if inward else 1]
    rows = []
    if state == "D" or any(sent):
        rows.append((*ends, *sent, 0 if inward else 1, "DENY" if state == "D" else "ACCEPT"))
    if any(received):
        rows.append((*ends[::-1], *received, 1 if inward else 0, "ACCEPT"))
    (source, source_port), (target, target_port) = ends
    fields = [1_750_000_000_000 + number, source, target, source_port, target_port, 6, "I" if inward else "O", state, "NX",
              *sent, *received]
    return ",".join(map(str, fields)), rows


def test_azure_tuples_have_their_rows(tmp_path):
    """A file in the form of Azure's documentation, with more records than are read at a time."""
    chance = random.Random(11)
    known = [azure_tuple(chance, number) for number in range(20_000)]
    target = "/subscriptions/s-1/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/front"
    records = [{"time": "2025-06-15T15:10:52Z", "flowLogVersion": 4, "macAddress": "00224871C205", "targetResourceID": target,
                "flowRecords": {"flows": [{"aclID": "a", "flowGroups": [
                    {"rule": f"r{group}", "flowTuples": [line for line, _ in known[group:group + 100]]}
                    for group in range(start, start + 2000, 100)]}]}} for start in range(0, 20_000, 2000)]
    path = tmp_path / "PT1H.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"records": records}).encode()))
    rows, summary = decoded(path)
    found = [((row["SrcAddr"], row["SrcPort"]), (row["DstAddr"], row["DstPort"]), row["Packets"], row["Bytes"],
              row["FlowDirection"], row["CloudAction"]) for row in rows]
    expected = [row for _, own in known for row in own]
    assert found == expected
    empty = sum(not own for _, own in known)
    assert (summary["records"], summary["flows"], summary["noData"]) == (len(expected) + empty, len(expected), empty)
    _, stored = imported("azure", tmp_path, path)
    assert stored == (len(expected), sum(row[3] for row in expected), sum(row[2] for row in expected))


def packed(value):
    """A record of Kinesis or Firehose: base64 of gzip."""
    return base64.b64encode(gzip.compress(value if isinstance(value, bytes) else json.dumps(value).encode())).decode()


def test_records_that_are_packed_have_the_rows_of_the_text(tmp_path):
    """Subscriptions of CloudWatch Logs through Kinesis, Lambda and Firehose: the same records as in the text."""
    rows = list(records(600, 9, DEFAULT))
    lines = [" ".join(row.values()) for row in rows]
    plain, _ = decoded(text(tmp_path / "own.log", rows))

    def subscription(lines):
        return {"messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": "g", "logStream": "eni-1-all",
                "logEvents": [{"id": str(number), "timestamp": 1, "message": line} for number, line in enumerate(lines)]}
    control = {"messageType": "CONTROL_MESSAGE", "logEvents": [{"id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE"}]}
    cuts = [subscription(lines[start:start + 50]) for start in range(0, 600, 50)]
    line_file = "\n".join(json.dumps({"message": line}) for line in lines)
    files = {
        "kinesis.json": {"ShardId": "s", "Records": [{"SequenceNumber": "1", "Data": packed(cut)} for cut in [control] + cuts]},
        "lambda.json": {"Records": [{"kinesis": {"data": packed(cut)}, "eventSource": "aws:kinesis"} for cut in cuts]},
        "firehose.json": {"requestId": "r", "timestamp": 1, "records": [{"data": packed(cut)} for cut in cuts]},
        "direct.json": {"requestId": "r", "timestamp": 1, "records": [{"data": packed(line_file.encode())}]},
    }
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    # As functions of subscriptions get them, and as Firehose writes them to S3: member after member of gzip.
    (tmp_path / "awslogs.json").write_text("\n".join(json.dumps({"awslogs": {"data": packed(cut)}}) for cut in cuts))
    (tmp_path / "members.json.gz").write_bytes(b"".join(gzip.compress(json.dumps(cut).encode()) for cut in cuts))
    for name in [*files, "awslogs.json", "members.json.gz"]:
        found, summary = decoded(tmp_path / name)
        assert found == plain, name
        assert summary["malformed"] == {} and summary["records"] == 600 + (name == "kinesis.json"), name


@pytest.mark.skipif(not (SOURCES / "aws/firehose_http_request.json").exists(), reason="../shared/corpora is not beside this checkout")
def test_shared_packed_records_have_the_lines_of_the_subscription():
    subscription = json.loads((SOURCES / "aws/cwl_subscription.json").read_text())
    lines = [event["message"].split() for event in subscription["logEvents"]]
    for name in ["cwl_subscription.json", "cwl_kinesis_record.json", "firehose_http_request.json"]:
        rows, summary = decoded(SOURCES / "aws" / name)
        expected = [(line[3], line[4], int(line[9])) for line in lines if line[-1] == "OK"]
        assert [(row["SrcAddr"], row["DstAddr"], row["Bytes"]) for row in rows] == expected, name
        assert summary["malformed"] == {}, name
    rows, summary = decoded(SOURCES / "aws/cwl_control_message.json")
    assert rows == [] and summary["ignored"] == 1


def test_an_import_that_is_killed_goes_on_where_it_was(tmp_path):
    """A large file, killed within: the next import leaves no row out and stores none twice."""
    path, count = tmp_path / "large.log", 200_000
    with path.open("w") as file:
        file.write(" ".join(DEFAULT) + "\n")
        for number in range(count):
            file.write(f"2 123456789012 eni-1 10.{number >> 16}.{number >> 8 & 255}.{number & 255} 192.0.2.1 1 443 6 1 {number} "
                       "1750000000 1750000059 ACCEPT OK\n")
    configuration = tmp_path / "netmeta.yaml"
    configuration.write_text("retention: {days: 3650}\n")
    words = [captures.binary(), "import", "aws", "--config", configuration, "--data", tmp_path / "data", path]
    journal = tmp_path / "data/imports.json"
    first = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = datetime.datetime.now() + datetime.timedelta(seconds=100)
    while not journal.exists() and first.poll() is None and datetime.datetime.now() < deadline:
        time.sleep(0.01)
    first.kill()
    first.wait()
    assert journal.exists()
    summary, stored = imported("aws", tmp_path, path)
    assert stored == (count, count * (count - 1) // 2, count)
    assert summary["rowsStored"] + summary["rowsKnown"] == count
