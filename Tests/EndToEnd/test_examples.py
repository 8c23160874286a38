"""The examples in other languages, each against a real server that asks for keys."""

import gzip
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from server import PROGRAM, ROOT, Server


class ExampleTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        def prepare(folder):
            made = subprocess.run(
                [PROGRAM, "make-key", "--data", folder / "data", "--scopes", "read,write,train"],
                capture_output=True, text=True, check=True)
            cls.key = made.stdout.strip()

        cls.server = Server("--auth", "keys", prepare=prepare)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def follow(self, *command, tells_epochs=True):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [*command, self.server.url], cwd=folder, capture_output=True, text=True, timeout=300,
                env={**os.environ, "CHAINRULE_KEY": self.key})
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            weights = pathlib.Path(folder, "weights.safetensors").read_bytes()
        lines = done.stdout.splitlines()
        if tells_epochs:
            self.assertEqual([line.split(":")[0] for line in lines[:3]], ["epoch 1", "epoch 2", "epoch 3"])
        self.assertIn("succeeded", lines[-2])
        self.assertGreater(float(lines[-2].split()[-1]), 0.9)
        run = lines[-2].split()[0]
        asked = self.server.curl(f"/v1/runs/{run}/weights", "-H", f"Authorization: Bearer {self.key}")
        self.assertEqual(asked.body, weights)

    def test_without_a_key_nothing_is_let_in(self):
        self.assertEqual(self.server.curl("/v1/runs").status, 401)
        self.assertEqual(self.server.curl("/healthz").status, 200)

    def test_curl(self):
        # The example writes beside itself, so it runs in a copy.
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(ROOT / "examples", pathlib.Path(folder, "examples"))
            script = pathlib.Path(folder, "examples/quickstart.sh")
            done = subprocess.run(
                [script, self.server.url], capture_output=True, text=True, timeout=300,
                env={**os.environ, "CHAINRULE_KEY": self.key})
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("epoch 3", done.stdout)
            self.assertIn("succeeded", done.stdout)
            self.assertTrue((script.parent / "weights.safetensors").stat().st_size > 10_000)

    def test_python(self):
        self.follow("python3", ROOT / "examples/quickstart.py")

    def test_javascript(self):
        node = shutil.which("node") or shutil.which("nodejs")
        if not node:
            raise unittest.SkipTest("there is no Node.js")
        self.follow(node, ROOT / "examples/quickstart.mjs")

    def test_swift(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder, "examples")
            shutil.copytree(ROOT / "examples", copy)
            rows = gzip.decompress((copy / "data/digits.csv.gz").read_bytes())
            (copy / "data/digits.csv").write_bytes(rows)
            program = pathlib.Path(folder, "quickstart")
            subprocess.run(
                ["swiftc", copy / "quickstart.swift", "-o", program],
                check=True, capture_output=True, timeout=300)
            self.follow(program, tells_epochs=False)


if __name__ == "__main__":
    unittest.main()
