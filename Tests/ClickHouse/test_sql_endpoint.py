"""The SQL endpoint as curl, clickhouse-connect and Grafana's data source use it."""

import gzip
import http.client
import json
import socket
import struct
import subprocess
import zlib

import clickhouse_connect
import lz4.block
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from program import BINARY, Program, until


# MARK: - The interface itself

def test_handles(server):
    assert server.ask(path="/ping", method="GET").text == "Ok.\n"
    assert server.ask(path="/", method="GET").text == "Ok.\n"
    assert server.ask(path="/replicas_status", method="GET").text == "Ok.\n"
    nowhere = server.ask(path="/play", method="GET")
    assert nowhere.status == 404 and nowhere.text.startswith("There is no handle /play")
    assert f"SQL at http://127.0.0.1:{server.port}\n" in server.printed


def test_query_comes_from_url_body_or_both(server):
    assert server.ask(method="GET", query="SELECT 1").text == "1\n"
    assert server.ask("SELECT 2;").text == "2\n"
    assert server.ask("+ 40", query="SELECT 2").text == "42\n"
    assert server.ask(gzip.compress(b"SELECT 3"), headers={"Content-Encoding": "gzip"}).text == "3\n"
    empty = server.ask("")
    assert empty.status == 400 and empty.headers["X-ClickHouse-Exception-Code"] == "62" and "Empty query" in empty.text


def test_formats(server):
    sql = "SELECT toUInt8(1) AS a, 'x' AS b, toIPv6('2001:db8::1') AS c"
    cases = {
        "TabSeparated": b"1\tx\t2001:db8::1\n",
        "CSVWithNames": b'"a","b","c"\n1,"x","2001:db8::1"\n',
        "JSONEachRow": b'{"a":1,"b":"x","c":"2001:db8::1"}\n',
        "RowBinary": b"\x01\x01x" + socket.inet_pton(socket.AF_INET6, "2001:db8::1"),
        "Native": b"\x03\x01\x01a\x05UInt8\x01\x01b\x06String\x01x\x01c\x04IPv6"
                  + socket.inet_pton(socket.AF_INET6, "2001:db8::1"),
    }
    for name, expected in cases.items():
        for answer in [server.ask(f"{sql} FORMAT {name}"), server.ask(sql, default_format=name),
                       server.ask(sql, headers={"X-ClickHouse-Format": name})]:
            assert answer.status == 200 and answer.body == expected, (name, answer.body)
            assert answer.headers["X-ClickHouse-Format"] == name
    # A format in the statement is stronger than the one that is usual.
    assert server.ask(f"{sql} format CSV", default_format="Native").body == b'1,"x","2001:db8::1"\n'
    assert json.loads(server.ask(f"{sql} FORMAT JSON").body)["data"] == [{"a": 1, "b": "x", "c": "2001:db8::1"}]
    for name, start in {"Parquet": b"PAR1", "Arrow": b"ARROW1", "ORC": b"ORC", "ArrowStream": b"\xff\xff\xff\xff"}.items():
        assert server.ask(f"{sql} FORMAT {name}").body.startswith(start)
    assert "│ 1 │ x │" in server.ask(f"{sql} FORMAT PrettyCompact").text
    for name in ["Protobuf", "MySQLWire", "Template", "Nonsense"]:
        refused = server.ask(f"{sql} FORMAT {name}")
        assert refused.status == 404 and refused.headers["X-ClickHouse-Exception-Code"] == "73", name


def test_compression(server):
    sql = "SELECT number FROM numbers(10000)"
    plain = server.ask(sql).body
    packed = server.ask(sql, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.body) == plain
    deflated = server.ask(sql, headers={"Accept-Encoding": "deflate"})
    assert deflated.headers["Content-Encoding"] == "deflate" and zlib.decompress(deflated.body) == plain
    assert server.ask(sql, headers={"Accept-Encoding": "gzip"}, enable_http_compression=0).body == plain
    # ClickHouse's own blocks: a checksum of 16 bytes, the method, two lengths, the bytes.
    blocks, data = server.ask(sql, compress=1).body, b""
    while blocks:
        method, packed_size, size = struct.unpack("<BII", blocks[16:25])
        assert method == 0x82
        data += lz4.block.decompress(blocks[25:16 + packed_size], uncompressed_size=size)
        blocks = blocks[16 + packed_size:]
    assert data == plain


def test_parameters_are_values(server):
    answer = server.ask("SELECT {n:UInt32} + 1, {s:String}", param_n="41", param_s="it's ' OR 1 --")
    assert answer.text == "42\tit\\'s \\' OR 1 --\n"
    assert server.ask("SELECT arraySum({a:Array(UInt8)})", param_a="[1,2,3]").text == "6\n"
    # One person's values are not there for the next.
    missing = server.ask("SELECT {n:UInt32}")
    assert missing.headers["X-ClickHouse-Exception-Code"] == "456" and missing.status == 400
    hidden = server.ask("SELECT * FROM {t:Identifier}", param_t="system.processes")
    assert hidden.status == 403 and "system.processes" in hidden.text
    bad = server.ask("SELECT {n:UInt32}", param_n="1; DROP TABLE flows_raw")
    assert bad.status == 400 and bad.headers["X-ClickHouse-Exception-Code"] == "457"


def test_settings(server):
    sql = "SELECT toUInt64(5) AS n FORMAT JSONEachRow"
    assert server.ask(sql, output_format_json_quote_64bit_integers=1).text == '{"n":"5"}\n'
    assert server.ask("SELECT number FROM numbers(100)", limit=2, offset=3).text == "3\n4\n"
    harmless = dict(session_id="x", session_timeout=60, log_comment="x", max_threads=4, async_insert=1, readonly=1)
    assert server.ask("SELECT 1", **harmless).text == "1\n"
    for name, value in {"readonly": 0, "allow_ddl": 1, "max_execution_speed": 1, "format_schema": "/etc/passwd:X",
                        "output_format_schema": "/tmp/x", "format_template_row": "/etc/passwd",
                        "http_make_head_request": 1, "no_such_setting": 1}.items():
        refused = server.ask("SELECT 1", **{name: value})
        assert refused.status == 403 and refused.headers["X-ClickHouse-Exception-Code"] == "164", name
        # The same at the end of the statement.
        text = f"{value}" if isinstance(value, int) else f"'{value}'"
        refused = server.ask(f"SELECT 1 SETTINGS max_threads = 1, {name} = {text}")
        assert refused.status == 403 and refused.headers["X-ClickHouse-Exception-Code"] == "164", name
        assert name in refused.text
    assert server.ask(sql.replace("FORMAT", "SETTINGS output_format_json_quote_64bit_integers = 1 FORMAT")).text == '{"n":"5"}\n'
    assert server.ask(sql + " SETTINGS output_format_json_quote_64bit_integers = 1, log_comment = 'x'").text == '{"n":"5"}\n'
    assert server.ask("SELECT 1", database="netmeta").text == server.ask("SELECT 1", database="default").text == "1\n"
    elsewhere = server.ask("SELECT 1", database="system")
    assert elsewhere.status == 404 and elsewhere.headers["X-ClickHouse-Exception-Code"] == "81"


def test_conditions_on_tables(server):
    """additional_table_filters, by which Grafana's data source filters ad hoc: they choose rows, and reach nothing else."""
    count = "SELECT count() FROM flows_raw"
    whole = int(server.ask(count).text)
    port = int(server.ask("SELECT min(SrcPort) FROM flows_raw").text)
    some = int(server.ask(f"{count} WHERE SrcPort = {port}").text)
    assert 0 < some < whole
    for table in ["flows_raw", "netmeta.flows_raw"]:
        filters = f"{{'{table}' : ' SrcPort = \\'{port}\\' '}}"
        assert int(server.ask(f"{count}\nsettings additional_table_filters={filters}").text) == some
        assert int(server.ask(count, additional_table_filters=filters).text) == some
    # In every part of the statement, and in no other's.
    both = f"SELECT count() FROM (SELECT Bytes FROM flows_raw UNION ALL SELECT Bytes FROM flows_raw)"
    assert int(server.ask(both, additional_table_filters=f"{{'flows_raw':'SrcPort = {port}'}}").text) == 2 * some
    assert int(server.ask(count).text) == whole
    tries = {
        "{'flows_raw':'length(file(\\'/etc/hostname\\')) > 0'}": 403,
        "{'flows_raw':'SrcAS IN (SELECT length(line) FROM url(\\'http://127.0.0.1:1/\\', \\'LineAsString\\'))'}": 403,
        "{'flows_raw':'SrcAS IN (SELECT SrcAS FROM flows_raw)'}": 403,
        "{'flows_raw':'1) UNION ALL SELECT length(file(\\'/etc/hostname\\')'}": 403,
        "{'flows_raw':'1) UNION ALL (SELECT 1'}": 403,
        "{'flows_raw':'1) SETTINGS max_threads=1 --'}": 400,
        "{'flows_raw':'1) INTO OUTFILE \\'/tmp/netmeta-gate\\' --'}": 400,
        "{'flows_raw':'1; DROP TABLE flows_raw'}": 403,
        "{'flows_raw':'SrcAS IN system.processes'}": 403,
        "{'flows_raw':'1', 'system.processes':'1'}": 403,
        "{'file(\\'/etc/hostname\\')':'1'}": 403,
        "{'other.flows':'1'}": 403,
        "file": 403,
        "{'flows_raw':'1) OR (1'}": 400,
        "{'flows_raw':'nowhere = 1'}": 404,
        "{'nowhere':'1'}": 404,
    }
    for filters, status in tries.items():
        for refused in [server.ask(count, additional_table_filters=filters),
                        server.ask(f"{count} SETTINGS additional_table_filters = {filters}")]:
            assert refused.status == status, (filters, refused.text)


def test_columns_of_one_name(server):
    assert server.ask("SELECT 1, 1, 'x' AS a, a FORMAT JSONEachRow").text == '{"1":1,"1_2":1,"a":"x","a_2":"x"}\n'
    rows = server.ask("SELECT *, SrcPort FROM flows_raw ORDER BY SrcPort DESC LIMIT 2 FORMAT JSONEachRow").text.splitlines()
    assert len(rows) == 2 and all(json.loads(row)["SrcPort"] == json.loads(row)["SrcPort_2"] for row in rows)


def test_totals(server):
    sql = "SELECT Proto AS p, count() AS n, sum(Bytes) AS b FROM flows_raw GROUP BY p WITH TOTALS ORDER BY n DESC"
    answer = server.ask(f"{sql} FORMAT JSON", headers={"Accept-Encoding": "gzip"})
    assert answer.status == 200 and "Content-Encoding" not in answer.headers
    read = json.loads(answer.body)
    assert list(read) == ["meta", "data", "totals", "rows", "statistics"]
    total = int(server.ask("SELECT sum(Bytes) FROM flows_raw").text)
    assert read["totals"] == {"p": 0, "n": server.sent["flows"], "b": total} and read["rows"] == len(read["data"]) > 0
    compact = json.loads(server.ask(f"{sql} LIMIT 1 FORMAT JSONCompact").body)
    assert compact["totals"] == [0, server.sent["flows"], total] and len(compact["data"]) == 1
    lines = server.ask(f"{sql} FORMAT TSVWithNames").text.splitlines()
    assert lines[0] == "p\tn\tb" and lines[-2:] == ["", f"0\t{server.sent['flows']}\t{total}"]
    # ClickHouse writes none in these.
    assert server.ask(f"{sql} FORMAT JSONEachRow").status == server.ask(f"{sql} FORMAT Native").status == 200
    refused = server.ask(sql.replace("ORDER", "HAVING n > 1 ORDER"))
    assert refused.status == 501 and "WITH TOTALS with HAVING" in refused.text and "GROUPING SETS" in refused.text
    # The statement for totals is checked as the other is, and has its conditions.
    filters = "{'flows_raw':'Bytes < 0'}"
    assert server.ask("SELECT Proto AS p, count() FROM flows_raw GROUP BY p WITH TOTALS", additional_table_filters=filters).text == "\n0\t0\n"
    assert server.ask("SELECT file('/etc/hostname') AS p GROUP BY p WITH TOTALS").status == 403
    assert server.ask("SELECT 1", extremes=0).text == "1\n"
    assert server.ask("SELECT 1", extremes=1).status == 501


def test_headers(server):
    answer = server.ask("SELECT number FROM numbers(3)", query_id="my-query-1")
    assert answer.headers["X-ClickHouse-Query-Id"] == "my-query-1"
    assert answer.headers["X-ClickHouse-Timezone"] and answer.headers["X-ClickHouse-Server-Display-Name"] == "netmeta"
    assert answer.headers["Content-Type"] == "text/tab-separated-values; charset=UTF-8"
    summary = json.loads(answer.headers["X-ClickHouse-Summary"])
    assert summary["result_rows"] == "3" and summary["result_bytes"] == "6" and int(summary["elapsed_ns"]) > 0
    slow = server.ask("SELECT count() FROM numbers(4000000000) WHERE NOT ignore(sipHash64(number))",
                      send_progress_in_http_headers=1, max_execution_time=2)
    progress = slow.headers.get_all("X-ClickHouse-Progress") or []
    # Either it was quick, or it was told how far it was until its time was up.
    assert slow.status == 408 or any(int(json.loads(line)["read_rows"]) > 0 for line in progress)


def test_errors(server):
    unknown = server.ask("SELECT x FROM nowhere")
    assert unknown.status == 404 and unknown.headers["X-ClickHouse-Exception-Code"] == "60"
    assert unknown.text.startswith("Code: 60. DB::Exception: ") and "(UNKNOWN_TABLE)" in unknown.text
    assert "(version " in unknown.text
    syntax = server.ask("SELECT FROM WHERE")
    assert syntax.status == 400 and syntax.headers["X-ClickHouse-Exception-Code"] == "62"
    late = server.ask("SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))", max_execution_time=1)
    assert late.status == 408 and late.headers["X-ClickHouse-Exception-Code"] == "159"
    written = server.ask("INSERT INTO flows_raw (Bytes) VALUES (1)")
    assert written.status == 403 and "only statements that read" in written.text
    read = server.ask("SELECT * FROM file('/etc/hostname', 'LineAsString')")
    assert read.status == 403 and read.headers["X-ClickHouse-Exception-Code"] == "497" and "file" in read.text


def test_error_behind_the_beginning(server):
    """The status is sent: the tag tells where the failure stands, and the end of the body is missing."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", "/", "SELECT number, toUInt8(intDiv(1, toInt64(number) - 2000000)) FROM numbers(3000000)")
    answer = connection.getresponse()
    assert answer.status == 200
    tag = answer.headers["X-ClickHouse-Exception-Tag"]
    with pytest.raises(http.client.IncompleteRead) as broken:
        answer.read()
    end = broken.value.partial[-2000:].decode()
    assert f"__exception__\r\n{tag}\r\nCode: 153. DB::Exception: " in end and end.endswith(f"{tag}\r\n__exception__\r\n")


def test_streams_without_holding_it(server):
    """An answer of 80 MB, of which the server never has more than pieces."""
    def memory():
        with open(f"/proc/{server.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024
    server.ask("SELECT count() FROM numbers(10000000) FORMAT Null")
    before, most, received = memory(), 0, 0
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", "/", "SELECT number, number, number AS x, number + 1 AS y FROM numbers(2500000) FORMAT RowBinary"
                       .replace("number, number, ", "number, number + 2 AS z, "))
    answer = connection.getresponse()
    while piece := answer.read(1 << 20):
        received += len(piece)
        most = max(most, memory())
    assert received == 2500000 * 32
    assert most - before < 60 << 20, f"{(most - before) >> 20} MB more than before"


def test_client_that_goes_away_ends_its_statement(server):
    """The connection is closed before a byte of the answer was sent, and while it was."""
    endless = "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)"
    for sql in [endless, "SELECT number FROM numbers(1000000000000) FORMAT RowBinary"]:
        body = f"POST /?query_id=gone-away-1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(sql)}\r\n\r\n{sql}"
        client = socket.create_connection(("127.0.0.1", server.port))
        client.sendall(body.encode())
        until(lambda: server.metrics()["netmeta_sql_running"] == 1, "the statement runs")
        client.close()
        until(lambda: server.metrics()["netmeta_sql_running"] == 0, "the statement has ended", 15)
    assert server.ask("SELECT 1").text == "1\n"


def test_it_is_listed_and_cancelled_beside_the_console_s_questions(server):
    sql = "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)"
    asking = subprocess.Popen(
        ["curl", "-s", "-d", sql, f"http://127.0.0.1:{server.port}/?query_id=long-query-1"], stdout=subprocess.PIPE, text=True)
    base = f"http://127.0.0.1:{server.console}/api/v1/questions"
    def listed():
        out = subprocess.run(["curl", "-s", base], capture_output=True, text=True).stdout
        return [q for q in json.loads(out)["questions"] if q["id"] == "long-query-1"]
    until(listed, "the statement is listed")
    subprocess.run(["curl", "-s", "-X", "POST", f"{base}/cancel?id=long-query-1"], check=True, capture_output=True)
    output, _ = asking.communicate(timeout=30)
    assert output.startswith("Code: 394."), output


def test_another_site_s_page_gets_nothing(server):
    for headers in [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]:
        refused = server.ask("SELECT 1", headers=headers)
        assert refused.status == 403 and "1\n" != refused.text, headers
    assert server.ask("SELECT 1", headers={"Host": f"localhost:{server.port}"}).text == "1\n"


# MARK: - Clients

@pytest.fixture(scope="module")
def client(server):
    with clickhouse_connect.get_client(host="127.0.0.1", port=server.port, database="netmeta") as connected:
        yield connected


def test_clickhouse_connect_queries(client, server):
    assert client.ping() and client.server_version.startswith("26.")
    result = client.query("SELECT number, toString(number) AS s FROM numbers(3)")
    assert result.result_rows == [(0, "0"), (1, "1"), (2, "2")] and result.column_names == ("number", "s")
    assert client.query("SELECT count() FROM flows_raw").first_row == (server.sent["flows"],)
    assert client.command("SELECT 1 + 1") == 2
    row = client.query("SELECT FlowType, SamplerAddress, TimeReceived FROM flows_raw LIMIT 1").first_row
    assert row[0] == "NETFLOW_V5" and row[1].ipv4_mapped.is_loopback and row[2].year >= 2024


def test_clickhouse_connect_parameters(client):
    result = client.query("SELECT {a:UInt32} + 1 AS n, {b:String} AS s, {c:Array(String)} AS l",
                          parameters={"a": 41, "b": "tab\there's", "c": ["x", "y'z"]})
    assert result.first_row == (42, "tab\there's", ["x", "y'z"])
    assert client.query("SELECT %(x)s AS s", parameters={"x": "it's"}).first_row == ("it's",)


def test_clickhouse_connect_streams(client):
    rows, total = 0, 0
    with client.query_rows_stream("SELECT number FROM numbers(500000)") as stream:
        for (number,) in stream:
            rows += 1
            total += number
    assert rows == 500000 and total == 500000 * 499999 // 2
    assert client.raw_query("SELECT 1 AS a", fmt="JSONEachRow") == b'{"a":1}\n'
    with client.raw_stream("SELECT number FROM numbers(1000)", fmt="CSV") as stream:
        assert len(stream.read().splitlines()) == 1000


def test_clickhouse_connect_frames(client, server):
    """Tables of pandas, numpy and Arrow, whole and piece by piece."""
    frame = client.query_df("SELECT number AS n, number * 2 AS d, 'é' AS s, if(n = 1, NULL, n) AS o FROM numbers(4)")
    assert list(frame.columns) == ["n", "d", "s", "o"] and list(frame["d"]) == [0, 2, 4, 6] and set(frame["s"]) == {"é"}
    assert list(frame["o"].isna()) == [False, True, False, False]
    flows = client.query_df("SELECT SrcAddr, DstPort, TimeReceived, Bytes, FlowType FROM flows_raw ORDER BY Bytes DESC")
    total = client.command("SELECT sum(Bytes) FROM flows_raw")
    assert len(flows) == server.sent["flows"] and int(flows["Bytes"].sum()) == total > 0
    assert str(flows["TimeReceived"].dtype).startswith("datetime64") and set(flows["FlowType"]) == {"NETFLOW_V5"}
    assert flows.groupby("DstPort")["Bytes"].sum().sum() == total
    with client.query_df_stream("SELECT number AS n FROM numbers(200000)") as frames:
        assert sum(int(part["n"].sum()) for part in frames) == 200000 * 199999 // 2

    numbers = client.query_np("SELECT number, number + 0.5 AS h FROM numbers(3)")
    assert numbers["h"].tolist() == [0.5, 1.5, 2.5] and numbers["number"].dtype == "uint64"
    with client.query_np_stream("SELECT number FROM numbers(100000)") as parts:
        assert sum(len(part) for part in parts) == 100000

    table = client.query_arrow("SELECT number AS n, toString(number) AS s FROM numbers(3)", use_strings=True)
    assert table.to_pydict() == {"n": [0, 1, 2], "s": ["0", "1", "2"]}
    with client.query_arrow_stream("SELECT number AS n FROM numbers(100000)") as parts:
        assert sum(part.num_rows for part in parts) == 100000
    assert list(client.query_df_arrow("SELECT number AS n FROM numbers(3)")["n"]) == [0, 1, 2]


def test_clickhouse_connect_settings_and_values(client):
    """Settings of a question, values of every usual type, an empty answer, blocks as columns."""
    assert client.query("SELECT number FROM numbers(100)", settings={"limit": 2}).result_rows == [(0,), (1,)]
    row = client.query(
        "SELECT toDate('2026-01-02') AS d, toDateTime64('2026-01-02 03:04:05.678', 3, 'UTC') AS t, [1, 2] AS a,"
        " map('k', 1) AS m, (1, 'x') AS p, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS u, toDecimal64(1.5, 2) AS c,"
        " CAST(NULL, 'Nullable(UInt8)') AS o, true AS b, toIPv4('192.0.2.1') AS i, toLowCardinality('l') AS l").first_row
    assert [str(value) for value in row] == [
        "2026-01-02", "2026-01-02 03:04:05.678000", "[1, 2]", "{'k': 1}", "(1, 'x')",
        "61f0c404-5cb3-11e7-907b-a6006ad3dba0", "1.50", "None", "True", "192.0.2.1", "l"]
    empty = client.query("SELECT number FROM numbers(0)")
    assert empty.result_rows == [] and empty.row_count == 0
    assert client.query_df("SELECT number FROM numbers(0)").empty
    with client.query_column_block_stream("SELECT number, number AS m FROM numbers(150000)") as blocks:
        assert sum(len(block[0]) for block in blocks) == 150000


def test_clickhouse_connect_errors(client):
    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE") as unknown:
        client.query("SELECT * FROM nowhere")
    assert "60" in str(unknown.value)
    with pytest.raises(DatabaseError, match="not allowed"):
        client.query("SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')")
    with pytest.raises(DatabaseError):
        client.insert("flows_raw", [[1]], column_names=["Bytes"])
    assert client.query("SELECT 1").first_row == (1,)


def grafana(server, sql, **settings):
    """A request as Grafana's data source (v4) sends it over HTTP: its driver asks for Native, compressed with gzip."""
    answer = server.ask(sql, basic="default:", headers={"Accept-Encoding": "gzip"},
                        database="netmeta", default_format="Native", max_execution_time=60, **settings)
    assert answer.status == 200, answer.text
    return gzip.decompress(answer.body)


def test_grafana_s_requests(server):
    """What the data source asks when it is saved and tested, when its editor opens, and for a panel."""
    assert b"UTC" in grafana(server, "SELECT timeZone()")
    assert grafana(server, "SELECT 1").startswith(b"\x01\x01\x011\x05UInt8")
    assert b"26." in grafana(server, "SELECT version()")
    assert b"netmeta" in grafana(server, "SHOW DATABASES")
    assert b"flows_raw" in grafana(server, "SHOW TABLES") and b"flows_raw" in grafana(server, 'SHOW TABLES FROM "netmeta"')
    columns = grafana(server, 'DESC TABLE "netmeta"."flows_raw"')
    assert b"SamplerAddress" in columns and b"LowCardinality" in columns or b"IPv6" in columns
    assert b"arrayJoin" in grafana(
        server, "\n      SELECT\n        name, is_aggregate, case_insensitive, alias_to, origin, description,\n"
                "        syntax, arguments, returned_value, examples, categories\n      FROM system.functions\n      LIMIT 10000\n")
    assert b"flows_raw" in grafana(server, "SELECT name, type, table FROM system.columns WHERE database IN ('netmeta')")
    assert b"Bytes" in grafana(
        server, "SELECT name, type, table FROM system.columns WHERE database IN ('netmeta') AND table = 'flows_raw'")
    grafana(server, "select distinct FlowType from netmeta.flows_raw limit 1000")
    panel = """SELECT toStartOfInterval(toDateTime(TimeReceived), INTERVAL 60 second) AS time,
        SamplerToString(SamplerAddress) AS sampler, sum(Bytes * SamplingRate) * 8 / 60 AS bps
        FROM "netmeta"."flows_raw"
        WHERE ( TimeReceived >= toDateTime(1500000000) AND TimeReceived <= toDateTime(4000000000) )
        GROUP BY time, sampler ORDER BY time ASC"""
    answer = grafana(server, panel)
    assert answer[0] == 3 and b"DateTime" in answer
    # Ad-hoc filters: what they may be on is asked of a sample, then they are put behind each panel's SQL.
    assert b"SrcPort" in grafana(server, "SELECT * FROM flows_raw LIMIT 1000")
    port = server.ask("SELECT min(SrcPort) FROM flows_raw").text.strip()
    filtered = grafana(server, "SELECT uniqExact(SrcPort) AS n FROM flows_raw\n"
                       f"settings additional_table_filters={{'flows_raw' : ' SrcPort = \\'{port}\\' AND Proto IN (\\'6\\', \\'17\\') '}}")
    assert filtered == b"\x01\x01\x01n\x06UInt64" + struct.pack("<Q", 1)
    # A row limit of the data source is a setting.
    assert grafana(server, "SELECT number FROM numbers(10)", limit=2)[1] == 2


# MARK: - Who may

def test_users_and_tokens(tmp_path):
    password = subprocess.run([BINARY, "user", "hash", "ada"], input="correct horse\n", capture_output=True, text=True, check=True)
    made = subprocess.run([BINARY, "user", "token", "grafana"], capture_output=True, text=True, check=True).stdout.splitlines()
    token = made[0]
    extra = f"auth:\n  users:\n    {password.stdout.strip()}\n  tokens:\n    {made[1].strip()}\n"
    server = Program(tmp_path, extra).start()
    try:
        nobody = server.ask("SELECT 1")
        assert nobody.status == 401 and nobody.headers["X-ClickHouse-Exception-Code"] == "516"
        assert nobody.headers["WWW-Authenticate"].startswith("Basic ")
        assert server.ask("SELECT 1", basic="default:").status == 401
        assert server.ask("SELECT 1", basic="ada:wrong").status == 401
        good = [dict(basic="ada:correct horse"), dict(user="ada", password="correct horse"),
                dict(headers={"X-ClickHouse-User": "ada", "X-ClickHouse-Key": "correct horse"}),
                dict(headers={"Authorization": f"Bearer {token}"}), dict(basic=f"grafana:{token}"),
                dict(basic=f"default:{token}")]
        for proof in good:
            assert server.ask("SELECT 1", **proof).text == "1\n", proof
        assert server.ask("SELECT 1", basic=f"other:{token}").status == 401
        # Health checks of proxies learn a word.
        assert server.ask(path="/ping", method="GET").text == "Ok.\n"
        with clickhouse_connect.get_client(host="127.0.0.1", port=server.port, username="ada", password="correct horse") as client:
            assert client.query("SELECT 1").first_row == (1,)
        log = (tmp_path / "data/audit.ndjson").read_text()
        assert '"sql"' in log and "SELECT 1" in log and "login-failed" in log
    finally:
        server.stop()


def test_usual_port_of_another_program(tmp_path):
    """A ClickHouse server on the machine keeps its port, and the program starts all the same."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", 8123))
            other.listen()
        except OSError:
            pass  # Held already, which is as good.
        server = Program(tmp_path, sql='"127.0.0.1:8123"').start()
        try:
            assert "SQL at" not in server.printed and "the SQL endpoint is off" in server.log.read_text()
        finally:
            server.stop()
