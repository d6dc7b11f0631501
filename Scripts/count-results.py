"""Reads the log of one test part and prints "PASSED FAILED SKIPPED".

usage: count-results.py LOG EXIT_STATUS

Knows the closing lines of Swift Testing, XCTest, pytest, Scripts/check.sh and
the plain "N passed, N failed, N skipped". A part without any such line counts
as one test by its exit status; one that failed counts at least one failure.
"""

import re
import sys


def count(text, status):
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    for reader in (swift, pytest, check, plain):
        if result := reader(text):
            break
    else:
        skipped = re.search(r"^skipped: ", text, re.M)
        result = [0, 0, 1] if skipped else [1, 0, 0]
    # A crash or a failed build shows in the status alone.
    if status and not result[1]:
        result = [result[0] if reader_found(text) else 0, 1, result[2]]
    return result


def reader_found(text):
    return any(reader(text) for reader in (swift, pytest, check, plain))


def swift(text):
    total = re.findall(r"Test run with (\d+) tests? .*(?:passed|failed) after", text)
    classic = re.findall(r"Executed (\d+) tests?, with (?:(\d+) tests? skipped and )?(\d+) failures?", text)
    if not total and not classic:
        return None
    # The marks in front differ between terminals; the words don't.
    failed = len(set(re.findall(r"Test (.+) failed after [\d.]+ seconds with", text)) - run_lines(text))
    # Behind the name, which may speak of what is skipped itself.
    skipped = len(re.findall(r'Test (?:"[^"]*"|\S+) skipped', text))
    passed = sum(map(int, total)) - failed - skipped
    if classic:
        # XCTest prints its sum last, after the sums of its suites.
        executed, left_out, failures = (int(number or 0) for number in classic[-1])
        passed, failed, skipped = passed + executed - failures - left_out, failed + failures, skipped + left_out
    return [max(passed, 0), failed, skipped]


def run_lines(text):
    return set(re.findall(r"Test (run with .+) failed after", text))


def pytest(text):
    closing = re.findall(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s", text, re.M)
    if not closing:
        return None
    numbers = {word: int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", closing[-1])}
    failed = sum(numbers.get(word, 0) for word in ("failed", "error", "errors"))
    return [numbers.get("passed", 0) + numbers.get("xfailed", 0), failed, numbers.get("skipped", 0)]


def check(text):
    lines = re.findall(r"^(ok     |FAILED |skipped) ", text, re.M)
    if not lines:
        return None
    words = [line.strip() for line in lines]
    return [words.count("ok"), words.count("FAILED"), words.count("skipped")]


def plain(text):
    closing = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", text, re.M)
    return [int(number or 0) for number in closing[-1]] if closing else None


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
        print(*count(log.read(), int(sys.argv[2])))
