"""Uploads in pieces: over the death of the server, by a client of the protocol's own, and as docs/uploads.md types it."""

import hashlib
import io
import os
import re
import socket
import subprocess
import threading
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

    def test_parts_side_by_side(self):
        """Parts come at the same time, and become one upload when all are whole, in the order that is said."""
        data = digits()[0]
        size = len(data) // 3
        pieces = [data[:size], data[size:2 * size], data[2 * size:]]
        paths = [None] * 3

        def send(index):
            headers = ["-H", f"Upload-Length: {len(pieces[index])}", "-H", "Upload-Concat: partial"]
            answer = self.server.curl("/v1/uploads", "-X", "POST", *headers)
            self.assertEqual((answer.status, answer.headers["upload-concat"]), (201, "partial"), answer.body)
            paths[index] = answer.headers["location"]
            half = len(pieces[index]) // 2
            for at, piece in ((0, pieces[index][:half]), (half, pieces[index][half:])):
                if index == 2 and at:
                    continue
                answer = self.server.curl(paths[index], "-X", "PATCH", "-H", PIECE, "-H", f"Upload-Offset: {at}", "--data-binary", "@-", data=piece)
                self.assertEqual(answer.status, 204, answer.body)

        threads = [threading.Thread(target=send, args=[index]) for index in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        final = lambda *parts: self.server.curl(
            "/v1/uploads", "-X", "POST", "-H", "Upload-Concat: final;" + " ".join(parts), "-H", "Upload-Metadata: filename ZGlnaXRz")
        early = final(*paths)
        self.assertEqual(early.status, 409, "the last part isn't whole")
        half = len(pieces[2]) // 2
        self.server.curl(paths[2], "-X", "PATCH", "-H", PIECE, "-H", f"Upload-Offset: {half}", "--data-binary", "@-", data=pieces[2][half:])
        alone = self.begin(1)
        for parts, status in (([paths[0], paths[0]], 400), (["/v1/uploads/nothing"], 400), ([paths[0], alone], 409),
                              ([paths[0], "/v1/uploads/upl_" + "0" * 26], 404), ([], 400)):
            self.assertEqual(final(*parts).status, status, parts)
        self.assertEqual(self.server.curl(
            "/v1/uploads", "-X", "POST", "-H", f"Upload-Concat: final;{paths[0]}", "-H", "Upload-Length: 5").status, 400)
        self.server.curl(alone, "-X", "DELETE")
        # A client may say whole addresses.
        whole = final(paths[0], self.server.url + paths[1], paths[2])
        self.assertEqual((whole.status, whole.json["length"], whole.json["offset"], whole.json["is_partial"]), (201, len(data), len(data), False))
        self.assertEqual(whole.headers["upload-concat"], "final;" + " ".join(paths))
        path = whole.headers["location"]
        self.assertEqual([self.server.get(part).status for part in paths], [404] * 3)
        more = self.server.curl(path, "-X", "PATCH", "-H", PIECE, "-H", f"Upload-Offset: {len(data)}", "--data-binary", "@-", data=b"x")
        self.assertEqual(more.status, 403)
        self.server.kill()
        self.server.start()
        self.assertEqual(self.offset(path), len(data))
        self.use(path, data)

    def test_as_documented(self):
        """The lines of docs/uploads.md, as they stand there."""
        text = (ROOT / "docs/uploads.md").read_text()
        script = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.S))
        script = script.replace("http://localhost:8080", self.server.url)
        (self.server.folder / "train.csv").write_text(
            "x,label\n" + "".join(f"{n * 7 % 13},{'ab'[n % 2]}\n" for n in range(200)))
        out = subprocess.run(["bash", "-euc", script], cwd=self.server.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(out.returncode, 0, out.stderr)
        self.assertIn('"state":"ready"', out.stdout)
        first, second = self.server.get("/v1/datasets").json["data"][:2]
        self.assertEqual((first["examples"], first["sha256"]), (200, second["sha256"]))


if __name__ == "__main__":
    unittest.main()
