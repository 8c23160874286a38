"""Schemathesis over openapi.yaml: requests made from the document, valid and not, and answers held against it."""

import os
import pathlib
import subprocess
import sys
import unittest

from server import PROGRAM, Server, package

HERE = pathlib.Path(__file__).resolve().parent


class ContractTests(unittest.TestCase):
    def test_every_answer_is_one_that_the_document_has(self):
        tool = pathlib.Path(sys.executable).parent / "st"
        if not tool.exists():
            raise unittest.SkipTest("Schemathesis isn't there, and the Python package registry couldn't be reached")
        cases = int(os.environ.get("CHAINRULE_CASES", "2000"))
        keys = []

        def prepare(folder):
            made = subprocess.run(
                [PROGRAM, "make-key", "--data", folder / "data"], capture_output=True, text=True, check=True)
            keys.append(made.stdout.strip())

        server = Server("--auth", "keys", "--memory", "1GiB", prepare=prepare)
        self.addCleanup(server.close)
        done = subprocess.run(
            [tool, "--config-file", HERE / "schemathesis.toml", "run", server.url + "/openapi.json",
             "--header", f"Authorization: Bearer {keys[0]}", "--max-examples", str(max(1, cases // 75)),
             "--phases", "examples,fuzzing,stateful", "--continue-on-failure", "--request-timeout", "60",
             # The one never ends; the other would end the key that all requests bring.
             "--exclude-operation-id", "streamEvents", "--exclude-operation-id", "revokeKey", "--seed", "20261127", "--no-color"],
            capture_output=True, text=True, timeout=1500, cwd=server.folder,
            env=os.environ | {"SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE)})
        self.assertIsNone(server.process.poll(), done.stdout[-5000:])
        self.assertEqual(done.returncode, 0, done.stdout[-20_000:] + done.stderr[-2000:])

    def test_every_recorded_answer_has_its_schema(self):
        validators = package("jsonschema_rs")
        server = Server()
        self.addCleanup(server.close)
        document = server.get("/openapi.json").json
        recorded = document["components"]["examples"]
        self.assertGreater(len(recorded), 50)
        for name, example in recorded.items():
            schema = name if name in document["components"]["schemas"] else "Problem"
            whole = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
            faults = [f"{fault.instance_path}: {fault.message}"
                      for fault in validators.Draft202012Validator(whole).iter_errors(example["value"])]
            self.assertEqual(faults, [], name)


if __name__ == "__main__":
    unittest.main()
