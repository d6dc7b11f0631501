"""The API beside its own description: schemathesis reads /api/v1/openapi.json and sends what that says is right, and
what it says is wrong, to a real server that has rows. Its seed is fixed, so that a finding comes back.
"""

import json
import pathlib
import socket
import subprocess
import sys
import urllib.parse
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Lab"))

from collector import BINARY, Collector  # noqa: E402

TESTER = pathlib.Path(sys.executable).with_name("st")
SEED = ROOT / "Tests/Fixtures/netflow/softflowd-ipfix/capture.pcap"

# What a wrong parameter is answered with may be any error that is described; that it isn't 5xx is asked of all.
CHECKS = ",".join([
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "response_headers_conformance", "unsupported_method", "allow_header_conformance"])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not TESTER.exists():
        pytest.skip("the schemathesis wheel is not installed")
    folder = tmp_path_factory.mktemp("api")
    running = Collector(folder, netflow="off", ipfix="off", sflow="off", console=free_port())
    subprocess.run([BINARY, "import", "pcap", "--data", str(running.data), str(SEED)], check=True, capture_output=True)
    running.start()
    yield running
    running.stop()


def test_answers_are_as_described(server):
    """Every GET, with parameters that fit and some that don't."""
    words = [str(TESTER), "run", f"{server.url}/api/v1/openapi.json", "--checks", CHECKS, "--seed", "20261126",
             "--max-examples", "12", "--phases", "examples,coverage,fuzzing", "--include-method", "GET",
             # One worker: Hypothesis sets the interpreter's recursion limit, and Python 3.11 takes it for every thread at
             # once, so that a second one's parse of a lambda ends with a SystemError.
             "--workers", "1",
             # It goes on for an hour, unless whoever asked ends it.
             "--exclude-path", "/api/v1/flows/tail",
             "--suppress-health-check", "all", "--no-shrink", "--request-timeout", "20", "--warnings", "off", "--no-color"]
    result = subprocess.run(words, cwd=server.folder, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
    # Something was asked.
    assert server.api("top", from_="-520w", dimensions="DstPort")["groups"] == 2


@pytest.mark.parametrize("path, parameter", [
    ("graph?from=yesterday", "from"), ("graph?from=now&to=-1h", "from"), ("graph?to=9999999999", "to"),
    ("graph?dimensions=Nonsense", "dimensions"), ("graph?dimensions=SrcAS,SrcAS", "dimensions"), ("graph?unit=mph", "unit"),
    ("graph?bucket=0", "bucket"), ("graph?bucket=x", "bucket"), ("graph?split=sideways", "split"),
    ("top?limit=0", "limit"), ("top?limit=101", "limit"), ("top?limit=99999999999999999999", "limit"),
    ("top?filter=SrcAZ%3D1", "filter"), ("top?filter=SrcPort~%22(%22", "filter"), ("top?filter=%00", "filter"),
    ("top?direction=up", "direction"), ("top?by=luck", "by"), ("top?detail=none", "detail"), ("top?nonsense=1", "nonsense"),
    ("flows?before=x", "before"), ("flows?limit=1001", "limit"), ("flows?id=short", "id"), ("flows?from=1&from=2", "from"),
    ("exporters?address=nowhere", "address"), ("query", "sql"), ("query?sql=DROP+TABLE+flows_raw", "sql"),
    ("query?sql=SELECT+1&format=Nonsense", "format"), ("query?sql=SELECT+nothing+FROM+flows_raw", "sql"),
    ("filter/complete?position=-1", "position"), ("filter/complete?text=a&text=b", "text"),
])
def test_what_is_asked_wrongly_names_the_parameter(server, path, parameter):
    with pytest.raises(urllib.error.HTTPError) as failure:
        urllib.request.urlopen(f"{server.url}/api/v1/{path}", timeout=30)
    answer = json.load(failure.value)
    assert failure.value.code == 400
    assert failure.value.headers["content-type"] == "application/json"
    assert answer["error"]["code"] == "bad_request" and answer["error"]["parameter"] == parameter


def test_many_viewers_are_one_answer(server):
    """Ten at once get the same bytes, and who has them is told so."""
    url = f"{server.url}/api/v1/top?{urllib.parse.urlencode({'from': 1, 'dimensions': 'DstPort'})}"
    viewers = [subprocess.Popen(["curl", "-s", "-D", "-", url], stdout=subprocess.PIPE) for _ in range(10)]
    answers = [viewer.communicate()[0].partition(b"\r\n\r\n") for viewer in viewers]
    headers = [head.lower() for head, _, _ in answers]
    asked = sum(b"cache-status: netmeta; fwd=miss; stored" in head for head in headers)
    shared = sum(b"; hit" in head or b"; collapsed" in head for head in headers)
    # They start one after the other, on a busy machine over more than the second that an answer is kept for.
    assert asked + shared == 10 and asked <= 5
    assert len({body for _, _, body in answers}) == asked
