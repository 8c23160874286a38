"""A run whose server is killed is finished by the next one, and nothing acknowledged is lost."""

import ctypes
import json
import pathlib
import platform
import random
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

from server import DIGITS, PROGRAM, Server, digits, digits_run


class RecoveryTest(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        train, _ = digits()
        self.dataset = self.server.upload(DIGITS, train).json["id"]

    def steps(self, run):
        answer = self.server.get(f"/v1/runs/{run}/metrics?names=train_loss&max_points=10000").json
        return {step: value for step, value, _ in answer["series"][0]["points"]}

    def test_kill_during_a_run_leaves_no_gap_and_no_double_step(self):
        seed = random.randrange(1 << 30)
        print(f"seed {seed}")
        chance = random.Random(seed)
        undisturbed = self.server.post("/v1/runs", digits_run(self.dataset, epochs=12)).json["id"]
        self.server.wait_for(undisturbed)
        run = self.server.post("/v1/runs", digits_run(self.dataset, epochs=12)).json["id"]
        waiting = self.server.post("/v1/runs", digits_run(self.dataset, epochs=1)).json["id"]
        for _ in range(3):
            self.server.wait_for(run, states=("running",))
            time.sleep(chance.uniform(0.1, 0.8))
            self.server.kill()
            self.server.start()
        finished = self.server.wait_for(run)
        self.assertEqual(finished["state"], "succeeded")
        self.assertEqual(self.server.wait_for(waiting)["state"], "succeeded")

        expected, found = self.steps(undisturbed), self.steps(run)
        self.assertEqual(sorted(found), list(range(1, len(expected) + 1)))
        self.assertEqual(found, expected)
        for path in ("weights", "weights?checkpoint=initial"):
            self.assertEqual(self.server.get(f"/v1/runs/{run}/{path}").body,
                             self.server.get(f"/v1/runs/{undisturbed}/{path}").body)
        gradients = self.server.get(f"/v1/runs/{run}/gradients?max_points=10000").json
        for layer in gradients["layers"]:
            steps = [point[0] for point in layer["points"]]
            self.assertEqual(steps, sorted(set(steps)))
            self.assertEqual(len(steps), len(expected))

        events = self.server.get(f"/v1/runs/{run}/events", "-H", "Accept: application/x-ndjson")
        lines = [json.loads(line) for line in events.body.splitlines()]
        ids = [line["id"] for line in lines if line.get("id") is not None]
        self.assertEqual(ids, sorted(set(ids)))
        epochs = [line["data"]["epoch"] for line in lines if line["type"] == "epoch"]
        self.assertEqual(epochs, list(range(1, 13)))
        self.assertEqual(lines[-1]["type"], "end")

        self.assertEqual(self.server.stop(), 0)
        with sqlite3.connect(self.server.folder / "data/chainrule.sqlite") as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])

    def test_what_was_acknowledged_is_there_after_a_kill(self):
        runs = []
        for _ in range(20):
            answer = self.server.post("/v1/runs", digits_run(self.dataset, epochs=1))
            self.assertEqual(answer.status, 202)
            runs.append(answer.json["id"])
        self.server.kill()
        self.server.start()
        listed = [run["id"] for run in self.server.get("/v1/runs?limit=200").json["data"]]
        self.assertEqual(sorted(listed), sorted(runs))
        for run in runs:
            self.assertEqual(self.server.wait_for(run)["state"], "succeeded")

    def busiest_thread(self):
        """The thread that used the processor most within a fifth of a second, as one that trains does."""
        tasks = pathlib.Path(f"/proc/{self.server.process.pid}/task")

        def used():
            return {task.name: int((task / "stat").read_text().rsplit(")", 1)[1].split()[11]) for task in tasks.iterdir()}

        before = used()
        time.sleep(0.2)
        return int(max((value - before.get(name, 0), name) for name, value in used().items())[1])

    @unittest.skipUnless(platform.machine() == "x86_64", "the number of tgkill is that of x86-64")
    def test_a_run_that_kills_the_process_twice_is_set_aside_and_others_go_on(self):
        run = self.server.post("/v1/runs", digits_run(self.dataset, epochs=10_000)).json["id"]
        waiting = self.server.post("/v1/runs", digits_run(self.dataset, epochs=1)).json["id"]
        for death in (1, 2):
            self.server.wait_for(run, states=("running",))
            time.sleep(0.3)
            # As the fault of an instruction would: to the thread that trains, and to no other.
            process = self.server.process
            self.assertEqual(ctypes.CDLL(None).syscall(234, process.pid, self.busiest_thread(), signal.SIGSEGV), 0)
            self.assertEqual(process.wait(20), -signal.SIGSEGV)
            self.server.start()
        answer = self.server.get(f"/v1/runs/{run}").json
        self.assertEqual((answer["state"], answer["state_reason"]), ("failed", "quarantined"))
        self.assertIn("SIGSEGV", answer["error"]["detail"])
        logs = [line["message"] for line in self.server.get(f"/v1/runs/{run}/logs").json["data"]]
        self.assertEqual(len([line for line in logs if "SIGSEGV" in line]), 2)
        self.assertEqual(self.server.wait_for(waiting)["state"], "succeeded")

    def test_a_second_server_on_the_same_folder_refuses(self):
        second = subprocess.run(
            [PROGRAM, "serve", "--port", "0", "--data", self.server.folder / "data"],
            capture_output=True, text=True, timeout=30)
        self.assertEqual(second.returncode, 1)
        self.assertIn("another", second.stderr)

    def test_a_second_server_on_the_same_port_refuses(self):
        with tempfile.TemporaryDirectory() as other:
            second = subprocess.run(
                [PROGRAM, "serve", "--port", str(self.server.port), "--data", other],
                capture_output=True, text=True, timeout=30)
        self.assertEqual(second.returncode, 1)
        self.assertIn(str(self.server.port), second.stderr)
        self.assertEqual(self.server.get("/readyz").status, 200)


if __name__ == "__main__":
    unittest.main()
