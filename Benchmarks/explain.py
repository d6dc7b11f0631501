#!/usr/bin/env python3
"""How long Explain takes at size: a selection and its reference of up to an hour each, in a store of many rows.

    explain.py [--rows N] [--days D] [--runs R] [--data DIR] [--keep]

Fills a store with made-up rows (100 million over 3 days, of which the last two hours hold 2 million), lets one port's
traffic double in the last hour, and asks /api/v1/explain for the last 5, 15 and 60 minutes. Prints the best of R runs
in seconds of the store: of single values over all dimensions, and with the pairs of the leading ones. What is aimed at
is 1.5 and 4 s for 2 million rows together; nothing fails, since it hangs on the machine. --data with a folder of an
earlier run (--keep) fills nothing anew. The binary is .build/release/netmeta, or NETMETA_BINARY.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlencode

sys.path.insert(1, str(pathlib.Path(__file__).parent / "queries"))
import engine  # noqa: E402
import queries  # noqa: E402
import traffic  # noqa: E402

# Steps that look at pairs of values; all others look at single ones.
PAIRS = ("overlaps", "signs")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill:
        engine.alone(fill, options)
    folder = None if options.data else tempfile.mkdtemp(prefix="netmeta-explain-")
    options.data = (options.data or pathlib.Path(folder)).resolve()
    try:
        if not (options.data / "bench.json").exists():
            options.data.mkdir(parents=True, exist_ok=True)
            with queries.Server(options):
                pass  # makes the tables
            # The engine opens one folder in a process's life.
            subprocess.run([sys.executable, __file__, "--fill", "--data", options.data, "--rows", str(options.rows),
                            "--days", str(options.days)], check=True)
        measure(options)
    finally:
        if not options.keep:
            shutil.rmtree(options.data, ignore_errors=True)


def fill(options):
    store = engine.Engine(options.data)
    end = int(time.time()) // 3600 * 3600
    queries.fill_flows(store, options, end)
    columns = ", ".join(traffic.COLUMNS)
    since = f"TimeReceived >= {end - 3600}"
    store.run(f"INSERT INTO netmeta.flows_raw ({columns}) SELECT {columns} FROM netmeta.flows_raw WHERE {since} AND "
                  f"DstPort = (SELECT topK(1)(DstPort)[1] FROM netmeta.flows_raw WHERE {since} AND DstPort > 0)")
    queries.settle(store)
    (options.data / "bench.json").write_text(json.dumps({"end": end, "rows": options.rows}))


def measure(options):
    facts = json.loads((options.data / "bench.json").read_text())
    with queries.Server(options) as server:
        print(f"{facts['rows']:,} rows in the store")
        for minutes in (5, 15, 60):
            best = None
            for run in range(options.runs):
                # Another second each time, so that no kept answer is given.
                to = facts["end"] - run
                answer = server.ask("explain?" + urlencode({"from": to - minutes * 60, "to": to, "unit": "bit/s"}))
                steps = [(step["name"], step["elapsed"]) for step in answer["statistics"]["steps"]]
                pairs = sum(seconds for name, seconds in steps if name in PAIRS)
                whole = sum(seconds for _, seconds in steps)
                if best is None or whole < best[1]:
                    best = whole - pairs, whole, answer
            single, whole, answer = best
            sampled = "all" if answer["exact"] else f"1 of {answer['every']} s"
            causes = [cause["filter"] for cause in answer["causes"][:2]]
            print(f"{minutes:3} min: {answer['statistics']['rows']:>10,} rows, {sampled} read, single values {single:.2f} s, "
                  f"with pairs {whole:.2f} s; first causes: {'; '.join(causes) or 'none'}", flush=True)


if __name__ == "__main__":
    main()
