"""With `--isolation process` a run trains in a process of its own, whose death takes no other."""

import os
import pathlib
import signal
import time
import unittest

from server import DIGITS, Server, digits, digits_run


class IsolationTest(unittest.TestCase):
    def start(self, *flags):
        server = Server(*flags)
        self.addCleanup(server.close)
        return server, server.upload(DIGITS, digits()[0]).json["id"]

    def workers(self, server):
        """The processes that the server has started and that run."""
        found = []
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[1]) == server.process.pid and fields[0] != "Z":
                found.append(int(stat.parent.name))
        return found

    def await_worker(self, server):
        for _ in range(200):
            if found := self.workers(server):
                return found[0]
            time.sleep(0.02)
        raise RuntimeError("no worker runs")

    def shown(self, server, run):
        paths = ["metrics?max_points=10000", "gradients?max_points=10000", "histograms?from_step=1", "activations"]
        answers = {path: server.get(f"/v1/runs/{run}/{path}").json for path in paths}
        for series in answers[paths[0]]["series"]:
            # What took how long is another matter.
            series["points"] = [point[:2] for point in series["points"]]
        answers[paths[0]]["series"] = [
            series for series in answers[paths[0]]["series"] if not series["name"].startswith("observation_")]
        return answers, server.get(f"/v1/runs/{run}/weights").body

    def test_a_process_trains_to_the_bits_of_a_thread_and_tells_the_same(self):
        results = []
        for isolation in ("thread", "process"):
            server, dataset = self.start("--isolation", isolation)
            body = digits_run(dataset, epochs=3)
            body["training"]["validation"] = {"fraction": 0.2}
            body["training"]["early_stopping"] = {"patience": 9, "restore_best": True}
            answer = server.post("/v1/runs", body)
            self.assertEqual(answer.status, 202, answer.body)
            run = answer.json["id"]
            self.assertEqual(server.wait_for(run)["state"], "succeeded")
            results.append(self.shown(server, run))
            self.assertEqual(self.workers(server), [])
        self.assertEqual(results[0], results[1])

    def test_pause_resume_and_cancel_reach_it(self):
        server, dataset = self.start("--isolation", "process")
        straight = server.post("/v1/runs", digits_run(dataset, epochs=8)).json["id"]
        server.wait_for(straight)
        run = server.post("/v1/runs", digits_run(dataset, epochs=8)).json["id"]
        self.await_worker(server)
        time.sleep(0.3)
        self.assertEqual(server.post(f"/v1/runs/{run}:pause", b"").status, 200)
        if server.wait_for(run, states=("paused", "succeeded"))["state"] == "paused":
            self.assertEqual(self.workers(server), [])
            self.assertEqual(server.post(f"/v1/runs/{run}:resume", b"").status, 200)
        self.assertEqual(server.wait_for(run)["state"], "succeeded")
        self.assertEqual(server.get(f"/v1/runs/{run}/weights").body, server.get(f"/v1/runs/{straight}/weights").body)
        endless = server.post("/v1/runs", digits_run(dataset, epochs=10_000)).json["id"]
        self.await_worker(server)
        self.assertEqual(server.post(f"/v1/runs/{endless}:cancel", b"").status, 200)
        self.assertEqual(server.wait_for(endless, seconds=10)["state"], "cancelled")
        self.assertEqual(self.workers(server), [])

    def test_a_run_that_fails_says_the_same_why(self):
        errors = []
        for isolation in ("thread", "process"):
            server, dataset = self.start("--isolation", isolation)
            body = digits_run(dataset, epochs=3, optimizer={"type": "sgd", "learning_rate": 1e4})
            answer = server.wait_for(server.post("/v1/runs", body).json["id"])
            self.assertEqual((answer["state"], answer["state_reason"]), ("failed", "diverged"))
            errors.append(answer["error"])
        self.assertEqual(errors[0], errors[1])

    def late_failure(self, *flags):
        """A run whose derivative isn't finite at the example before the last of 40,000."""
        server, _ = self.start(*flags)
        rows = [f"{1 + i % 7},{2 + i % 5},{i % 3 + 0.5}\n" for i in range(40_000)]
        rows[-2] = "0,0,1.5\n"
        dataset = server.upload("format=csv&target=y&scale=none", ("a,b,y\n" + "".join(rows)).encode()).json["id"]
        answer = server.post("/v1/runs", {
            "model": {"input": {"shape": [2]}, "layers": [
                {"type": "dense", "units": 8, "bias": False, "activation": {"expression": "sqrt(abs(x))"}},
                {"type": "dense", "units": 1}]},
            "dataset": dataset,
            "training": {
                "epochs": 1, "batch_size": 1, "shuffle": False, "seed": 3, "loss": "mse",
                "optimizer": {"type": "sgd", "learning_rate": 1e-6}, "checkpoint": {"every_seconds": 0}}})
        self.assertEqual(answer.status, 202, answer.body)
        return server, answer.json["id"]

    def test_its_failing_step_is_looked_at_in_a_process_too(self):
        found, seen = [], set()
        for isolation in ("thread", "process"):
            server, run = self.late_failure("--isolation", isolation)
            while (state := server.get(f"/v1/runs/{run}").json["state"]) in ("queued", "running"):
                seen.update(self.workers(server))
                time.sleep(0.01)
            self.assertEqual(state, "failed")
            autopsy = server.get(f"/v1/runs/{run}/autopsy").json
            self.assertEqual((autopsy["step"], autopsy["phase"]), (39_999, "backward"))
            self.assertIsNotNone(autopsy["operation"])
            found.append((autopsy, server.get(f"/v1/runs/{run}/weights?checkpoint=39998").body))
        self.assertEqual(len(seen), 2, "one process trains, another looks")
        for autopsy, _ in found:
            del autopsy["weights"]
        self.assertEqual(found[0], found[1])

    def test_a_process_that_dies_while_it_looks_leaves_the_failure_as_it_was(self):
        server, run = self.late_failure("--isolation", "process")
        trainer = self.await_worker(server)
        while trainer in self.workers(server):
            time.sleep(0.005)
        os.kill(self.await_worker(server), signal.SIGKILL)
        answer = server.wait_for(run)
        self.assertEqual((answer["state"], answer["state_reason"], answer["attempt"]), ("failed", "diverged", 1))
        self.assertIsNone(server.get(f"/v1/runs/{run}/autopsy").json["operation"])
        lines = [line["message"] for line in server.get(f"/v1/runs/{run}/logs").json["data"]]
        self.assertTrue(any("couldn't be looked at" in line and "signal 9" in line for line in lines), lines)

    def test_its_death_takes_one_run_and_the_second_sets_that_aside(self):
        server, dataset = self.start("--isolation", "process", "--workers", "1")
        run = server.post("/v1/runs", digits_run(dataset, epochs=10_000)).json["id"]
        waiting = server.post("/v1/runs", digits_run(dataset, epochs=1)).json["id"]
        for death in (1, 2):
            server.wait_for(run, states=("running",))
            time.sleep(0.5)
            os.kill(self.await_worker(server), signal.SIGKILL)
            while server.get(f"/v1/runs/{run}").json["attempt"] == death:
                if server.get(f"/v1/runs/{run}").json["state"] != "running":
                    break
                time.sleep(0.02)
        answer = server.wait_for(run)
        self.assertEqual((answer["state"], answer["state_reason"]), ("failed", "quarantined"))
        self.assertIn("SIGKILL", answer["error"]["detail"])
        self.assertIsNone(server.process.poll())
        self.assertEqual(server.wait_for(waiting)["state"], "succeeded")

    def test_no_worker_outlives_its_server(self):
        server, dataset = self.start("--isolation", "process")
        server.post("/v1/runs", digits_run(dataset, epochs=10_000))
        worker = self.await_worker(server)
        time.sleep(0.3)
        server.kill()
        for _ in range(100):
            if not pathlib.Path(f"/proc/{worker}").exists():
                break
            time.sleep(0.05)
        self.assertFalse(pathlib.Path(f"/proc/{worker}").exists())
        server.start()
        self.await_worker(server)
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
