"""Runs the scenarios of this folder: each *.txt is one whole use of the
command line. Ends with "N passed, N failed, N skipped".

usage: run.py [FILE.txt...]        NETMETA_BINARY names the program
                                   (default .build/release/netmeta)

What a line means is told by its first characters:

    file NAME       an input file; its lines follow, each behind "| "
    $ COMMAND       runs it (no shell); "netmeta" is the program under test
    & COMMAND       starts it, waits until it prints "ready"; at the end of the
                    scenario it gets SIGTERM and must exit with 0
    < TEXT          a line of standard input for the command above
    ? N             its exit code, if not 0
    > TEXT          the next line of its standard output
    >~ REGEX        the same as a pattern that must match the whole line
    > ...           any lines, or none
    > (nothing)     no output at all
    ! TEXT          the same four for standard error
    signal NAME     sends a signal to the server that was started last; after TERM
                    (exit code 0 again) and KILL its end is waited for
    log REGEX       waits until a whole line of that server's standard error matches
    skip TEXT       leaves the scenario out and says why
    root TEXT       the same unless it runs as root

Output that no line speaks of is not looked at; where lines are given they must
account for all of it. Every other line is a comment. {dir} is the scenario's
own folder (commands run in it), {root} the checkout, {fixtures} Tests/Fixtures,
{binary} the program under test where it stands inside another command,
{port:NAME} a free port, the same wherever NAME stands in one scenario.
"""

import os
import pathlib
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("NETMETA_BINARY", str(ROOT / ".build/release/netmeta"))
COMMAND_SECONDS = 120
LOG_SECONDS = 60


class Failure(Exception):
    """What a scenario expected and what it got, in words."""


class Skipped(Exception):
    """Why a scenario was left out."""


class Step:
    """One line that does something, and what is expected of it."""

    def __init__(self, kind, line, number):
        self.kind, self.line, self.number = kind, line, number
        self.code, self.input = 0, []
        self.expected = {">": [], "!": []}


def parse(text):
    """The input files and the steps of a scenario."""
    files, steps, content = {}, [], None
    for number, line in enumerate(text.splitlines(), 1):
        if content is not None and line.startswith("|"):
            content.append(line[2:])
            continue
        content = None
        word, _, rest = line.partition(" ")
        if word == "skip" or word == "root" and os.geteuid() != 0:
            raise Skipped(rest)
        if word == "file":
            content = files.setdefault(rest.strip(), [])
        elif word in Scenario.KINDS and rest:
            steps.append(Step(word, rest, number))
        elif re.match(r"[<?] |[>!][ ~]", line):
            if not steps:
                raise Failure(f"line {number}: expectation before the first command")
            expect(steps[-1], line)
    if not steps:
        raise Failure("no command in the scenario")
    return files, steps


def expect(step, line):
    if line[0] == "?":
        step.code = int(line[2:])
    elif line[0] == "<":
        step.input.append(line[2:])
    elif line[1] == "~":
        step.expected[line[0]].append(("pattern", line[3:]))
    elif line[2:] in ("...", "(nothing)"):
        step.expected[line[0]].append((line[2:], ""))
    else:
        step.expected[line[0]].append(("text", line[2:]))


class Server:
    """A program that was started, where it stands in the scenario, and its log."""

    def __init__(self, step, process, log):
        self.step, self.process, self.log = step, process, log


class Scenario:
    """Runs one file in a folder of its own."""

    KINDS = {"$": "call", "&": "start", "signal": "signal", "log": "await_log"}

    def __init__(self, path):
        self.path, self.ports, self.servers, self.started = path, {}, [], 0

    def run(self):
        files, steps = parse(self.path.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory(prefix="netmeta-scenario-") as folder:
            self.folder = folder
            for name, lines in files.items():
                target = pathlib.Path(folder, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text("".join(self.fill(line) + "\n" for line in lines), encoding="utf-8")
            try:
                for step in steps:
                    getattr(self, self.KINDS[step.kind])(step)
                while self.servers:
                    self.stop()
            finally:
                for server in self.servers:
                    server.process.kill()
                    server.process.wait()

    def fill(self, text):
        text = text.replace("{dir}", self.folder).replace("{root}", str(ROOT)).replace("{binary}", BINARY)
        text = text.replace("{fixtures}", str(ROOT / "Tests/Fixtures"))
        return re.sub(r"\{port:(\w+)\}", lambda match: str(self.port(match[1])), text)

    def port(self, name):
        if name not in self.ports:
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
                probe.bind(("127.0.0.1", 0))
                self.ports[name] = probe.getsockname()[1]
        return self.ports[name]

    def arguments(self, step):
        words = shlex.split(self.fill(step.line))
        return [BINARY if words[0] == "netmeta" else words[0], *words[1:]]

    def call(self, step):
        try:
            result = subprocess.run(
                self.arguments(step), cwd=self.folder, input="".join(self.fill(line) + "\n" for line in step.input),
                capture_output=True, text=True, errors="replace", timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failure(f"line {step.number}: still running after {COMMAND_SECONDS} s: {step.line}")
        except FileNotFoundError as error:
            raise Failure(f"line {step.number}: {error}")
        output = f"stdout:\n{result.stdout}stderr:\n{result.stderr}"
        if result.returncode != step.code:
            raise Failure(f"line {step.number}: exit code {result.returncode}, expected {step.code}\n{output}")
        for sign, text in ((">", result.stdout), ("!", result.stderr)):
            wanted = [(kind, self.fill(value)) for kind, value in step.expected[sign]]
            if wanted and not matches(wanted, text.splitlines()):
                lines = "\n".join(f"  {sign} {value or kind}" for kind, value in wanted)
                raise Failure(f"line {step.number}: expected\n{lines}\ngot {output}")

    def start(self, step):
        self.started += 1
        log = pathlib.Path(self.folder, f"server-{self.started}.log")
        process = subprocess.Popen(
            self.arguments(step), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=log.open("w"))
        self.servers.append(Server(step, process, log))
        deadline, seen = time.monotonic() + COMMAND_SECONDS, b""
        while not re.search(rb"^ready\b", seen, re.M):
            readable, _, _ = select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))
            chunk = os.read(process.stdout.fileno(), 4096) if readable else b""
            if not chunk:
                raise Failure(f"line {step.number}: not ready: {step.line}\n{seen.decode()}{log.read_text()}")
            seen += chunk

    def last_server(self, step):
        if not self.servers:
            raise Failure(f"line {step.number}: no server runs")
        return self.servers[-1]

    def signal(self, step):
        server = self.last_server(step)
        if step.line == "TERM":
            self.stop()
            return
        server.process.send_signal(signal.Signals[f"SIG{step.line}"])
        if step.line == "KILL":
            server.process.communicate()
            self.servers.pop()

    def await_log(self, step):
        server, deadline = self.last_server(step), time.monotonic() + LOG_SECONDS
        while not any(re.fullmatch(step.line, line) for line in server.log.read_text().splitlines()):
            if time.monotonic() > deadline:
                raise Failure(f"line {step.number}: no such line in\n{server.log.read_text()}")
            time.sleep(0.1)

    def stop(self):
        """Ends the server that was started last, as an operator does."""
        server = self.servers[-1]
        where = f"line {server.step.number}"
        server.process.send_signal(signal.SIGTERM)
        try:
            # Drains stdout as well, so that the server never blocks on it.
            server.process.communicate(timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failure(f"{where}: did not stop on SIGTERM: {server.step.line}\n{server.log.read_text()}")
        self.servers.pop()
        if server.process.returncode != 0:
            raise Failure(f"{where}: exit code {server.process.returncode} on SIGTERM\n{server.log.read_text()}")


def matches(wanted, lines):
    """Whether the expectations account for all lines, in order."""
    if not wanted:
        return not lines
    (kind, value), rest = wanted[0], wanted[1:]
    if kind == "(nothing)":
        return not lines and not rest
    if kind == "...":
        return any(matches(rest, lines[start:]) for start in range(len(lines) + 1))
    if not lines:
        return False
    same = lines[0] == value if kind == "text" else re.fullmatch(value, lines[0])
    return bool(same) and matches(rest, lines[1:])


def main(names):
    paths = [pathlib.Path(name) for name in names] or sorted(pathlib.Path(__file__).parent.glob("*.txt"))
    passed = failed = skipped = 0
    failures = []
    for path in paths:
        start = time.monotonic()
        try:
            Scenario(path.resolve()).run()
            passed += 1
            print(f"ok      {path.stem} ({time.monotonic() - start:.1f} s)")
        except Skipped as reason:
            skipped += 1
            print(f"skipped {path.stem}: {reason}")
        except Failure as failure:
            failed += 1
            failures.append(f"FAILED  {path.stem}: {failure}")
            print(failures[-1])
        sys.stdout.flush()
    # Once more where it is seen: whoever has only the end of a log has this.
    for failure in failures:
        print(failure)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
