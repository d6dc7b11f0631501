"""netmeta decode over every capture and every file of messages in ../shared/corpora: no byte and no record gets lost.

The table of what came out of each file is printed at the end (pytest -s or -rP shows it).
"""

import json
import subprocess

import pytest
import captures

SUFFIXES = (".pcap", ".pcapng", ".dat", ".bin", ".ipfix", ".dump")
FILES = {
    str(path.relative_to(captures.CORPORA)): path
    for path in sorted(captures.CORPORA.rglob("*"))
    if path.is_file() and path.name.removesuffix(".gz").endswith(SUFFIXES)
}
COLUMNS = ("datagrams", "records", "flows", "optionsRecords", "eventRecords", "counterSamples", "templates",
           "unknownTemplateSets", "rejectedRecords", "bytesRejected")
pytestmark = [
    pytest.mark.skipif(captures.binary() is None, reason="netmeta isn't built (make build, or NETMETA=path)"),
    pytest.mark.skipif(not FILES, reason="../shared/corpora is not beside this checkout"),
]


@pytest.fixture(scope="module")
def table():
    lines = []
    yield lines
    print("\n" + "\t".join(("file", *COLUMNS, "malformed")))
    print("\n".join(lines))


@pytest.mark.parametrize("name", FILES)
def test_every_byte_and_every_record_is_accounted_for(name, table):
    run = subprocess.run([captures.binary(), "decode", FILES[name]], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    counts = json.loads(run.stderr.splitlines()[-1])
    table.append("\t".join(map(str, (name, *(counts[column] for column in COLUMNS), counts["malformed"] or ""))))
    assert counts["bytesUnaccounted"] == 0
    told = counts["flows"] - counts["reverseFlows"] + counts["eventRecords"] + counts["rejectedRecords"]
    assert counts["records"] == told
    assert len(run.stdout.splitlines()) == counts["flows"]
