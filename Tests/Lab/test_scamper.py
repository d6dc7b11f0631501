"""Real scamper measures through a diamond of equal-cost paths; what is stored is what sc_warts2json says of its files."""

import json
import shutil
import subprocess

import pytest

import collector
import diamond
import network

TRACES = [f"trace -P udp-paris {diamond.DESTINATION}", f"trace -P icmp-paris {diamond.DESTINATION}",
          f"trace -P icmp-paris {diamond.DESTINATION6}"]
PINGS = [f"ping -c 2 {diamond.DESTINATION}", f"ping -c 2 {diamond.DESTINATION6}"]


@pytest.fixture(scope="module")
def lab(private_network):
    if not shutil.which("scamper") or not shutil.which("sc_warts2json"):
        pytest.skip("scamper isn't installed (apt-get install scamper)")
    made = diamond.Diamond()
    yield made
    made.close()


def oracle(path):
    """scamper's own reading of a file."""
    return [json.loads(line) for line in network.run("sc_warts2json", str(path)).splitlines()]


def import_warts(netmeta, *paths):
    output = network.run(
        collector.BINARY, "import", "warts", "--config", str(netmeta.configuration), "--data", str(netmeta.data),
        *map(str, paths), timeout=60)
    return json.loads(output)


def test_what_scamper_measured_is_stored_once(netmeta, lab, tmp_path):
    path = tmp_path / "one.warts"
    # Ports choose the way at r1: enough of them to see both.
    ways = [f"trace -P udp-paris -s {port} {diamond.DESTINATION}" for port in range(40000, 40012)]
    lab.scamper(path, *TRACES, *ways, *PINGS)
    truth = oracle(path)
    traces = [item for item in truth if item["type"] == "trace"]
    pings = [item for item in truth if item["type"] == "ping"]
    assert len(traces) == 15 and len(pings) == 2

    summary = import_warts(netmeta, path)
    hops = sum(len(trace["hops"]) for trace in traces)
    assert (summary["traces"], summary["pings"], summary["rowsStored"]) == (15, 2, 15 + hops + 2)
    # The same again, and under another name: nothing new.
    copy = shutil.copy(path, tmp_path / "copy.warts")
    again = import_warts(netmeta, path, copy)
    assert again["filesKnown"] == 2 and again["rowsStored"] == 0

    stored = netmeta.sql("SELECT toString(Dst) AS dst, Method AS method, SrcPort AS port, toUInt64(Time) AS time, HopCount AS hops,"
                         " StopReason AS stop, RTT AS rtt, toString(TraceId) AS id FROM traces ORDER BY time, method, port")
    assert len(stored) == len(traces)
    for trace in traces:
        port = trace.get("sport", trace.get("icmp_sum"))
        own, = [row for row in stored if plain(row["dst"]) == trace["dst"] and row["method"] == trace["method"]
                and row["port"] == port and row["time"] == trace["start"]["sec"]]
        assert own["hops"] == trace["hop_count"] and own["stop"] == trace["stop_reason"]
        rows = netmeta.sql("SELECT TTL AS ttl, Attempt AS attempt, toString(Addr) AS addr, RTT AS rtt, ReplyTTL AS reply,"
                           f" IcmpType AS type, IcmpCode AS code FROM trace_hops WHERE TraceId = {own['id']} ORDER BY TTL, Attempt")
        assert [(row["ttl"], row["attempt"], plain(row["addr"]), row["reply"], row["type"], row["code"]) for row in rows] == [
            (hop["probe_ttl"], hop["probe_id"], hop["addr"], hop["reply_ttl"], hop["icmp_type"], hop["icmp_code"])
            for hop in trace["hops"]]
        for row, hop in zip(rows, trace["hops"]):
            assert abs(row["rtt"] / 1000 - hop["rtt"]) < 0.0011
    for ping in pings:
        own, = netmeta.sql(f"SELECT * FROM pings WHERE Dst = toIPv6('{ping['dst']}')")
        assert (own["Sent"], own["Received"]) == (ping["ping_sent"], ping["statistics"]["replies"])
        for column, name in (("MinRTT", "min"), ("AvgRTT", "avg"), ("MaxRTT", "max"), ("StdDevRTT", "stddev")):
            assert abs(own[column] / 1000 - ping["statistics"][name]) < 0.0021, (column, own, ping["statistics"])

    # The diamond through the API: both ways, no loss, every hop where it belongs.
    answer = netmeta.api("traces")
    pair, = [pair for pair in answer["traces"] if pair["destination"] == diamond.DESTINATION]
    assert pair["traces"] == 14 and pair["reached"] == 14
    detail = netmeta.api("traces", destination=diamond.DESTINATION, monitor=pair["monitor"])
    assert len(detail["paths"]) == pair["paths"] == 2
    for ttl, addresses in enumerate(diamond.WAY, 1):
        assert {hop["address"] for hop in detail["hops"] if hop["ttl"] == ttl} == addresses
    assert all(loss["asked"] == loss["answered"] == 14 for loss in detail["losses"]), detail["losses"]
    assert sum(path["traces"] for path in detail["paths"]) == 14
    assert all([hop["ttl"] for hop in path["hops"]] == [1, 2, 3, 4] for path in detail["paths"])
    assert detail["pings"][0]["received"] == 2


def traced_with_both_ways(lab, path):
    """Two traces of parallel ways, of which one found both. scamper stops once it is 95 % sure that there is no other way,
    so one of twenty misses it."""
    for _ in range(5):
        lab.scamper(path, f"tracelb -P udp-dport {diamond.DESTINATION}", f"tracelb -P icmp-echo {diamond.DESTINATION}")
        found = [item for item in oracle(path) if item["type"] == "tracelb"]
        seen = {answer["addr"] for item in found for node in item["nodes"] for answers in node["links"] for answer in answers}
        if seen >= diamond.WAY[1]:
            return found
    raise AssertionError("scamper found one way of two in five runs")


def test_parallel_ways_are_stored_link_by_link(netmeta, lab, tmp_path):
    found = traced_with_both_ways(lab, path := tmp_path / "parallel.warts")
    summary = import_warts(netmeta, path)
    assert summary["parallelTraces"] == len(found) == 2
    truth = sorted(
        (item["method"], item["nodec"], item["linkc"], node["addr"], hop, answer["addr"], len(answer.get("probes", [])))
        for item in found for node in item["nodes"] for hop, answers in enumerate(node["links"], 1) for answer in answers)
    rows = netmeta.sql("SELECT Method AS method, Nodes AS nodes, Links AS links, toString(FromAddr) AS node, Hop AS hop,"
                       " toString(Addr) AS addr, Probes AS probes, TTL AS ttl, MinRTT AS rtt FROM trace_links")
    assert sorted((row["method"], row["nodes"], row["links"], plain(row["node"]), row["hop"],
                   plain(row["addr"]).replace("::", "*"), row["probes"]) for row in rows) == truth
    assert summary["rowsStored"] == len(truth)
    # The same by the API: each method's links are a shape of its own.
    pair, = netmeta.api("traces/links")["pairs"]
    assert (pair["destination"], pair["traces"], pair["width"]) == (diamond.DESTINATION, 2, 2)
    answer = netmeta.api("traces/links", destination=diamond.DESTINATION, monitor=pair["monitor"])
    assert not answer["cut"] and sorted(
        (shape["method"], shape["nodes"], shape["links"], hop["from"], hop["hop"], hop["address"] or "*", hop["probes"])
        for shape in answer["shapes"] for hop in shape["hops"]) == truth
    least = {(row["method"], plain(row["node"]), row["hop"], plain(row["addr"])): row["rtt"] for row in rows}
    for shape in answer["shapes"]:
        for hop in shape["hops"]:
            assert hop["leastRtt"] == hop["medianRtt"] == least[shape["method"], hop["from"], hop["hop"], hop["address"] or "::"]
    # Both sides of the diamond, one link behind the first router.
    behind = {plain(row["addr"]) for row in rows if plain(row["node"]) == "10.77.1.2" and row["hop"] == 1}
    assert behind == diamond.WAY[1] and all(row["ttl"] and row["rtt"] for row in rows)


def test_of_a_file_that_grows_only_what_is_new_is_stored(netmeta, lab, tmp_path):
    path, more = tmp_path / "grows.warts", tmp_path / "more.warts"
    lab.scamper(path, *TRACES)
    whole = path.read_bytes()
    # scamper writes objects; a reader may see half of the last one.
    path.write_bytes(whole[:-7])
    first = import_warts(netmeta, path)
    assert first["traces"] == 3 and first["filesCut"] == 1
    lab.scamper(more, *PINGS, TRACES[0])
    path.write_bytes(whole + more.read_bytes())
    second = import_warts(netmeta, path)
    assert (second["traces"], second["pings"], second["filesCut"]) == (1, 2, 0), second
    assert netmeta.sql("SELECT count() AS n, uniqExact(TraceId) AS u FROM traces") == [{"n": 4, "u": 4}]


def test_decode_says_what_scamper_says(lab, tmp_path):
    path = tmp_path / "decode.warts"
    lab.scamper(path, *TRACES, *PINGS, f"tracelb -P udp-dport {diamond.DESTINATION}")
    done = subprocess.run([collector.BINARY, "decode", str(path)], capture_output=True, text=True, check=True)
    ours = [json.loads(line) for line in done.stdout.splitlines()]
    theirs = oracle(path)
    assert [item["type"] for item in ours] == [item["type"] for item in theirs]
    for mine, truth in zip(ours, theirs):
        if truth["type"] == "trace":
            assert [(hop["addr"], hop["probe_ttl"], hop["icmp_type"]) for hop in mine["hops"]] == [
                (hop["addr"], hop["probe_ttl"], hop["icmp_type"]) for hop in truth["hops"]]
    balanced = [item for item in ours if item["type"] == "tracelb"][0]
    found = {answer["addr"] for node in balanced["nodes"] for hop in node["links"] for answer in hop}
    assert diamond.WAY[1] <= found


def plain(address):
    return address.removeprefix("::ffff:")


@pytest.fixture
def configured(tmp_path, private_network):
    """Starts a collector with lines added to its configuration."""
    running = collector.Collector(tmp_path)

    def start(lines, environment=None):
        running.environment = environment or {}
        running.configuration.write_text(running.configuration.read_text() + lines)
        return running.start()
    try:
        yield start
        running.stop()
    finally:
        running.kill()


def scamper_source(netmeta):
    source, = [source for source in netmeta.api("health")["sources"] if source["kind"] == "scamper"]
    return source


def test_a_folder_is_watched_and_its_files_may_grow(configured, lab, tmp_path):
    folder = tmp_path / "spool"
    folder.mkdir()
    lab.scamper(tmp_path / "first", TRACES[0])
    lab.scamper(tmp_path / "second", *TRACES[1:])
    first, second = (tmp_path / "first").read_bytes(), (tmp_path / "second").read_bytes()
    (folder / "a.warts").write_bytes(first)
    (folder / "other.txt").write_bytes(first)
    (folder / "junk.warts").write_bytes(b"no warts at all")
    netmeta = configured(f"sources: {{scamper: {{folder: {folder}}}}}\n")

    def count():
        return netmeta.sql("SELECT count() AS n FROM traces")[0]["n"]
    network.wait_for(lambda: count() == 1, "the first trace")
    # Half of an object, as a look while scamper writes finds it, then all.
    (folder / "a.warts").write_bytes(first + second[:len(second) // 2])
    network.wait_for(lambda: count() >= 1 and "imported" in netmeta.log.read_text(), "a look")
    (folder / "a.warts").write_bytes(first + second)
    network.wait_for(lambda: count() == 3, "all traces")
    assert netmeta.log.read_text().count("a file of scamper can't be imported") == 1
    # The health page has it, and says which file it is that can't be read until it is gone.
    source = scamper_source(netmeta)
    assert source["name"] == f"folder {folder}" and source["failure"] is None and source["lost"] == {"unreadableFile": 1}
    assert source["read"] == 4 and source["rows"] == netmeta.sql(
        "SELECT (SELECT count() FROM traces) + (SELECT count() FROM trace_hops) AS n")[0]["n"]
    assert 0 <= source["lag"] < 120 and any(f"{folder}/junk.warts is neither" in words for words in source["advice"])
    doctor = subprocess.run([collector.BINARY, "doctor", "--config", str(netmeta.configuration), "--data", str(netmeta.data)],
                            capture_output=True, text=True).stdout
    assert "rejected: unreadableFile 1" in doctor and "junk.warts" in doctor
    (folder / "junk.warts").unlink()
    network.wait_for(lambda: scamper_source(netmeta)["advice"] == [], "no advice")
    folder.rename(tmp_path / "away")
    network.wait_for(lambda: scamper_source(netmeta)["failure"], "a folder that isn't there")
    health = netmeta.api("health")
    assert health["status"] == "degraded" and f"folder {folder}: it can't be read" in health["message"]
    (tmp_path / "away").rename(folder)
    network.wait_for(lambda: netmeta.api("health")["status"] == "ok", "good health")
    # What is there already isn't stored again.
    netmeta.stop()
    netmeta.start()
    shutil.copy(folder / "a.warts", folder / "copy.warts")
    lab.scamper(folder / "c.warts", PINGS[0])
    network.wait_for(lambda: netmeta.sql("SELECT count() AS n FROM pings")[0]["n"] == 1, "the ping")
    assert count() == 3


def test_scamper_is_run_on_a_schedule(configured, neighbour):
    netmeta = configured("sources: {scamper: {targets: [10.99.0.2], method: icmp-paris, pings: 1, every: 10}}\n")

    def traces():
        return netmeta.sql("SELECT toString(Dst) AS dst, Reached AS reached, Method AS method FROM traces")
    network.wait_for(lambda: len(traces()) >= 1, "a trace")
    assert {(plain(row["dst"]), row["reached"], row["method"]) for row in traces()} == {("10.99.0.2", 1, "icmp-echo-paris")}
    network.wait_for(lambda: netmeta.sql("SELECT sum(Received) AS n FROM pings")[0]["n"] >= 1, "a ping")
    source = scamper_source(netmeta)
    assert source["name"] == "own runs" and source["failure"] is None and source["lag"] < 60
    # Its files are gone once they are stored.
    network.wait_for(lambda: list((netmeta.data / "scamper").iterdir()) == [], "an empty folder")


def test_without_scamper_the_health_page_says_what_to_do(configured, tmp_path):
    (tmp_path / "empty").mkdir()
    netmeta = configured("sources: {scamper: {targets: [127.0.0.1], every: 10}}\n", {"PATH": str(tmp_path / "empty")})
    network.wait_for(lambda: scamper_source(netmeta)["failure"], "a first round")
    source = scamper_source(netmeta)
    assert source["failure"] == "scamper is missing: apt-get install scamper" and source["figures"]["failedRounds"] >= 1
    assert netmeta.api("health")["status"] == "degraded" and source["lag"] is None and source["rows"] == 0


def test_a_scamper_that_runs_measures_over_its_control_socket(configured, lab, tmp_path):
    path = tmp_path / "control"
    netmeta = configured(f"sources: {{scamper: {{attach: {path}, targets: [{diamond.DESTINATION}], method: icmp-paris,"
                         " pings: 2, parallel: true, every: 10}}\n")

    def count(table):
        return netmeta.sql(f"SELECT count() AS n FROM {table}")[0]["n"]

    def running():
        path.unlink(missing_ok=True)
        return subprocess.Popen([*network.WITH_PARENT, *lab.inside("vp"), "scamper", "-U", str(path), "-p", "1000"])
    # It isn't there yet: said once, and tried again.
    network.wait_for(lambda: "scamper can't be had" in netmeta.log.read_text(), "a first try")
    source = scamper_source(netmeta)
    assert source["name"] == f"socket {path}" and "No such file or directory; start one with" in source["failure"]
    assert netmeta.api("health")["status"] == "degraded"
    scamper = running()
    try:
        network.wait_for(lambda: count("trace_links") and count("traces") and count("pings"), "a round")
        # It ends and comes again: another round over another connection.
        scamper.kill()
        scamper.wait()
        scamper = running()
        network.wait_for(lambda: scamper_source(netmeta)["failure"], "the end of the connection")
        network.wait_for(lambda: count("traces") == 2, "another round", 40)
        source = scamper_source(netmeta)
        assert source["failure"] is None and source["lost"] == {} and 0 <= source["lag"] < 60, source
        assert source["figures"]["connections"] == 2 and source["figures"]["traces"] >= 2, source
    finally:
        scamper.kill()
        scamper.wait()
    # What had come is stored then.
    network.wait_for(lambda: scamper_source(netmeta)["failure"], "the end of this connection too")
    assert netmeta.sql("SELECT DISTINCT toString(Dst) AS dst, Reached AS reached, HopCount AS hops FROM traces") == [
        {"dst": f"::ffff:{diamond.DESTINATION}", "reached": 1, "hops": 4}]
    for row in netmeta.sql("SELECT TTL AS ttl, toString(Addr) AS addr FROM trace_hops"):
        assert plain(row["addr"]) in diamond.WAY[row["ttl"] - 1]
    behind = netmeta.sql("SELECT DISTINCT toString(Addr) AS addr FROM trace_links WHERE FromAddr = toIPv6('10.77.1.2') AND Hop = 1")
    # Of each round scamper is sure to 95 % only that it found both ways; the diamond's own test asks until it did.
    assert behind and {plain(row["addr"]) for row in behind} <= diamond.WAY[1]
    assert netmeta.sql("SELECT DISTINCT Sent AS sent, Received AS received FROM pings") == [{"sent": 2, "received": 2}]
    figures = netmeta.metrics()
    assert figures["netmeta_scamper_connections_total"] == 2
    assert not any(name.startswith("netmeta_scamper_rejected_total") for name in figures)
    rows = sum(count(table) for table in ("traces", "trace_hops", "trace_links", "pings"))
    assert figures[f'netmeta_scamper_rows_total{{source="socket {path}"}}'] == rows
    assert netmeta.log.read_text().count("scamper can't be had") <= 4  # once for each cause, not for each try


def test_scamper_is_asked_over_tcp_too(configured, private_network):
    scamper = subprocess.Popen([*network.WITH_PARENT, "scamper", "-P", "31337"])
    try:
        netmeta = configured("sources: {scamper: {attach: '127.0.0.1:31337', targets: [127.0.0.1], pings: 1}}\n")
        network.wait_for(lambda: netmeta.sql("SELECT sum(Received) AS n FROM pings")[0]["n"] == 1, "a ping")
    finally:
        scamper.kill()
        scamper.wait()
