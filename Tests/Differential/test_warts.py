"""`netmeta decode` and scamper's own sc_warts2json read the same of the same warts files.

Of dealias only the head is read; the order of addresses within one hop of a tracelb is each one's own.
"""

import bz2
import gzip
import json
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("NETMETA_BINARY", str(ROOT / ".build/release/netmeta"))
CORPORA = pathlib.Path(os.environ.get("NETMETA_CORPORA", "/work/shared/corpora"))
FILES = sorted(ROOT.glob("Tests/Fixtures/warts/*/*.warts")) + sorted(CORPORA.glob("**/*.warts"))
# Members of dealias that we don't read.
UNREAD = {"attempts", "wait_timeout", "probedefs", "probes", "probec"}

needs_oracle = pytest.mark.skipif(not shutil.which("sc_warts2json"), reason="sc_warts2json is missing (apt-get install scamper)")


def decode(path):
    done = subprocess.run([BINARY, "decode", str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], json.loads(done.stderr.splitlines()[-1]), done.stderr


def oracle(path):
    done = subprocess.run(["sc_warts2json", str(path)], capture_output=True, text=True, timeout=60, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def ordered(item):
    for node in item.get("nodes", []):
        for hop in node["links"]:
            hop.sort(key=lambda answer: answer["addr"])
            for answer in hop:
                answer.get("probes", []).sort(key=lambda probe: (probe["tx"]["sec"], probe["tx"]["usec"], probe["flowid"]))
    return item


def differences(theirs, ours, place):
    if isinstance(theirs, dict):
        for name in theirs.keys() | ours.keys():
            # A time in words stands beside the same in seconds.
            if name == "ftime" or place == "dealias" and name in UNREAD:
                continue
            if name not in theirs or name not in ours:
                yield f"{place}.{name}: theirs {theirs.get(name)!r:.60}, ours {ours.get(name)!r:.60}"
            else:
                yield from differences(theirs[name], ours[name], f"{place}.{name}")
    elif isinstance(theirs, list):
        if len(theirs) != len(ours):
            yield f"{place}: {len(theirs)} of theirs, {len(ours)} of ours"
        for index, (one, other) in enumerate(zip(theirs, ours)):
            yield from differences(one, other, f"{place}[{index}]")
    elif isinstance(theirs, float) or isinstance(ours, float):
        # Milliseconds with three digits.
        if abs(theirs - ours) > 0.0011:
            yield f"{place}: theirs {theirs}, ours {ours}"
    elif theirs != ours:
        yield f"{place}: theirs {theirs!r}, ours {ours!r}"


@needs_oracle
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name if "capture" not in path.name else path.parent.name)
def test_every_object_is_read_as_scamper_reads_it(path):
    theirs = oracle(path)
    ours, summary, _ = decode(path)
    assert [item["type"] for item in ours] == [item["type"] for item in theirs]
    found = [text for one, other in zip(theirs, ours) for text in differences(ordered(one), ordered(other), one["type"])]
    assert found == []
    assert summary["warts"]["malformed"] == 0


@needs_oracle
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name if "capture" not in path.name else path.parent.name)
def test_its_json_is_read_as_its_warts_are(path, tmp_path):
    """What sc_warts2json prints of a file gives the objects that the file gives."""
    text = tmp_path / "text.jsonl"
    text.write_bytes(subprocess.run(["sc_warts2json", str(path)], capture_output=True, timeout=60, check=True).stdout)
    theirs, ours = decode(path)[0], decode(text)[0]
    assert [item["type"] for item in ours] == [item["type"] for item in theirs]
    found = [text for one, other in zip(theirs, ours) for text in differences(ordered(one), ordered(other), one["type"])]
    assert found == []


# Not in the JSON: why a ping ended.
ROWS = ["SELECT * FROM traces ORDER BY TraceId", "SELECT * FROM trace_hops ORDER BY TraceId, TTL, Attempt, Addr, RTT",
        "SELECT * FROM trace_links ORDER BY TraceId, FromAddr, Hop, Addr",
        "SELECT * EXCEPT StopReason FROM pings ORDER BY PingId"]


@needs_oracle
def test_rows_of_json_are_those_of_warts(tmp_path):
    path = FILES[0]
    text = tmp_path / "text.jsonl.gz"
    mlab = b'{"UUID":"x","TracerouteCallerVersion":"1","CachedResult":false,"CachedUUID":""}\n'
    printed = subprocess.run(["sc_warts2json", str(path)], capture_output=True, timeout=60, check=True).stdout
    text.write_bytes(gzip.compress(mlab + printed))

    def run(*words):
        done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    stored = []
    for name, file in (("warts", path), ("json", text)):
        folder = tmp_path / name
        config = tmp_path / f"{name}.yaml"
        config.write_text(f"retention: {{days: 36500}}\nstore: {{data: {folder}}}\n")
        summary = json.loads(run("import", "warts", "--config", str(config), str(file)))
        assert summary["malformed"] == {} and summary["filesCut"] == 0
        stored.append([run("query", "--config", str(config), "--format", "JSONEachRow", sql) for sql in ROWS])
    assert stored[0] == stored[1] and all(stored[0])


@needs_oracle
def test_compressed_and_concatenated_files(tmp_path):
    path = FILES[0]
    content = path.read_bytes()
    alone = decode(path)[0]
    for name, packed in (("a.gz", gzip.compress(content)), ("a.bz2", bz2.compress(content))):
        (tmp_path / name).write_bytes(packed)
        assert decode(tmp_path / name)[0] == alone
    (tmp_path / "two.warts").write_bytes(content + content)
    assert decode(tmp_path / "two.warts")[0] == alone + alone


def test_damaged_files_say_where(tmp_path):
    content = FILES[0].read_bytes()
    alone = decode(FILES[0])[0]
    cut = tmp_path / "cut.warts"
    cut.write_bytes(content[:-5])
    ours, summary, errors = decode(cut)
    assert ours == alone[:len(ours)] and 0 < len(ours) < len(alone)
    assert "the file ends within an object (byte " in errors and summary["warts"]["malformed"] == 1
    broken = tmp_path / "broken.warts"
    broken.write_bytes(content + b"nonsense" + content)
    ours, _, errors = decode(broken)
    assert ours == alone and f"no object begins here (byte {len(content)})" in errors
