"""Plain SQL on flows_raw for what a panel asked, and whether the panel's answer has the same figures.

Nothing of the program's own SQL is used: sums, bins and sides are written down here a second time.
"""

import json
import urllib.parse
import urllib.request

WIDTHS = {"bit/s": ("Bytes * SamplingRate", 8), "packet/s": ("Packets * SamplingRate", 1), "flow/s": ("1", 1)}
FILTERS = {"": "1", "Proto = TCP": "Proto = 6", "Incoming != no": "Incoming != 0", "Incoming != yes": "Incoming != 1"}
SIDES = {"": "1", "in": "Incoming = 1", "out": "Incoming = 0"}
SIDE_NAMES = {0: "out", 1: "in", 255: "unknown"}
# What has a value, and which.
VALUES = {"IPTTL": ("IPTTL > 0", "IPTTL"), "SrcPort": ("SrcPort > 0", "SrcPort"), "DstPort": ("DstPort > 0", "DstPort"),
          "PacketSize": ("Packets > 0", "intDiv(Bytes, greatest(Packets, 1))")}


def ask(base, path, parameters):
    with urllib.request.urlopen(f"{base}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=60) as answer:
        return json.load(answer)


def rows(base, sql):
    return [tuple(row.values()) for row in ask(base, "query", {"sql": sql})["data"]]


def condition(asked, answer):
    return (f"TimeReceived >= {answer['from']} AND TimeReceived < {answer['to']} AND {FILTERS[asked.get('filter', '')]}"
            f" AND {SIDES[asked.get('direction', '')]}")


def texts(dimensions):
    """Keys as the API writes them: IPv4 addresses not as mapped ones."""
    return [f"replaceRegexpOne(toString({name}), '^::ffff:', '')" for name in dimensions]


def compare_top(base, asked, answer):
    """The best groups, each figure of them, and all the rest together."""
    amount, _ = WIDTHS[answer["unit"]]
    where, count = condition(asked, answer), len(answer["dimensions"])
    limit = int(asked["limit"])
    found = rows(base, f"SELECT {', '.join(texts(answer['dimensions']))}, sum(Bytes * SamplingRate) AS b, sum(Packets * SamplingRate) AS p,"
                       f" count() AS n FROM flows_raw WHERE {where} GROUP BY ALL ORDER BY sum({amount}) DESC LIMIT {2 * limit}")
    plain = {row[:count]: tuple(map(int, row[count:])) for row in found}
    shown = [row for row in answer["rows"] if row["kind"] != "other"]
    place = {"bit/s": 0, "packet/s": 1, "flow/s": 2}[answer["unit"]]
    assert len(shown) == min(limit, len(plain))
    # Groups of equal size may stand in any order, also at the limit.
    assert [row[("bytes", "packets", "flows")[place]] for row in shown] == [
        values[place] for values in sorted(plain.values(), key=lambda values: -values[place])[:limit]]
    for row in shown:
        figures = (row["bytes"], row["packets"], row["flows"])
        assert plain.get(tuple(row["key"]), figures) == figures
    assert sum(tuple(row["key"]) in plain for row in shown) > 0 or not shown
    whole = rows(base, f"SELECT sum(Bytes * SamplingRate) AS b, sum(Packets * SamplingRate) AS p, count() AS n"
                       f" FROM flows_raw WHERE {where}")[0]
    for name, value in zip(("bytes", "packets", "flows"), map(int, whole)):
        assert sum(row[name] for row in answer["rows"]) == value
    return int(whole[2])


def compare_graph(base, asked, answer):
    """Every point of every line, and Other as what is left."""
    amount, factor = WIDTHS[answer["unit"]]
    bucket = answer["bucket"]
    side = "Incoming" if asked.get("split") else "0"
    where, keys = condition(asked, answer), {tuple(line["key"]) for line in answer["series"] if line["kind"] != "other"}
    point = f"intDiv(toUInt32(TimeReceived), {bucket}) * {bucket} AS t, {side} AS s"

    def of(row):
        return int(row[0]), SIDE_NAMES[int(row[1])] if asked.get("split") else None

    found = rows(base, f"SELECT {point}, sum({amount}) AS a FROM flows_raw WHERE {where} GROUP BY ALL")
    whole = {of(row): int(row[2]) for row in found}
    names, plain = texts(answer["dimensions"]), {}
    if keys:
        tuples = ", ".join("tuple(" + ", ".join(f"'{value}'" for value in key) + ")" for key in keys)
        for row in rows(base, f"SELECT {point}, {', '.join(names)}, sum({amount}) AS a FROM flows_raw"
                              f" WHERE {where} AND tuple({', '.join(names)}) IN [{tuples}] GROUP BY ALL"):
            plain[(row[2:-1], *of(row))] = int(row[-1])
    for line in sorted(answer["series"], key=lambda line: line["kind"] == "other"):
        total = 0
        for time, value in zip(answer["times"], line["values"]):
            seconds = min(time + bucket, answer["to"]) - max(time, answer["from"])
            place = (time, line["direction"])
            expected = whole.get(place, 0) if line["kind"] == "other" else plain.get((tuple(line["key"]), *place), 0)
            assert value == expected * factor / seconds
            whole[place] = whole.get(place, 0) - expected
            total += expected
        assert line["total"] == total
    assert not any(whole.values())
    return len(found)


def compare_values(base, asked, answer):
    """Every bin of every bucket."""
    amount, _ = WIDTHS[answer["unit"]]
    known, value = VALUES[answer["column"]]
    bucket = answer["bucket"]
    bounds = [each["from"] for each in answer["bins"]]
    found = rows(base, f"SELECT intDiv(toUInt32(TimeReceived), {bucket}) * {bucket} AS t, {known} AS k,"
                       f" if(k, arrayCount(bound -> bound <= {value}, {bounds}), 0) AS v, sum({amount}) AS a"
                       f" FROM flows_raw WHERE {condition(asked, answer)} GROUP BY ALL")
    plain, unknown = {}, 0
    for time, is_known, place, figure in found:
        if int(is_known):
            plain[(answer["times"].index(int(time)), int(place) - 1)] = int(figure)
        else:
            unknown += int(figure)
    assert {(time, place): figure for time, place, figure in answer["cells"]} == plain
    assert answer["unknown"] == unknown and answer["total"] == unknown + sum(plain.values())
    return len(found)


COMPARE = {"top": compare_top, "graph": compare_graph, "values": compare_values}
