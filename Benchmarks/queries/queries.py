#!/usr/bin/env python3
"""The panels of NetMeta's dashboards: the console's questions on our tables beside a dashboard's plain SQL on
NetMeta's table, with the same made-up rows, in one run.

    queries.py [--rows N] [--days D] [--runs R] [--data DIR] [--keep] [--ranges 24h,7d]

Prints a table of milliseconds (the best of R runs, or of as many as begin within 10 s; result and condition caches
off, rows in the page cache) and ratios, and what the same questions take over the API, while nothing comes in and
while 100,000 flows a second do.
Exits with 1 when a panel is slower than the dashboard's SQL by more than a tenth, or the median is below 4
times. --data with an existing folder of an earlier run (--keep) fills nothing anew. The binary is
.build/release/netmeta, or NETMETA_BINARY.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import engine  # noqa: E402
import panels  # noqa: E402
import traffic  # noqa: E402

BINARY = os.environ.get("NETMETA_BINARY", str(engine.ROOT / ".build/release/netmeta"))
CONSOLE = int(os.environ.get("NETMETA_BENCH_PORT", "18089"))
FLOWS = CONSOLE + 1  # where the load is sent
DATAGRAMS = 4762  # a second; 21 flows each on average
BYTES_A_ROW = 130  # of both tables with what merges need meanwhile
MEMORY = 1_680_000_000  # what the product grants a question when the engine has 8 GB


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--ranges", default="24h,7d")
    parser.add_argument("--step", choices=["fill", "time"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        engine.alone({"fill": fill, "time": measure}[options.step], options)
    folder = None if options.data else tempfile.mkdtemp(prefix="netmeta-queries-")
    options.data = options.data or pathlib.Path(folder)
    options.data = options.data.resolve()
    try:
        if not (options.data / "bench.json").exists():
            options.data.mkdir(parents=True, exist_ok=True)
            room, need = shutil.disk_usage(options.data).free, options.rows * BYTES_A_ROW
            if room < need:
                raise SystemExit(f"{options.data} has {room >> 30} GB free, {options.rows:,} rows need {need >> 30} GB: "
                                 "take fewer with --rows, or another folder with --data")
            with Server(options):
                pass  # makes the tables
            child(options, "fill")
        collect(options)
        child(options, "time")
        serve(options)
        report(options)
    finally:
        if not options.keep:
            shutil.rmtree(options.data, ignore_errors=True)


def child(options, step):
    """A process of its own, because the engine opens one folder in a process's life."""
    subprocess.run([sys.executable, __file__, "--step", step, "--data", options.data, "--rows", str(options.rows),
                    "--days", str(options.days), "--runs", str(options.runs)], check=True)


class Refused(Exception):
    """A question that the product doesn't answer, by its code: it counts as failed."""


class Server:
    """`netmeta serve` over the folder."""

    def __init__(self, options):
        configuration = options.data / "netmeta.yaml"
        configuration.write_text(f'listeners: {{netflow: "127.0.0.1:{FLOWS}", ipfix: "127.0.0.1:0", sflow: "127.0.0.1:0"}}\n'
                                 f'console: {{listen: "127.0.0.1:{CONSOLE}", keepAnswersSeconds: 0}}\nretention: {{days: 3650}}\nstore: {{memory: 8GB}}\n')
        self.command = [BINARY, "serve", "--config", configuration, "--data", options.data]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("ready"):
                return self
        raise SystemExit("the server didn't start")

    def __exit__(self, *_):
        self.process.terminate()
        if self.process.wait(300):
            raise SystemExit("the server ended with an error")

    @staticmethod
    def ask(path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{CONSOLE}/api/v1/{path}", timeout=600) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(json.load(error)["error"]["code"]) from error


# MARK: Rows

def fill(options):
    """Both tables."""
    store = engine.Engine(options.data)
    end = int(time.time()) // 3600 * 3600
    fill_flows(store, options, end)
    names = traffic.UPSTREAM_COLUMNS
    types = described(store)
    definition = ", ".join(f"{name} {traffic.UPSTREAM_TYPES.get(name, types[name])}" for name in names)
    store.run(f"CREATE TABLE netmeta.upstream (Date Date, {definition}) ENGINE = MergeTree ORDER BY ({traffic.UPSTREAM_ORDER})")
    for day in range(options.days + 1):
        to = end - day * traffic.DAY
        store.run(f"INSERT INTO netmeta.upstream SELECT toDate(TimeReceived), {', '.join(names)} FROM netmeta.flows_raw "
                  f"WHERE TimeReceived >= {to - traffic.DAY} AND TimeReceived < {to}")
    settle(store)
    (options.data / "bench.json").write_text(json.dumps({"end": end, "rows": options.rows, "days": options.days}))


def fill_flows(store, options, end):
    """Our tables, through their views, so that the rollups are filled as by ingest."""
    columns, step = ", ".join(traffic.COLUMNS), max(1, options.rows // 56)
    started = time.monotonic()
    for first in range(0, options.rows, step):
        rows = traffic.rows(first, min(step, options.rows - first), options.rows, end, options.days)
        store.run(f"INSERT INTO netmeta.flows_raw ({columns}) SELECT {columns} FROM ({rows}) SETTINGS max_insert_threads = 1")
    say(f"flows_raw and rollups: {options.rows:,} rows in {time.monotonic() - started:.0f} s")


def described(store):
    """The raw table's columns and their types."""
    columns = store.ask("SELECT name, type FROM system.columns WHERE database = 'netmeta' AND table = 'flows_raw'")
    return dict(column.split("\t") for column in columns.splitlines())


def settle(store):
    """Waits until nothing is merged any more."""
    deadline = time.monotonic() + 1800
    while store.numbers("SELECT count() FROM system.merges")[0] and time.monotonic() < deadline:
        time.sleep(2)


# MARK: Questions

def collect(options):
    """The SQL that the API makes of each panel, with the table that it chose."""
    facts = json.loads((options.data / "bench.json").read_text())
    facts["panels"] = []
    with Server(options) as server:
        for name in options.ranges.split(","):
            seconds = {"h": 3600, "d": 86400}[name[-1]] * int(name[:-1])
            # As a browser asks: the ends lie on no border of a minute or an hour.
            to = facts["end"] - 7
            since = max(to - seconds, facts["end"] - facts["days"] * traffic.DAY)
            for panel, sql, path in panels.PANELS:
                path = f"{path}&from={since}&to={to}"
                try:
                    answer = server.ask(path)
                except Refused as refusal:
                    say(f"{name} {panel}: {refusal}")
                    facts.setdefault("refused", []).append(f"{name} {panel}: {refusal}")
                    continue
                ours = [text for text in (answer.get("surveySql"), answer.get("rankingSql"), answer["sql"]) if text]
                step = answer.get("bucket", 300)
                time_condition = f"TimeReceived >= {since} AND TimeReceived < {to}"
                facts["panels"].append({
                    "range": name, "panel": panel, "path": path, "ours": ours, "table": answer["statistics"]["source"],
                    "theirs": sql.replace("{time}", time_condition).replace("{step}", str(step))})
    (options.data / "panels.json").write_text(json.dumps(facts))


def measure(options):
    """Both sides of each panel, in turn."""
    facts = json.loads((options.data / "panels.json").read_text())
    store = engine.Engine(options.data)
    store.run("USE netmeta")
    settle(store)
    store.run("SET use_query_condition_cache = 0, use_query_cache = 0")
    # What came under load in an earlier run is behind the end.
    same = [store.numbers(f"SELECT count(), sum(Bytes * SamplingRate), sum(Packets) FROM {table} "
                          f"WHERE TimeReceived < {facts['end']}")
            for table in ("flows_raw", "upstream")]
    if same[0] != same[1]:
        raise SystemExit(f"the tables hold different rows: {same}")
    for panel in facts["panels"]:
        store.run(f"SET max_memory_usage = {MEMORY}, max_bytes_before_external_group_by = {MEMORY // 2}, "
                  f"max_bytes_before_external_sort = {MEMORY // 3}, preferred_block_size_bytes = 0")
        panel["ours_ms"] = best(options, lambda: sum(clock(store, sql) for sql in panel["ours"]))
        store.run("SET max_memory_usage = 0, max_bytes_before_external_group_by = 0, max_bytes_before_external_sort = 0, "
                      "preferred_block_size_bytes = 1000000")
        panel["theirs_ms"] = best(options, lambda: clock(store, panel["theirs"]))
        say(f"{panel['range']} {panel['panel']}: {panel['ours_ms']:.0f} ms, {panel['theirs_ms']:.0f} ms")
    facts["sizes"] = {
        table: store.numbers("SELECT sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND "
                             f"database = 'netmeta' AND table = '{table}'")
        for table in ["flows_raw", "upstream", *sorted(set(re.findall(r"flows_\d+\w_\w+", json.dumps(facts["panels"]))))]}
    (options.data / "panels.json").write_text(json.dumps(facts))


def serve(options):
    """Each question over the API, idle and under load."""
    facts = json.loads((options.data / "panels.json").read_text())
    with Server(options) as server:
        for panel in facts["panels"]:
            panel["idle_ms"] = best(options, lambda: wait(server, panel["path"]))
        load = subprocess.Popen([BINARY, "generate", "--protocol", "mixed", "--rate", str(DATAGRAMS), "--seconds", "86400",
                                 "--target", f"127.0.0.1:{FLOWS}"], stdout=subprocess.DEVNULL)
        try:
            time.sleep(5)
            before, started = server.ask("health/losses"), time.monotonic()
            for panel in facts["panels"]:
                panel["busy_ms"] = best(options, lambda: wait(server, panel["path"]))
            after, seconds = server.ask("health/losses"), time.monotonic() - started
        finally:
            load.terminate()
            load.wait()
        facts["load"] = {
            "flowsPerSecond": (after["rows"]["stored"] - before["rows"]["stored"]) / seconds,
            "lostDatagrams": after["datagrams"]["lost"]["total"], "seconds": seconds}
    (options.data / "panels.json").write_text(json.dumps(facts))


def best(options, measure):
    """The least of some milliseconds; what takes long is steady, and needn't be measured as often."""
    taken = []
    while len(taken) < options.runs and sum(taken) < 10_000:
        taken.append(measure())
    return min(taken)


def wait(server, path):
    """Milliseconds of an answer; endless when there is none within the product's limits."""
    started = time.perf_counter()
    try:
        server.ask(path)
    except Refused:
        return float("inf")
    return (time.perf_counter() - started) * 1000


def clock(store, sql):
    started = time.perf_counter()
    store.read(sql)
    return (time.perf_counter() - started) * 1000


# MARK: Figures

def report(options):
    facts = json.loads((options.data / "panels.json").read_text())
    print(f"\n{facts['rows']:,} rows over {facts['days']} days; milliseconds, best of {options.runs}\n")
    for table, (rows, size) in facts["sizes"].items():
        print(f"{table:20} {rows:>13,} rows {size / 1e6:>9,.0f} MB")
    failed = False
    for name in options.ranges.split(","):
        rows = [panel for panel in facts["panels"] if panel["range"] == name]
        print(f"\n| {name} | table | NetMeta's SQL | here | ratio |\n|---|---|--:|--:|--:|")
        for row in rows:
            ratio = row["theirs_ms"] / row["ours_ms"]
            failed = failed or ratio < 0.9
            print(f"| {row['panel']} | {row['table']} | {row['theirs_ms']:.0f} | {row['ours_ms']:.0f} | {ratio:.2f} |")
        ratios = [row["theirs_ms"] / row["ours_ms"] for row in rows]
        failed = failed or statistics.median(ratios) < 4
        print(f"| median | | | | {statistics.median(ratios):.2f} |\n| least | | | | {min(ratios):.2f} |")
        print(f"\n| {name}, over the API | idle, ms | under load, ms |\n|---|--:|--:|")
        for row in rows:
            print(f"| {row['panel']} | {row['idle_ms']:.0f} | {row['busy_ms']:.0f} |")
    for refusal in facts.get("refused", []):
        failed = True
        print(f"\nnot answered: {refusal}")
    load = facts["load"]
    print(f"\nload: {load['flowsPerSecond']:.0f} flows/s stored for {load['seconds']:.0f} s, "
          f"{load['lostDatagrams']} datagrams lost")
    sys.exit(1 if failed else 0)


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
