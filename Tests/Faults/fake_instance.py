"""The smallest stand-in for an instance of EC2 with a role: its metadata service (version 2), and a bucket of S3 that looks
at the keys only. They were made after AWS's documentation, and no real one was asked.
"""

import datetime
import http.server
import threading
import time
import urllib.parse


class FakeInstance(http.server.ThreadingHTTPServer):
    """Listens on loopback until it is closed. Keys say that they are good for `life` seconds, and are for `real` ones."""

    daemon_threads = True

    def __init__(self, port, objects, life, real):
        super().__init__(("127.0.0.1", port), Handler)
        self.url, self.objects, self.life, self.real = f"http://127.0.0.1:{port}", objects, life, real
        self.lock, self.ends, self.refused, self.listed = threading.Lock(), {}, 0, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """Who asks may be killed within a question."""

    def keys(self):
        with self.lock:
            name = f"session-{len(self.ends)}"
            self.ends[name] = time.monotonic() + self.real
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.life)
        return (f'{{"Code": "Success", "AccessKeyId": "A", "SecretAccessKey": "B", "Token": "{name}",'
                f' "Expiration": "{end:%Y-%m-%dT%H:%M:%SZ}"}}')

    def admits(self, session):
        with self.lock:
            good = time.monotonic() < self.ends.get(session, 0)
            self.refused += not good
            return good


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        assert self.path == "/latest/api/token" and self.headers["x-aws-ec2-metadata-token-ttl-seconds"]
        self.answer("proof")

    def do_GET(self):
        instance, place = self.server, urllib.parse.urlsplit(self.path)
        roles = "/latest/meta-data/iam/security-credentials/"
        if place.path.startswith(roles):
            assert self.headers["x-aws-ec2-metadata-token"] == "proof"
            return self.answer("flows" if place.path == roles else instance.keys())
        if not instance.admits(self.headers["x-amz-security-token"]):
            return self.answer("<Error><Code>ExpiredToken</Code><Message>it has ended</Message></Error>", 400)
        if place.path == "/flow-bucket":
            instance.listed += 1
            now = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%dT%H:%M:%S.000Z}"
            items = "".join(f"<Contents><Key>{name}</Key><LastModified>{now}</LastModified><ETag>e</ETag></Contents>"
                            for name in list(instance.objects))
            return self.answer(f"<ListBucketResult>{items}<IsTruncated>false</IsTruncated></ListBucketResult>")
        return self.answer(instance.objects[place.path.removeprefix("/flow-bucket/")])

    def answer(self, body, status=200):
        data = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass
