"""More connections than files may be open: some are answered, some refused, some wait, and the server lives."""

import os
import pathlib
import resource
import socket
import subprocess
import tempfile
import time
import unittest

from server import DIGITS, PROGRAM, Server, digits, digits_run

LIMIT = 128
UPLOAD = b"POST /v1/datasets?format=csv&target=y HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 24\r\n\r\na,b,y\n1,2,x\n"
REST = b"3,4,z\n5,6,x\n"


class DescriptorTest(unittest.TestCase):
    def setUp(self):
        self.server = Server("--workers", "1", limits={resource.RLIMIT_NOFILE: LIMIT})
        self.addCleanup(self.server.close)
        self.sockets = []
        self.addCleanup(lambda: [one.close() for one in self.sockets])

    def open(self, request):
        one = socket.create_connection(("127.0.0.1", self.server.port), timeout=60)
        one.sendall(request)
        self.sockets.append(one)
        return one

    def files(self):
        return len(os.listdir(f"/proc/{self.server.process.pid}/fd"))

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(int(field) for field in fields[11:13]) / os.sysconf("SC_CLK_TCK")

    def until(self, holds, what):
        end = time.monotonic() + 60
        while not holds():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.05)

    def test_more_connections_than_files_are_answered_refused_or_wait(self):
        server = self.server
        self.assertIn("open files", (server.folder / "log").read_text())
        dataset = server.upload(DIGITS, digits()[0]).json["id"]
        server.wait_for(server.post("/v1/runs", digits_run(dataset, epochs=1)).json["id"])
        at_rest = self.files()

        stream = b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
        streams = [self.open(stream) for _ in range(LIMIT)]
        statuses = {}

        def look():
            for one in streams:
                if one not in statuses:
                    try:
                        one.settimeout(0.01)
                        statuses[one] = one.recv(12)
                    except TimeoutError:
                        pass
            return b"HTTP/1.1 200" in statuses.values() and b"HTTP/1.1 503" in statuses.values()

        self.until(look, "streams are neither opened nor refused")
        self.assertLessEqual(set(statuses.values()), {b"HTTP/1.1 200", b"HTTP/1.1 503"})
        self.assertLess(self.files(), LIMIT)
        # Those that wait cost nothing.
        before = self.processor_seconds()
        time.sleep(2)
        self.assertLess(self.processor_seconds() - before, 1.5)
        for one in streams:
            one.close()
        # Whose reader is gone is noticed when something is written to it.
        server.wait_for(server.post("/v1/runs", digits_run(dataset, epochs=3)).json["id"])

        uploads = [self.open(UPLOAD) for _ in range(LIMIT)]
        self.until(lambda: len(list(server.folder.glob("data/uploads/*/content"))) > 4, "no upload begins")
        # libdispatch looks every second.
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            self.assertLess(self.files(), LIMIT)
            self.assertIsNone(server.process.poll())
            time.sleep(0.02)
        for one in uploads:
            try:
                one.sendall(REST)
            except (BrokenPipeError, ConnectionResetError):
                pass
        found = []
        for one in uploads:
            one.settimeout(60)
            try:
                found.append(one.recv(12))
            except ConnectionResetError:
                found.append(b"")
        self.assertLessEqual(set(found), {b"HTTP/1.1 201", b"HTTP/1.1 503", b""})
        self.assertIn(b"HTTP/1.1 201", found)
        for one in self.sockets:
            one.close()
        self.until(lambda: self.files() <= at_rest + 2, "files stay open")
        self.assertEqual(server.get("/healthz").status, 200)
        self.assertEqual(server.upload("format=csv&target=y", b"a,y\n1,x\n2,z\n").status, 201)
        self.assertEqual(list(server.folder.glob("data/uploads/*")), [])
        self.assertEqual(server.stop(), 0)

    def test_too_few_files_are_named_at_the_start(self):
        with tempfile.TemporaryDirectory() as place:
            refusal = subprocess.run(
                [PROGRAM, "serve", "--port", "0", "--data", place], capture_output=True, text=True, timeout=60,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
        self.assertEqual(refusal.returncode, 1)
        self.assertIn("ulimit -n", refusal.stderr)


if __name__ == "__main__":
    unittest.main()
