"""The smallest stand-ins for what of Google Cloud can't be had: a subscription of Pub/Sub over REST (pull, acknowledge,
modifyAckDeadline), one that pushes, the place that gives tokens for statements that a service account's key has signed,
and the metadata server of a machine.

They were made after Google's documentation, and no real one was asked. The subscriptions give messages in any order, some of
them twice, and again whatever isn't acknowledged in time.
"""

import base64
import http.client
import http.server
import json
import random
import threading
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

TOKEN = "token-of-a-fake"
ACCOUNT, AUDIENCE = "push@p.iam.gserviceaccount.com", "https://flows.example/api/v1/pubsub"


class FakeGoogle(http.server.ThreadingHTTPServer):
    """Listens on loopback until it is closed; `wants_tokens` refuses who has none. Tokens say that they are good for `life`
    seconds, and are for `real` ones; without that the newest is good for ever."""

    daemon_threads = True

    def __init__(self, port, wants_tokens=False, deadline=3, life=3599, real=None):
        super().__init__(("127.0.0.1", port), Handler)
        self.lock, self.wants_tokens, self.deadline = threading.Lock(), wants_tokens, deadline
        self.life, self.real, self.refused, self.ends = life, real, 0, {}
        self.token_now = TOKEN
        self.url = f"http://127.0.0.1:{port}"
        # By their ids: the message, when it may be given (again), and how often it was.
        self.messages, self.given, self.tokens = {}, 0, 0
        self.key_name, self.keys_asked = "k1", 0
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

    def rotate(self, name):
        """Another key signs from now on, and is published; the last one is not any more."""
        self.key, self.key_name = rsa.generate_private_key(public_exponent=65537, key_size=2048), name

    def key_set(self):
        """The key as Google publishes its own."""
        number = self.key.public_key().public_numbers().n
        return {"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.key_name, "n": encoded(number.to_bytes(256)),
                          "e": "AQAB"}]}

    def statement(self, key=None, name=None, algorithm="RS256", **changes):
        """What Google says of who pushes, with changes to what is right."""
        now = int(time.time())
        claims = {"iss": "https://accounts.google.com", "aud": AUDIENCE, "azp": "1", "sub": "1", "email": ACCOUNT,
                  "email_verified": True, "iat": now, "exp": now + 3600} | changes
        head = {"alg": algorithm, "kid": name or self.key_name, "typ": "JWT"}
        text = ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
        signature = (key or self.key).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{encoded(signature)}"

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

    def give(self, token):
        with self.lock:
            self.token_now = token
            self.ends[f"Bearer {token}"] = time.monotonic() + (self.real or 1e9)

    def admits(self, words):
        """Whether a question comes with a token that is good."""
        if not self.wants_tokens:
            return True
        with self.lock:
            good = time.monotonic() < self.ends.get(words, 0) if self.real else words == f"Bearer {self.token_now}"
            self.refused += not good
            return good

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
        self.give(f"{TOKEN}-{self.tokens}" if self.real else TOKEN)
        return {"access_token": self.token_now, "expires_in": self.life, "token_type": "Bearer"}


def encoded(data):
    """base64url without padding, as JSON Web Tokens have it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        assert self.path == "/certs"
        self.server.keys_asked += 1
        return self.answer(self.server.key_set())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        google, word = self.server, self.path.rpartition(":")[2]
        if self.path == "/token":
            form = dict(urllib.parse.parse_qsl(body.decode()))
            assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
            return self.answer(google.token(form))
        if not google.admits(self.headers["Authorization"]):
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


class FakePush:
    """Pushes messages as a subscription does: many at a time, in any order, each again until it is acknowledged with a
    status of success, and some once more behind that."""

    def __init__(self, url, subscription, messages, at_once):
        self.url, self.subscription = url, subscription
        self.left = [{"messageId": str(number), "message_id": str(number), "publishTime": "2026-11-26T19:13:55.749Z"} | message
                     for number, message in enumerate(random.sample(messages, len(messages)))]
        self.lock, self.statuses, self.under_way = threading.Lock(), {}, 0
        for _ in range(at_once):
            threading.Thread(target=self.work, daemon=True).start()

    def work(self):
        while True:
            with self.lock:
                message = self.left.pop(0) if self.left else None
                self.under_way += message is not None
            if message is None:
                if not self.under_way:
                    return
                time.sleep(0.05)
                continue
            status = push(self.url, self.subscription, message)
            again = status // 100 != 2 or (random.random() < 0.1 and not message.get("again"))
            if status // 100 != 2:
                time.sleep(0.2)
            with self.lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1
                self.under_way -= 1
                if again:
                    self.left.append(message | ({"again": True} if status // 100 == 2 else {}))

    def is_over(self):
        with self.lock:
            return not self.left and not self.under_way


def push(url, subscription, message, statement=None, token=None):
    """Pushes once; the status, 0 when there was no answer."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
    try:
        body = json.dumps({"message": message, "subscription": subscription})
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {statement}"} if statement else {})
        connection.request("POST", "/api/v1/pubsub" + (f"?token={token}" if token else ""), body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


class FakeMetadataServer(http.server.ThreadingHTTPServer):
    """Gives tokens as the metadata server of a machine of Google's does, each time another one, which `google` takes from
    then on. `moods` has it answer the next questions otherwise: slow, dripping, none, broken, login (another server)."""

    daemon_threads = True

    def __init__(self, port, google):
        super().__init__(("127.0.0.1", port), MetadataHandler)
        self.google, self.moods, self.life, self.given = google, [], 3600, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """Who asks may give up."""


class MetadataHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        with server.google.lock:
            mood = server.moods.pop(0) if server.moods else ""
        right = self.path == "/computeMetadata/v1/instance/service-accounts/default/token"
        if not right or self.headers["Metadata-Flavor"] != "Google":
            return self.answer(b"wrong question", 403)
        if mood == "slow":
            return time.sleep(10)
        if mood == "none":
            return self.answer(b"no service account", 404)
        if mood == "broken":
            return self.answer(b"{}")
        server.given += 1
        server.google.give(f"token-{server.given}")
        body = json.dumps({"access_token": server.google.token_now, "expires_in": server.life, "token_type": "Bearer"}).encode()
        return self.answer(body, flavor="" if mood == "login" else "Google", pause=1 if mood == "dripping" else 0)

    def answer(self, body, status=200, flavor="Google", pause=0):
        self.send_response(status)
        if flavor:
            self.send_header("Metadata-Flavor", flavor)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for byte in body if pause else ():
            self.wfile.write(bytes([byte]))
            time.sleep(pause)
        if not pause:
            self.wfile.write(body)

    def log_message(self, *_):
        pass
