"""Every row of netmeta decode beside tshark's dissection, field by field.

A difference that Tests/Differential/disagreements.tsv doesn't list is a failure.
"""

import collections
import shutil

import pytest
import captures
import dissect

CAPTURES = captures.captures()
pytestmark = [
    pytest.mark.skipif(captures.binary() is None, reason="netmeta isn't built (make build, or NETMETA=path)"),
    pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark isn't installed"),
]


def value(row, column):
    if column.startswith("Time"):
        return captures.nanoseconds(row[column])
    if column.endswith("Mac"):
        return int(row[column].replace(":", ""), 16)
    # Details that a row doesn't have are at their defaults.
    return row.get(column, "::" if "Addr" in column or column == "BGPNextHop" else 0)


IDENTITY = ("SrcAddr", "DstAddr", "SrcPort", "DstPort", "Proto")
SWAPPED = ("DstAddr", "SrcAddr", "DstPort", "SrcPort", "Proto")


def groups(rows):
    result = collections.OrderedDict()
    for group, row in rows:
        result.setdefault(group, []).append(row)
    return result


def is_of(row, record):
    """Whether a row was made of a record: all that tells the flow is the same. Options often tell nothing of a flow."""
    if not any(column in record for column in IDENTITY):
        return not any(row[column] not in (0, "::") for column in IDENTITY)
    return all(value(row, column) == record[column] for column in IDENTITY if column in record)


def align(rows, records):
    """Pairs of row and record; and the rows that are left. Events and options are records without a row."""
    left = list(records)
    pairs, extra = [], []
    for row in rows:
        same = [index for index, record in enumerate(left) if is_of(row, record)]
        # Flows of the same ends are told apart by what they carried.
        same.sort(key=lambda index: -sum(value(row, column) == found for column, found in left[index].items()))
        if same:
            pairs.append((row, left.pop(same[0])))
        else:
            extra.append(row)
    # The second row of a biflow whose reverse counters tshark doesn't know as such.
    forward = {tuple(row[column] for column in IDENTITY) for row, _ in pairs}
    extra = [row for row in extra if tuple(row[column] for column in SWAPPED) not in forward]
    return pairs, extra


def compare(path):
    rows, summary = captures.netmeta(path)
    ours = groups(((row["_source"]["port"], row["SequenceNum"], row["_source"]["domain"]), row) for row in rows)
    theirs = groups(dissect.rows(path))
    # tshark has no name for NetFlow v5's engine, which is our domain.
    theirs = {
        next((own for own in ours if own[:2] == group[:2] and ours[own][0]["FlowType"] == "NETFLOW_V5"), group): records
        for group, records in theirs.items()
    }
    differences = {}
    compared = paired = 0
    for group in {**ours, **theirs}:
        pairs, extra = align(ours.get(group, []), theirs.get(group, []))
        paired += len(pairs)
        if extra:
            differences.setdefault("rows", f"datagram {group}: tshark lacks {len(extra)} of {len(pairs) + len(extra)}")
        for index, (row, record) in enumerate(pairs):
            for column, expected in record.items():
                compared += 1
                # A detail of zeros is none.
                if column not in row and expected in (0, "0.0.0.0"):
                    continue
                if value(row, column) != expected:
                    text = f"row {index} of {group}: netmeta {value(row, column)}, tshark {expected}"
                    differences.setdefault(column, text)
    rest = sum(map(len, theirs.values())) - paired
    if rest > summary["eventRecords"] + summary["optionsRecords"] + summary["rejectedRecords"]:
        differences.setdefault("rows", f"netmeta lacks {rest} of tshark's, events and options among them")
    return differences, compared


@pytest.mark.parametrize("name", CAPTURES)
def test_rows_are_those_of_tshark(name, record_property):
    differences, compared = compare(CAPTURES[name])
    record_property("compared", compared)
    assert captures.unlisted("tshark", name, differences) == []


@pytest.mark.skipif(not captures.CORPORA.exists(), reason="../shared/corpora is not beside this checkout")
def test_corpora_are_there():
    assert len(CAPTURES) > 50
