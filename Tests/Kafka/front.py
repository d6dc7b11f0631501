"""A front before a broker that has neither: TLS, which wants a certificate of the client's, and SASL with PLAIN and
SCRAM-SHA-512. It is no broker: once a connection has shown who it is, its bytes go to the real one as they are.

What it holds is the client's side: which authority it trusts, what it shows and what it answers.
"""

import base64
import hashlib
import hmac
import os
import pathlib
import select
import socket
import ssl
import struct
import subprocess
import threading

SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 17, 18, 36
ROUNDS = 4096


def certificates(folder):
    """An authority of its own, and by it certificates for 127.0.0.1 and for a client."""
    folder = pathlib.Path(folder)

    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=An authority of its own", "-days", "2")
    for name in ("broker", "client"):
        openssl("req", *curve, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-out", f"{name}.pem", "-days", "2", "-extfile", "names")
    return folder


class Front:
    def __init__(self, folder, user, password):
        self.user, self.password = user.encode(), password.encode()
        self.seen, self.refused, self.lock = set(), 0, threading.Lock()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "broker.pem", folder / "broker.key")
        self.context.load_verify_locations(folder / "ca.pem")
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.behind = None

    def start(self, behind):
        """Begins to hand connections on to the port of a broker, which has to tell clients of this one's."""
        self.behind = behind
        threading.Thread(target=self.accept, daemon=True).start()

    def stop(self):
        self.listener.close()

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(plain,), daemon=True).start()

    def serve(self, plain):
        try:
            with self.context.wrap_socket(plain, server_side=True) as client, \
                    socket.create_connection(("127.0.0.1", self.behind)) as broker:
                if self.knows(client, broker):
                    relay(client, broker)
        except OSError:
            with self.lock:
                self.refused += 1

    def knows(self, client, broker):
        """Answers until a connection has shown who it is; False for one that can't."""
        mechanism, talk = None, None
        while True:
            request = frame(client)
            if request is None:
                return False
            key, version, number = struct.unpack(">hhi", request[:8])
            (name_length,) = struct.unpack(">h", request[8:10])
            body = request[10 + max(0, name_length):]
            if key == API_VERSIONS:
                broker.sendall(struct.pack(">i", len(request)) + request)
                answer = frame(broker)
            elif key == SASL_HANDSHAKE:
                (length,) = struct.unpack(">h", body[:2])
                mechanism = body[2:2 + length].decode()
                talk = {"PLAIN": self.plain, "SCRAM-SHA-512": self.scram}[mechanism]()
                next(talk)
                names = b"".join(struct.pack(">h", len(word)) + word for word in (b"PLAIN", b"SCRAM-SHA-512"))
                answer = struct.pack(">ihi", number, 0, 2) + names
            elif key == SASL_AUTHENTICATE and talk:
                (length,) = struct.unpack(">i", body[:4])
                said, is_known = talk.send(body[4:4 + length])
                lifetime = struct.pack(">q", 0) if version > 0 else b""
                if said is None:
                    with self.lock:
                        self.refused += 1
                    words = b"the password is wrong"
                    answer = struct.pack(">ihh", number, 58, len(words)) + words + struct.pack(">i", 0) + lifetime
                else:
                    answer = struct.pack(">ihhi", number, 0, -1, len(said)) + said + lifetime
                client.sendall(struct.pack(">i", len(answer)) + answer)
                if said is None or is_known:
                    with self.lock:
                        self.seen.update({mechanism} if is_known else ())
                    return is_known
                continue
            else:
                # Asks before it has said who it is.
                return False
            client.sendall(struct.pack(">i", len(answer)) + answer)

    def plain(self):
        """RFC 4616."""
        said = yield
        yield (b"", True) if said.split(b"\0") == [b"", self.user, self.password] else (None, False)

    def scram(self):
        """RFC 5802 with SHA-512; it yields what it answers, and whether that is all."""
        first = yield
        bare = first[3:]
        fields = dict(field.split(b"=", 1) for field in bare.split(b","))
        nonce, salt = fields[b"r"] + base64.b64encode(os.urandom(12)), os.urandom(16)
        offered = b"r=" + nonce + b",s=" + base64.b64encode(salt) + b",i=%d" % ROUNDS
        last = yield offered, False
        without, proof = last.rsplit(b",p=", 1)
        signed = bare + b"," + offered + b"," + without
        salted = hashlib.pbkdf2_hmac("sha512", self.password, salt, ROUNDS)
        key = hmac.digest(salted, b"Client Key", "sha512")
        signature = hmac.digest(hashlib.sha512(key).digest(), signed, "sha512")
        expected = bytes(a ^ b for a, b in zip(key, signature))
        if fields[b"n"] != self.user or base64.b64decode(proof) != expected:
            yield None, False
        server = hmac.digest(hmac.digest(salted, b"Server Key", "sha512"), signed, "sha512")
        yield b"v=" + base64.b64encode(server), True


def frame(connection):
    """A request or an answer without its length; None at the end."""
    head = exactly(connection, 4)
    return head and exactly(connection, struct.unpack(">i", head)[0])


def exactly(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            return None
        data += piece
    return data


def relay(client, broker):
    """Both ways on one thread: one connection of TLS isn't for two."""
    others = {client: broker, broker: client}
    while True:
        readable = [client] if client.pending() else select.select(list(others), [], [])[0]
        for source in readable:
            piece = source.recv(1 << 16)
            if not piece:
                return
            others[source].sendall(piece)
