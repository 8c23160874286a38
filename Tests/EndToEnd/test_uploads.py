"""Uploads in pieces: over the death of the server, by a client of the protocol's own, and as docs/uploads.md types it."""

import hashlib
import io
import os
import re
import socket
import subprocess
import time
import unittest

from server import DIGITS, ROOT, Server, digits, package

PIECE = "Content-Type: application/offset+octet-stream"


class UploadsTest(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)

    def begin(self, length, *options):
        answer = self.server.curl("/v1/uploads", "-X", "POST", "-H", f"Upload-Length: {length}", *options)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.headers["location"]

    def offset(self, path):
        return int(self.server.curl(path, "-I").headers["upload-offset"])

    def use(self, path, data):
        made = self.server.curl(f"/v1/datasets?{DIGITS}&upload={path.rpartition('/')[2]}", "-X", "POST")
        self.assertEqual(made.status, 201, made.body)
        self.assertEqual(made.json["sha256"], hashlib.sha256(data).hexdigest())
        self.assertEqual(os.listdir(self.server.folder / "data/uploads"), [])

    def test_killed_server(self):
        """kill -9 in the middle of a piece loses nothing that was acknowledged, and the upload goes on."""
        data = digits()[0]
        path = self.begin(len(data))
        acknowledged = 0
        for _ in range(3):
            # A whole piece, and then one that the server dies in.
            piece = data[acknowledged:acknowledged + 20_000]
            answer = self.server.curl(path, "-X", "PATCH", "-H", PIECE, "-H", f"Upload-Offset: {acknowledged}",
                                      "--data-binary", "@-", data=piece)
            self.assertEqual(answer.status, 204, answer.body)
            acknowledged += len(piece)
            peer = socket.create_connection(("127.0.0.1", self.server.port))
            peer.sendall(f"PATCH {path} HTTP/1.1\r\nHost: localhost\r\n{PIECE}\r\nUpload-Offset: {acknowledged}\r\n"
                         f"Content-Length: {len(data) - acknowledged}\r\n\r\n".encode())
            peer.sendall(data[acknowledged:acknowledged + 10_000])
            time.sleep(0.3)
            self.server.kill()
            peer.close()
            self.server.start()
            have = self.offset(path)
            self.assertGreaterEqual(have, acknowledged)
            self.assertLessEqual(have, acknowledged + 10_000)
            acknowledged = have
        answer = self.server.curl(path, "-X", "PATCH", "-H", PIECE, "-H", f"Upload-Offset: {acknowledged}",
                                  "--data-binary", "@-", data=data[acknowledged:])
        self.assertEqual(answer.status, 204, answer.body)
        self.use(path, data)

    def test_client_of_the_protocol(self):
        """tuspy, the protocol's Python client, sends a file in pieces and goes on with one that it began before."""
        tus = package("tusclient.client")
        data = digits()[0]
        client = tus.TusClient(self.server.url + "/v1/uploads")
        first = client.uploader(file_stream=io.BytesIO(data), chunk_size=50_000, metadata={"filename": "digits.csv"})
        first.upload(stop_at=100_000)
        path = first.url[len(self.server.url):]
        self.assertEqual(self.server.get(path).json["metadata"], {"filename": "digits.csv"})
        self.assertEqual(self.offset(path), 100_000)
        second = client.uploader(file_stream=io.BytesIO(data), chunk_size=50_000, url=first.url)
        self.assertEqual(second.offset, 100_000)
        second.upload()
        self.use(path, data)

    def test_as_documented(self):
        """The lines of docs/uploads.md, as they stand there."""
        text = (ROOT / "docs/uploads.md").read_text()
        script = re.search(r"```sh\n(.*?)```", text, re.S)[1]
        script = script.replace("http://localhost:8080", self.server.url)
        (self.server.folder / "train.csv").write_text(
            "x,label\n" + "".join(f"{n * 7 % 13},{'ab'[n % 2]}\n" for n in range(200)))
        out = subprocess.run(["bash", "-euc", script], cwd=self.server.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertIn('"state":"ready"', out.stdout)
        self.assertEqual(self.server.get("/v1/datasets").json["data"][0]["examples"], 200)


if __name__ == "__main__":
    unittest.main()
