"""The transport from outside: storms of malformed requests, slow clients, TLS, a proxy in front."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

from server import DIGITS, PROGRAM, Server, digits, digits_run

HEAD = b"Host: localhost\r\n"
# Each is a function of a random generator, so that no two requests of a storm are the same.
MALFORMED = {
    "bad chunk sizes": lambda r: b"POST /v1/datasets HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
        + r.choice([b"zz", b"-1", b"0x5", b"ffffffffffffffffff", b" ", b"1;" + b"a" * 3000, b"\0"]) + b"\r\nabc\r\n",
    "length and coding": lambda r: b"POST /v1/models HTTP/1.1\r\n" + HEAD + b"".join(
        r.sample([b"Content-Length: %d\r\n" % r.randrange(50), b"Transfer-Encoding: chunked\r\n"], 2))
        + b"\r\n0\r\n\r\nGET /v1/runs HTTP/1.1\r\n" + HEAD + b"\r\n",
    "two lengths": lambda r: b"POST /v1/models HTTP/1.1\r\n" + HEAD
        + b"Content-Length: %d\r\nContent-Length: %d\r\n\r\nabc" % (r.randrange(9), r.randrange(9)),
    "odd codings": lambda r: b"POST /v1/models HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: "
        + r.choice([b"gzip, chunked", b"xchunked", b"chunked, chunked", b"identity", b"\x0bchunked", b"chunked\0"]) + b"\r\n\r\n",
    "header injection": lambda r: b"GET /v1/runs HTTP/1.1\r\n" + HEAD + b"X-Request-Id: a"
        + r.choice([b"\rX: y", b"\nSet-Cookie: a=b", b"\0b", b"\x01", b"\xff\xfe"]) + b"\r\n\r\n",
    "null bytes": lambda r: bytes(r.choice(b"GET /v1/runs HTTP/1.1\r\n\0\0\0") for _ in range(r.randrange(1, 200))) + b"\r\n\r\n",
    "long headers": lambda r: b"GET /v1/runs HTTP/1.1\r\n" + HEAD + b"X: " + b"a" * r.randrange(70_000, 300_000) + b"\r\n\r\n",
    "odd methods": lambda r: r.choice([b"BREW", b"get", b"G\0T", b"A" * 5000, b"TRACE", b"CONNECT", b"*"]) + b" /v1/runs HTTP/1.1\r\n" + HEAD + b"\r\n",
    "odd addresses": lambda r: b"GET " + r.choice([b"/%zz", b"/%00", b"/%2e%2e/%2e%2e/etc/passwd", b"//", b"/" + b"a/" * 5000,
        b"http://x/", b"/v1/runs?limit=%ff", b"/v1/runs/../../x", b"*"]) + b" HTTP/1.1\r\n" + HEAD + b"\r\n",
    "early close": lambda r: (b"POST /v1/datasets HTTP/1.1\r\n" + HEAD + b"Content-Length: 100000\r\n\r\n" + b"a" * 5000)[:r.randrange(1, 5000)],
}


def send(port, data, seconds=15, ends=True):
    """What a server answers to bytes until it closes; `ends` says at once that nothing more comes."""
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=seconds)) as peer:
        with contextlib.suppress(OSError):
            peer.sendall(data)
            if ends:
                peer.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(OSError):
            while chunk := peer.recv(65536):
                received += chunk
        return received


class StormTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--idle-seconds", "5", "--header-seconds", "3")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def test_malformed_requests_harm_nobody(self):
        count = int(os.environ.get("CHAINRULE_STORM", "48"))
        before = self.server.rss()
        for name, make in MALFORMED.items():
            seeds = random.Random(name)
            requests = [make(seeds) for _ in range(count)]
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                answers = list(pool.map(lambda data: send(self.server.port, data), requests))
            for request, answer in zip(requests, answers):
                for line in answer.split(b"\r\n"):
                    if line.startswith(b"HTTP/1.1 "):
                        status = int(line.split()[1])
                        self.assertTrue(status < 500 or status in (501, 505), (name, request[:200], answer[:300]))
                self.assertNotIn(b"Set-Cookie", answer.split(b"\r\n\r\n")[0], name)
            self.assertIsNone(self.server.process.poll(), name)
            self.assertEqual(self.server.get("/healthz").status, 200, name)
        self.assertLess(self.server.rss() - before, 64 << 20)

    def test_a_client_that_dies_at_any_byte_leaves_nothing(self):
        body = digits()[0]
        head = (f"POST /v1/datasets?{DIGITS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n").encode()
        whole = head + body
        for place in [len(head), len(head) + 1, len(head) + 70_000, len(whole) - 1]:
            with contextlib.closing(socket.create_connection(("127.0.0.1", self.server.port))) as peer:
                peer.sendall(whole[:place])
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        uploads = self.server.folder / "data/uploads"
        end = time.monotonic() + 30
        while any(uploads.iterdir()) and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(list(uploads.iterdir()), [])
        self.assertEqual(self.server.get("/v1/datasets").json["data"], [])

    def test_slow_clients_are_cut_and_hold_nobody_up(self):
        slow = []
        for number in range(300):
            peer = socket.create_connection(("127.0.0.1", self.server.port))
            peer.sendall(b"GET /v1/runs HTTP/1.1\r\nX: ")
            slow.append(peer)
        stopped = threading.Event()

        def drip():
            while not stopped.wait(0.5):
                for peer in slow:
                    with contextlib.suppress(OSError):
                        peer.send(b"a")

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            self.assertEqual(self.server.get("/healthz").status, 200)
            for peer in slow:
                peer.settimeout(30)
                # Dripping doesn't help: the headers had three seconds in all.
                with contextlib.suppress(ConnectionResetError):
                    self.assertEqual(peer.recv(1), b"")
        finally:
            stopped.set()
            dripping.join()
            for peer in slow:
                peer.close()


class TLSTests(unittest.TestCase):
    def test_a_certificate_is_renewed_while_events_go_on(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="chainrule-tls-"))
        self.addCleanup(shutil.rmtree, folder)

        def certify(name):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                 "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem",
                 "-out", folder / "chain.pem"], check=True, capture_output=True)

        certify("first")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        log = open(folder / "log", "wb")
        process = subprocess.Popen(
            [PROGRAM, "serve", "--port", str(port), "--data", folder / "data", "--tls-certificate", folder / "chain.pem",
             "--tls-key", folder / "key.pem"], stdout=log, stderr=log)
        self.addCleanup(log.close)
        self.addCleanup(process.kill)
        trust = ssl.create_default_context(cafile=folder / "chain.pem")

        def ask(context, path="/healthz"):
            connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=30)
            connection.request("GET", path)
            return connection

        def subject():
            pem = ssl.get_server_certificate(("localhost", port))
            return subprocess.run(["openssl", "x509", "-noout", "-subject"], input=pem.encode(), capture_output=True).stdout

        end = time.monotonic() + 20
        while True:
            try:
                self.assertEqual(ask(trust).getresponse().status, 200)
                break
            except OSError:
                self.assertLess(time.monotonic(), end)
                time.sleep(0.1)
        stream = ask(trust, "/v1/events")
        events = stream.getresponse()
        self.assertEqual(events.readline(), b"retry: 1000\n")
        self.assertIn(b"first", subject())
        certify("second")
        process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 20
        while b"second" not in subject():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)
        (folder / "key.pem").write_text("nothing")
        process.send_signal(signal.SIGHUP)
        while b"stays as it was" not in (folder / "log").read_bytes():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)
        self.assertIn(b"second", subject())
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with self.assertRaises(OSError):
            ask(old)
        # The stream of before is still there, and ends in order.
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0)
        self.assertNotIn(b"HTTP/", events.read())

    def test_flags_that_lay_the_server_open_are_refused(self):
        for flags, words in [
            (["--host", "0.0.0.0"], "is not loopback"),
            (["--host", "0.0.0.0", "--behind-proxy", "--auth", "none"], "loopback only"),
            (["--tls-key", "key.pem"], "--tls-certificate"),
            (["--trusted-proxies", "nobody"], "no block of addresses"),
            (["--cors-origins", "lab.example"], "no origin"),
            (["--max-header-bytes", "1"], "from 4KiB"),
            (["--security-contact", "me"], "mailto:"),
        ]:
            done = subprocess.run([PROGRAM, "serve", *flags], capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 2, flags)
            self.assertIn(words, done.stderr)


class FirstKeyTests(unittest.TestCase):
    def test_a_server_that_asks_for_keys_prints_the_first_one_once(self):
        server = Server("--auth", "keys", "--log-format", "json")
        self.addCleanup(server.close)
        text = (server.folder / "log").read_text()
        key = next(word for word in text.split() if word.startswith("chainrule_"))
        self.assertEqual(server.curl("/v1/runs").status, 401)
        self.assertEqual(server.curl("/v1/runs", "-H", f"Authorization: Bearer {key}").status, 200)
        server.stop()
        server.start()
        self.assertEqual((server.folder / "log").read_text().count("chainrule_"), 1)
        self.assertEqual(server.curl("/v1/keys", "-H", f"Authorization: Bearer {key}").status, 200)


@unittest.skipUnless(shutil.which("nginx"), "there is no nginx")
class ProxyTests(unittest.TestCase):
    """Behind nginx, over a socket."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="chainrule-nginx-"))
        os.chmod(cls.folder, 0o755)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            cls.port = probe.getsockname()[1]
        cls.log = open(cls.folder / "log", "wb")
        cls.server = subprocess.Popen(
            [PROGRAM, "serve", "--socket", cls.folder / "s", "--behind-proxy", "--auth", "none", "--data", cls.folder / "data"],
            stdout=cls.log, stderr=cls.log)
        (cls.folder / "nginx.conf").write_text(f"""
            pid {cls.folder}/pid; error_log {cls.folder}/errors; daemon off; user root;
            events {{ worker_connections 256; }}
            http {{
              access_log off; client_header_timeout 1s; client_body_timeout 1s; keepalive_timeout 1s; client_body_temp_path {cls.folder}/b; proxy_temp_path {cls.folder}/p;
              fastcgi_temp_path {cls.folder}/f; uwsgi_temp_path {cls.folder}/u; scgi_temp_path {cls.folder}/c;
              server {{
                listen 127.0.0.1:{cls.port}; client_max_body_size 0;
                location / {{
                  proxy_pass http://unix:{cls.folder}/s; proxy_http_version 1.1; proxy_set_header Connection "";
                  proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;
                  proxy_set_header X-Forwarded-Proto $scheme; proxy_buffering off; proxy_request_buffering off;
                }}
              }}
            }}""")
        cls.proxy = subprocess.Popen(["nginx", "-c", cls.folder / "nginx.conf", "-p", cls.folder], stderr=cls.log)
        end = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError):
                if send(cls.port, b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", ends=False).startswith(b"HTTP/1.1 200"):
                    break
            if time.monotonic() > end:
                raise RuntimeError("nginx doesn't reach the server")
            time.sleep(0.1)

    @classmethod
    def tearDownClass(cls):
        for process in (cls.proxy, cls.server):
            process.terminate()
            process.wait(60)
        cls.log.close()
        shutil.rmtree(cls.folder)

    def test_malformed_requests_are_refused_by_one_or_the_other(self):
        for name, make in MALFORMED.items():
            seeds = random.Random(name)
            requests = [make(seeds) for _ in range(int(os.environ.get("CHAINRULE_STORM", "3")))]
            with concurrent.futures.ThreadPoolExecutor(64) as pool:
                answers = list(pool.map(lambda data: send(self.port, data, ends=False), requests))
            for answer in answers:
                # To what it takes for HTTP/0.9 nginx answers without a status.
                status = int(answer.split()[1]) if answer.startswith(b"HTTP/") else 0
                self.assertTrue(status < 500 or status in (501, 505), (name, answer[:300]))
        self.assertIsNone(self.server.poll())

    def test_uploads_runs_and_events_pass_through(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", f"/v1/datasets?{DIGITS}", digits()[1], {"Content-Type": "text/csv"})
        dataset = json.loads(connection.getresponse().read())["id"]
        connection.request("POST", "/v1/runs", json.dumps(digits_run(dataset, epochs=2)), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        run = json.loads(answer.read())["id"]
        self.assertEqual(answer.status, 202)
        connection.request("GET", f"/v1/runs/{run}/events", headers={"Accept": "application/x-ndjson"})
        events = [json.loads(line) for line in connection.getresponse()]
        self.assertEqual(events[-1]["type"], "end")
        self.assertEqual([event["id"] for event in events], sorted({event["id"] for event in events}))
        connection.request("GET", "/v1/audit")
        made = json.loads(connection.getresponse().read())["data"]
        self.assertEqual({row["client"] for row in made}, {"127.0.0.1"}, "nginx says whom it speaks for")


if __name__ == "__main__":
    unittest.main()
