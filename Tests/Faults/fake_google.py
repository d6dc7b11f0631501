"""The smallest stand-in for what of Google Cloud can't be had: a subscription of Pub/Sub over REST (pull, acknowledge,
modifyAckDeadline), and the place that gives tokens for statements that a service account's key has signed.

It was made after Google's documentation of both, and no real one was asked. It gives messages in any order, some of
them twice, and again whatever isn't acknowledged in time.
"""

import base64
import http.server
import json
import random
import threading
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

TOKEN = "token-of-a-fake"


class FakeGoogle(http.server.ThreadingHTTPServer):
    """Listens on loopback until it is closed; `wants_tokens` refuses who has none."""

    daemon_threads = True

    def __init__(self, port, wants_tokens=False, deadline=3):
        super().__init__(("127.0.0.1", port), Handler)
        self.lock, self.wants_tokens, self.deadline = threading.Lock(), wants_tokens, deadline
        self.url = f"http://127.0.0.1:{port}"
        # By their ids: the message, when it may be given (again), and how often it was.
        self.messages, self.given, self.tokens = {}, 0, 0
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """Who asks may be killed within a question."""

    def key_file(self, path):
        """A service account's key in the form of Google's files."""
        pem = self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption()).decode()
        path.write_text(json.dumps({
            "type": "service_account", "project_id": "p", "private_key_id": "k1", "private_key": pem,
            "client_email": "flow@p.iam.gserviceaccount.com", "token_uri": f"{self.url}/token"}))
        return path

    def publish(self, data=b"", attributes=None):
        with self.lock:
            name = str(len(self.messages) + 1)
            self.messages[name] = [{"data": base64.b64encode(data).decode(), "messageId": name,
                                    "attributes": attributes or {}}, 0.0, 0]

    def left(self):
        with self.lock:
            return sum(message is not None for message in self.messages.values())

    def pull(self, most):
        now = time.monotonic()
        with self.lock:
            ready = [name for name, message in self.messages.items() if message and message[1] <= now]
            chosen = random.sample(ready, min(most, len(ready)))
            for name in chosen:
                self.messages[name][1] = now + self.deadline
                self.messages[name][2] += 1
                self.given += 1
            # At least once: some come twice at a time.
            chosen += random.sample(chosen, len(chosen) // 5)
            return [{"ackId": f"ack-{name}", "message": self.messages[name][0]} for name in chosen]

    def acknowledge(self, receipts):
        with self.lock:
            for name in (receipt.removeprefix("ack-") for receipt in receipts):
                # Google may forget an acknowledgement: the first one of some messages counts for nothing.
                message = self.messages[name]
                if message and not (int(name) % 7 == 0 and message[2] == 1):
                    self.messages[name] = None

    def hold(self, receipts, seconds):
        with self.lock:
            for name in (receipt.removeprefix("ack-") for receipt in receipts):
                if self.messages[name]:
                    self.messages[name][1] = time.monotonic() + min(seconds, self.deadline)

    def token(self, form):
        """Google's answer to an assertion: the signature and the claims have to be right."""
        head, claims, signature = form["assertion"].split(".")
        self.key.public_key().verify(unpadded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
        head, claims = json.loads(unpadded(head)), json.loads(unpadded(claims))
        assert head == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
        assert claims["iss"] == "flow@p.iam.gserviceaccount.com" and claims["aud"] == f"{self.url}/token"
        assert claims["exp"] - claims["iat"] == 3600 and abs(claims["iat"] - time.time()) < 60
        assert "auth/pubsub" in claims["scope"]
        self.tokens += 1
        return {"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"}


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        google, word = self.server, self.path.rpartition(":")[2]
        if self.path == "/token":
            form = dict(urllib.parse.parse_qsl(body.decode()))
            assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
            return self.answer(google.token(form))
        if google.wants_tokens and self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self.answer({"error": {"code": 401, "message": "no token"}}, 401)
        asked = json.loads(body)
        if word == "pull":
            end = time.monotonic() + (0 if asked.get("returnImmediately") else 2)
            while not (messages := google.pull(min(asked["maxMessages"], 40))) and time.monotonic() < end:
                time.sleep(0.05)
            return self.answer({"receivedMessages": messages} if messages else {})
        if word == "acknowledge":
            google.acknowledge(asked["ackIds"])
            return self.answer({})
        assert word == "modifyAckDeadline"
        google.hold(asked["ackIds"], asked["ackDeadlineSeconds"])
        return self.answer({})

    def answer(self, body, status=200):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass
