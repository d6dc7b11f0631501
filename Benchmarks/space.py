#!/usr/bin/env python3
"""Bytes a flow takes on disk, beside upstream's table layout with the same rows.

usage: space.py [--rows N] [--folder DIR] [--binary FILE] [--library FILE] [--need RATIO]

`netmeta demo` sends its traffic through a server until N rows are stored
(default 20 million). Then each table is filled from those rows, merged into
one part a day, and measured with primary key, marks and indices:

    netmeta     the product's own table, as SHOW CREATE TABLE gives it
    upstream    NetMeta's columns, types and order, packed with LZ4: what the ClickHouse that
                NetMeta comes with (22.9, without settings for it) does with all parts
    repacked    the same as today's engine packs what has no codec: with ZSTD, once a part
                was merged twice

once as received, which at 100,000 flows/s is a few minutes of a busy network,
and once spread over a day (N = 20 million: 231 flows/s): the same rows in the
same order but for neighbours of half an hour, which are mixed, with all times
moved alike. How dense the rows lie decides what an order is worth, so both are
shown. Exits with 1 when netmeta takes more than RATIO of upstream's bytes over
the day; the ratio to what is repacked is shown beside it. The folder is removed at the end.
"""

import argparse
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import engine

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Raw rows, two copies of both tables, and what merges write beside them.
BYTES_NEEDED_PER_ROW = 450
DAY = 86400
INSERT = ("SETTINGS max_threads = 1, max_insert_threads = 1, max_block_size = 262144,"
          " min_insert_block_size_rows = 250000, min_insert_block_size_bytes = 0")

# spec: the table of the NetMeta that this one replaces, column by column.
UPSTREAM = """
Date Date; FlowType Enum8('FLOWUNKNOWN' = 0, 'SFLOW_5' = 1, 'NETFLOW_V5' = 2, 'NETFLOW_V9' = 3, 'IPFIX' = 4);
SequenceNum UInt64; TimeReceived UInt64; SamplingRate UInt64; FlowDirection UInt8; SamplerAddress IPv6;
TimeFlowStart UInt64; TimeFlowEnd UInt64; Bytes UInt64; Packets UInt64; SrcAddr IPv6; DstAddr IPv6; EType UInt16;
Proto UInt8; SrcPort UInt32; DstPort UInt32; InIf UInt32; OutIf UInt32; SrcMac UInt64; DstMac UInt64; SrcVlan UInt32;
DstVlan UInt32; VlanId UInt32; IngressVrfId UInt32; EgressVrfId UInt32; IPTos UInt8; ForwardingStatus UInt8;
IPTTL UInt8; TCPFlags UInt8; IcmpType UInt8; IcmpCode UInt8; IPv6FlowLabel UInt32; FragmentId UInt32;
FragmentOffset UInt32; BiFlowDirection UInt8; SrcAS UInt32; DstAS UInt32; NextHop IPv6; NextHopAS UInt32;
SrcNet UInt8; DstNet UInt8"""
UPSTREAM_COLUMNS = [column.split(maxsplit=1) for column in re.split(r";\s+", UPSTREAM.strip())]
UPSTREAM_ORDER = "(TimeReceived, FlowDirection, SamplerAddress, SrcAS, DstAS, SrcAddr, DstAddr)"


def main():
    arguments = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].splitlines()[0])
    arguments.add_argument("--rows", type=int, default=20_000_000)
    arguments.add_argument("--folder", help="where the data lies meanwhile (default: a temporary one)")
    arguments.add_argument("--binary", default=str(ROOT / ".build/release/netmeta"))
    arguments.add_argument("--library", help="the chDB library (default: the one that setup fetched)")
    arguments.add_argument("--need", type=float, default=0.6)
    options = arguments.parse_args()
    # Absolute, since the engine's own folder becomes the current one.
    folder = os.path.abspath(tempfile.mkdtemp(prefix="netmeta-space-", dir=options.folder))
    try:
        needed = options.rows * BYTES_NEEDED_PER_ROW
        free = shutil.disk_usage(folder).free
        print(f"needs {needed / 1e9:.1f} GB on the disk of {folder}, {free / 1e9:.1f} GB are free")
        if free < needed:
            sys.exit("space.py: too little room; name another folder with --folder, or fewer rows with --rows")
        record(options, folder)
        ratio = measure(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"over a day netmeta takes {ratio:.3f} of upstream's bytes (at most {options.need} is needed)")
    return 0 if ratio <= options.need else 1


def record(options, folder):
    """Fills a data folder with the demo's traffic, through the server."""
    data = os.path.join(folder, "data")
    server = subprocess.Popen(
        [options.binary, "serve", "--data", data], stdout=subprocess.PIPE, text=True, cwd=folder,
        # The folder's engine keeps to the memory that its server had; sorting all rows by time takes more than the default.
        env=dict(os.environ, NETMETA_LOG_LEVEL="warning", NETMETA_CONSOLE_LISTEN="127.0.0.1:8080", NETMETA_STORE_MEMORY="16GB"))
    try:
        if not any(line.strip() == "ready" for line in server.stdout):
            sys.exit("space.py: the server doesn't start")
        demo = subprocess.Popen([options.binary, "demo", "--rate", "100000"], stdout=subprocess.DEVNULL)
        try:
            while stored() < options.rows:
                if server.poll() is not None or demo.poll() is not None:
                    sys.exit("space.py: the server or the demo ended early")
                time.sleep(2)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait()
        print(f"{stored():,} rows stored")
    finally:
        server.terminate()
        server.communicate()
    if server.returncode != 0:
        sys.exit(f"space.py: the server ended with {server.returncode}")


def stored():
    with urllib.request.urlopen("http://127.0.0.1:8080/api/v1/health", timeout=30) as answer:
        return json.load(answer)["losses"]["stored"]


def measure(options, folder):
    """Prints both tables for both densities; returns the ratio over a day."""
    chdb = engine.Engine(os.path.join(folder, "data"), options.library)
    run, ask = chdb.run, chdb.ask
    ddl = ask("SELECT formatQuery(create_table_query) FROM system.tables WHERE database = 'netmeta' AND name = 'flows_raw'")
    names = ask("SELECT name FROM system.columns WHERE database = 'netmeta' AND table = 'flows_raw'"
                " AND default_kind = '' ORDER BY position").split()
    distinct = ask("SELECT uniqExact(SrcAddr, DstAddr, SrcPort, DstPort, Proto) / count() FROM netmeta.flows_raw")
    rows = int(ask("SELECT count() FROM netmeta.flows_raw"))
    seconds = int(ask("SELECT max(TimeReceived) - min(TimeReceived) + 1 FROM netmeta.flows_raw"))
    print(f"{rows:,} rows of {seconds} s, {float(distinct):.1%} distinct 5-tuples")
    run("CREATE DATABASE space ENGINE = Atomic")
    # Old rows must not expire while they are measured.
    ours = re.sub(r"\nTTL .*", "", ddl)
    ratio = 0
    for density, source in (("as received", "netmeta.flows_raw"), ("over a day", spread(run, ddl, names, rows))):
        sizes = {}
        for layout in ("upstream", "repacked", "netmeta"):
            run("DROP TABLE IF EXISTS space.measured SYNC")
            if layout == "netmeta":
                run(ours.replace("netmeta.flows_raw", "space.measured"))
                columns = [(name, name) for name in names]
            else:
                codec = " CODEC(LZ4)" if layout == "upstream" else ""
                body = ", ".join(f"{name} {type}{codec}" for name, type in UPSTREAM_COLUMNS)
                run(f"CREATE TABLE space.measured ({body}) ENGINE = MergeTree PARTITION BY Date ORDER BY {UPSTREAM_ORDER}")
                columns = [(name, upstream_value(name, type)) for name, type in UPSTREAM_COLUMNS]
            start = cpu()
            run(f"INSERT INTO space.measured ({', '.join(name for name, _ in columns)})"
                f" SELECT {', '.join(value for _, value in columns)} FROM {source} {INSERT}")
            inserted = cpu() - start
            # The engine packs a part harder the more often it was merged, up to twice.
            for _ in range(2):
                run("OPTIMIZE TABLE space.measured FINAL")
            bytes_on_disk = int(ask("SELECT sum(bytes_on_disk) FROM system.parts WHERE database = 'space'"
                                    " AND table = 'measured' AND active"))
            sizes[layout] = bytes_on_disk
            print(f"{density:12} {layout:9} {bytes_on_disk / rows:6.2f} B/row, insert and merges meanwhile "
                  f"{inserted / rows * 1e6:.2f} CPU-s per million rows")
            listing = ask("SELECT concat(column, ' ', toString(round(sum(column_data_compressed_bytes) / sum(rows), 2)))"
                          " FROM system.parts_columns WHERE database = 'space' AND table = 'measured' AND active"
                          " GROUP BY column HAVING sum(column_data_compressed_bytes) >= sum(rows) / 20"
                          " ORDER BY sum(column_data_compressed_bytes) DESC")
            indices = ask("SELECT round(sum(secondary_indices_compressed_bytes) / sum(rows), 2) FROM system.parts"
                          " WHERE database = 'space' AND table = 'measured' AND active")
            print("             " + "; ".join(listing.splitlines()) + f"; indices {indices.strip()}")
        ratio = sizes["netmeta"] / sizes["upstream"]
        print(f"{density:12} netmeta / upstream {ratio:.3f}, / repacked {sizes['netmeta'] / sizes['repacked']:.3f}")
    return ratio


def spread(run, ddl, names, rows):
    """The same rows over the day that ended last midnight, in a table without any order of its own."""
    begin = int(time.time()) // DAY * DAY - DAY
    create = re.sub(r"\nORDER BY .*", "\nORDER BY tuple()", re.sub(r"\nTTL .*", "", ddl))
    create = re.sub(r"\nPARTITION BY .*", "", create)
    run(create.replace("netmeta.flows_raw", "space.source"))
    moved = {
        "TimeReceived": "toDateTime(moment, 'UTC')",
        "TimeFlowStart": "TimeFlowStart + (moment - toUnixTimestamp(received))",
        "TimeFlowEnd": "TimeFlowEnd + (moment - toUnixTimestamp(received))",
    }
    values = ", ".join(f"{moved[name]} AS moved_{name}" if name in moved else name for name in names)
    mixed = rows // 48
    run(f"""INSERT INTO space.source ({', '.join(names)}) SELECT {values} FROM (
        SELECT *, TimeReceived AS received,
            toUInt32({begin} + least({DAY - 1}, intDiv((rowNumberInAllBlocks() + rand() % {mixed}) * {DAY}, {rows + mixed}))) AS moment
        FROM (SELECT * FROM netmeta.flows_raw ORDER BY TimeReceived)
        ) ORDER BY moment, cityHash64(SrcAddr, DstAddr, SrcPort, DstPort, Bytes)
        SETTINGS max_threads = 1, max_bytes_before_external_sort = 500000000""")
    return "space.source"


def upstream_value(name, type):
    if name == "Date":
        return "toDate(TimeReceived)"
    if name.startswith("Time"):
        return f"toUInt64(toUnixTimestamp({name}))"
    if name == "FlowType":
        return f"CAST(CAST(FlowType, 'Int8'), '{type.replace(chr(39), chr(92) + chr(39))}')"
    return name


def cpu():
    """User and system seconds of this process, the engine's threads included."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    engine.alone(main)
