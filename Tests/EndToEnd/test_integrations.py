"""What TensorBoard's and Prometheus' own readers make of what the server serves."""

import pathlib
import tempfile
import unittest

from server import DIGITS, Server, digits, digits_run, package

text_string_to_metric_families = package("prometheus_client.parser").text_string_to_metric_families
EventAccumulator = package("tensorboard.backend.event_processing.event_accumulator").EventAccumulator


class IntegrationsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        train, _ = digits()
        dataset = cls.server.upload(DIGITS + "&name=train", train).json["id"]
        run = cls.server.post("/v1/runs", digits_run(dataset, epochs=2))
        cls.run_id = run.json["id"]
        cls.server.wait_for(cls.run_id)

    def test_tensorboard(self):
        answer = self.server.get(f"/v1/runs/{self.run_id}/tensorboard")
        self.assertEqual(answer.status, 200)
        self.assertIn("events.out.tfevents.", answer.headers["content-disposition"])
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "events.out.tfevents.1.run").write_bytes(answer.body)
            events = EventAccumulator(folder, size_guidance={"scalars": 0, "histograms": 0})
            events.Reload()
        metrics = self.server.get(f"/v1/runs/{self.run_id}/metrics").json["series"]
        self.assertGreater(len(metrics), 5)
        for series in metrics:
            found = events.Scalars(series["name"])
            self.assertEqual([s.step for s in found], [p[0] for p in series["points"]])
            for scalar, point in zip(found, series["points"]):
                self.assertAlmostEqual(scalar.value, point[1], delta=1e-6 * max(1, abs(point[1])))
        for layer in self.server.get(f"/v1/runs/{self.run_id}/gradients").json["layers"]:
            found = events.Scalars(f"gradients/{layer['parameter']}/l2")
            self.assertEqual(len(found), len(layer["points"]))
            self.assertAlmostEqual(found[-1].value, layer["points"][-1][1], delta=1e-6 * found[-1].value)
        shown = self.server.get(f"/v1/runs/{self.run_id}/histograms?quantity=weight&from_step=1").json["histograms"]
        names = {h["parameter"] for h in shown}
        self.assertGreater(len(names), 3)
        for name in names:
            own = [h for h in shown if h["parameter"] == name]
            found = events.Histograms(f"weight/{name}")
            self.assertEqual([h.step for h in found], [h["step"] for h in own])
            for event, histogram in zip(found, own):
                value = event.histogram_value
                self.assertEqual(value.num, histogram["count"])
                self.assertEqual(sum(value.bucket), histogram["count"])
                self.assertEqual((value.min, value.max), (histogram["min"], histogram["max"]))
                self.assertEqual(list(value.bucket_limit), sorted(value.bucket_limit))

    def test_prometheus(self):
        text = self.server.get("/metrics").body.decode()
        families = {f.name: f for f in text_string_to_metric_families(text)}
        for name in [
            "chainrule_runs", "chainrule_lanes", "chainrule_lanes_busy", "chainrule_queue_length",
            "chainrule_steps", "chainrule_http_requests", "chainrule_http_request_duration_seconds",
            "chainrule_http_streams", "chainrule_store_bytes", "chainrule_store_commits",
            "process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds",
        ]:
            self.assertIn(name, families)
            self.assertTrue(families[name].documentation, name)
        steps = families["chainrule_steps"].samples[0].value
        run = self.server.get(f"/v1/runs/{self.run_id}").json
        self.assertEqual(steps, run["progress"]["step"])
        requests = families["chainrule_http_requests"].samples
        uploads = [s for s in requests if s.labels["route"] == "/v1/datasets" and s.labels["method"] == "POST"]
        self.assertEqual([(s.labels["status"], s.value) for s in uploads], [("2xx", 1)])
        routes = {}
        for sample in families["chainrule_http_request_duration_seconds"].samples:
            if sample.name.endswith("_bucket"):
                key = (sample.labels["method"], sample.labels["route"])
                routes.setdefault(key, []).append((sample.labels["le"], sample.value))
        self.assertIn(("POST", "/v1/runs"), routes)
        for buckets in routes.values():
            self.assertEqual(buckets[-1][0], "+Inf")
            self.assertEqual([v for _, v in buckets], sorted(v for _, v in buckets))


if __name__ == "__main__":
    unittest.main()
