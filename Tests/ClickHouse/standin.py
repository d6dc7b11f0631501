"""A stand-in for a ClickHouse server: ClickHouse's own engine (the chDB library that the program runs with) behind a
thin HTTP front. It is no server: it has one user, one thread for statements, and no native protocol.

usage: standin.py PORT FOLDER LIBRARY [USER PASSWORD [CERTIFICATE KEY]]        ends with its standard input
"""

import importlib.machinery
import importlib.util
import os
import pathlib
import re
import ssl
import struct
import sys
import tempfile
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import lz4.block

# Settings of a statement that the engine is given; others of the URL are the front's, or tune servers.
SETTINGS = {"max_execution_time", "max_memory_usage", "readonly", "insert_deduplication_token",
            "output_format_json_quote_64bit_integers", "limit", "offset", "additional_table_filters", "max_threads"}
FRONT = {"query", "database", "default_format", "query_id", "decompress", "wait_end_of_query", "async_insert",
         "enable_http_compression"}


def load(library):
    """The engine as a Python module: its loader looks for two files beside each other."""
    folder = pathlib.Path(tempfile.mkdtemp())
    library = pathlib.Path(library).resolve()
    (folder / "_chdb.abi3.so").symlink_to(library)
    for helper in library.parent.glob("libpybind11nonlimitedapi_chdb_*.so"):
        (folder / helper.name).write_bytes(helper.read_bytes())
    (folder.parent / "chdb_core.libs").exists() or (folder.parent / "chdb_core.libs").symlink_to(
        library.parent.parent / "chdb_core.libs")
    loader = importlib.machinery.ExtensionFileLoader("_chdb", str(folder / "_chdb.abi3.so"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("_chdb", loader))
    loader.exec_module(module)
    return module


def blocks(data):
    """What ClickHouse's compressed blocks hold."""
    plain = b""
    while data:
        method, packed, size = struct.unpack("<BII", data[16:25])
        assert method == 0x82, f"method {method:#x}"
        plain += lz4.block.decompress(data[25:16 + packed], uncompressed_size=size)
        data = data[16 + packed:]
    return plain


# The engine has one user, so what a dictionary's source says of another is left out.
SOURCE_USER = re.compile(r"USER '\w*' PASSWORD '(?:[^'\\]|\\.)*' ")


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Engine:
    def __init__(self, folder, library):
        self.module, self.folder, self.lock = load(library), folder, threading.Lock()
        self.connection = self.module.connect(str(folder))

    def run(self, sql, form, database, settings, parameters):
        """One statement; each has the settings that it came with and no others."""
        with self.lock:
            self.connection.query(f"USE {database}", "TSV")
            for name, value in parameters.items():
                self.connection.query(f"SET param_{name} = {quoted(value)}", "TSV")
            # A connection can't leave readonly again, so that setting stays at the front.
            settings = {n: v for n, v in settings.items() if n != "readonly"}
            try:
                for name, value in settings.items():
                    self.connection.query(f"SET {name} = {quoted(value)}", "TSV")
                result = self.connection.query(sql, form)
                return result.bytes() if result else b""
            finally:
                for name in settings:
                    self.connection.query(f"SET {name} = DEFAULT", "TSV")


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engine, user, password = None, None, None

    def do_GET(self):
        self.answer(200, b"Ok.\n")

    def do_POST(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        proof = (self.headers.get("X-ClickHouse-User", "default"), self.headers.get("X-ClickHouse-Key", ""))
        if self.password is not None and proof != (self.user, self.password):
            return self.fail("Code: 516. DB::Exception: netmeta: Authentication failed: password is incorrect, or there is"
                             " no user with such name. (AUTHENTICATION_FAILED) (version 26.9.2.1)", 403)
        unknown = [n for n in query if n not in FRONT | SETTINGS and not n.startswith("param_")]
        if unknown:
            return self.fail(f"Code: 115. DB::Exception: Unknown setting {unknown[0]}. (UNKNOWN_SETTING)", 404)
        settings = {n: v for n, v in query.items() if n in SETTINGS}
        parameters = {n[6:]: v for n, v in query.items() if n.startswith("param_")}
        if query.get("decompress") == "1":
            body = blocks(body)
        form, database = query.get("default_format", "TSV"), query.get("database", "default")
        try:
            insert = re.match(r"INSERT INTO (\S+) \((.*)\) FORMAT (\w+)$", query.get("query", ""))
            if insert:
                with tempfile.NamedTemporaryFile() as file:
                    file.write(body)
                    file.flush()
                    table, columns, kind = insert.groups()
                    settings["max_threads"] = "1"
                    answer = self.engine.run(
                        f"INSERT INTO {table} ({columns}) FROM INFILE '{file.name}' FORMAT {kind}"
                        if kind != "Native" else
                        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM file('{file.name}', '{kind}')",
                        "TSV", database, settings, parameters)
            else:
                text = (query.get("query", "") + "\n" + body.decode()).strip()
                if text.startswith("CREATE OR REPLACE DICTIONARY"):
                    text = SOURCE_USER.sub("", text)
                if settings.get("readonly") == "1" and not re.match(r"(?i)\s*[(]*(select|with|explain|from)\b", text):
                    return self.fail("Code: 164. DB::Exception: Cannot execute query in readonly mode. (READONLY)", 500)
                answer = self.engine.run(text, form, database, settings, parameters)
        except Exception as error:  # Whatever the engine says.
            return self.fail(str(error), 500)
        self.answer(200, answer, {"X-ClickHouse-Format": form})

    def fail(self, text, status):
        code = re.search(r"Code: (\d+)", text)
        headers = {} if os.environ.get("STANDIN_WITHOUT_CODES") else {"X-ClickHouse-Exception-Code": code.group(1) if code else "0"}
        self.answer(status, text.encode() + b"\n", headers)

    def answer(self, status, body, headers=None):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


if __name__ == "__main__":
    port, folder, library = sys.argv[1:4]
    Front.engine = Engine(folder, library)
    if len(sys.argv) > 4:
        Front.user, Front.password = sys.argv[4:6]
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Front)
    if len(sys.argv) > 6:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*sys.argv[6:8])
        # The handshake is the business of the thread that reads the request.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()
    os._exit(0)
