"""Files of many forms become datasets with one request each, train, and answer predictions by what their run found."""

import json
import pathlib
import sqlite3
import statistics
import unittest
import urllib.parse

from server import Server

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "DatasetsTests/Fixtures/formats"


class DatasetTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def upload(self, name, **options):
        query = urllib.parse.urlencode(options)
        answer = self.server.curl(f"/v1/datasets?{query}", "--data-binary", f"@{FIXTURES / name}")
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json

    def test_formats_are_told_by_their_bytes(self):
        for name, options, format, examples, shape in [
            ("table.csv", {"missing": "mean"}, "csv", 60, None), ("table.jsonl", {"missing": "median"}, "jsonl", 60, None),
            ("sparse.svm", {"format": "libsvm", "target": "label"}, "libsvm", 12, [6]),
            ("pictures.zip", {}, "image_zip", 6, [3, 10, 14]), ("labelled.tar.gz", {}, "image_tar", 4, [1, 10, 14]),
            ("tensors.safetensors", {}, "safetensors", 7, [4]), ("cifar10.bin", {"format": "cifar"}, "cifar", 3, [3, 32, 32]),
        ]:
            with self.subTest(name):
                dataset = self.upload(name, **options)
                self.assertEqual((dataset["format"], dataset["examples"]), (format, examples))
                if shape:
                    self.assertEqual(dataset["input"]["shape"], shape)
                self.assertGreater(len(self.server.get(f"/v1/datasets/{dataset['id']}/preview").json["rows"]), 0)

    def test_pictures_are_seen_as_they_were(self):
        dataset = self.upload("pictures.zip")["id"]
        picture = self.server.curl(f"/v1/datasets/{dataset}/picture?example=3")
        self.assertEqual((picture.status, picture.headers["content-type"]), (200, "image/png"))
        self.assertTrue(picture.body.startswith(b"\x89PNG"))
        self.assertEqual(picture.body[16:24], (14).to_bytes(4, "big") + (10).to_bytes(4, "big"))
        self.assertEqual(self.server.curl(f"/v1/datasets/{dataset}/picture?example=6").status, 404)
        table = self.upload("table.csv", missing="mean")["id"]
        self.assertEqual(self.server.curl(f"/v1/datasets/{table}/picture").status, 404)

    def test_a_run_scales_by_what_it_trains_on_alone(self):
        dataset = self.upload("table.csv", missing="mean", ignore="town,flag,when,skewed,count")
        body = {
            "dataset": dataset["id"],
            "model": {"input": {"shape": [2]}, "layers": [{"type": "dense", "units": 1, "initializer": "ones", "bias": False}]},
            "training": {"epochs": 1, "loss": "mse", "optimizer": {"type": "sgd", "learning_rate": 1e-30}, "validation": {"fraction": 0.5}},
        }
        run = self.server.post("/v1/runs", body).json["id"]
        self.assertEqual(self.server.wait_for(run)["state"], "succeeded")
        ask = lambda number, gap: self.server.post(f"/v1/runs/{run}/predictions", {"inputs": [{"number": number, "gaps": gap}]}).json["outputs"][0][0]
        # The weights are ones: an output is the sum of both scaled numbers.
        base, step = ask(0, None), ask(1, None) - ask(0, None)
        mean, deviation = -base / step, 1 / step
        whole = dataset["columns"][0]
        self.assertNotAlmostEqual(mean, whole["mean"], 3)
        with sqlite3.connect(f"file:{self.server.folder}/data/chainrule.sqlite?mode=ro", uri=True) as store:
            known = json.loads(store.execute("SELECT data FROM run WHERE id = ?", [run]).fetchone()[0])["columns"][0]["scaling"]
        self.assertAlmostEqual(mean, known["subtract"], 2)
        self.assertAlmostEqual(deviation, known["divide"], 2)
        # Some half of the rows has this mean and deviation, and not all of them.
        rows = [line.split(",") for line in (FIXTURES / "table.csv").read_text().splitlines()[1:]]
        numbers = [float(row[0]) for row in rows]
        self.assertGreater(abs(mean - statistics.fmean(numbers)), 0.01)
        self.assertLess(abs(mean - statistics.fmean(numbers)), 3 * statistics.pstdev(numbers) / 30 ** 0.5)

    def test_numbers_come_back_in_the_units_of_the_upload(self):
        rows = "".join(f"{x / 10},{1000 + 50 * x / 10}\n" for x in range(-100, 100))
        dataset = self.server.upload("name=line&target_scale=standard&target_kind=vector", f"x,y\n{rows}".encode()).json["id"]
        split = self.server.post("/v1/splits", {"dataset": dataset, "type": "random", "seed": 1}).json["id"]
        body = {
            "dataset": {"train": dataset, "split": split}, "model": {"input": {"shape": [1]}, "layers": [{"type": "dense", "units": 1}]},
            "training": {"epochs": 40, "batch_size": 16, "loss": "mse", "optimizer": {"type": "sgd", "learning_rate": 0.1}},
        }
        run = self.server.post("/v1/runs", body).json["id"]
        self.assertEqual(self.server.wait_for(run)["state"], "succeeded")
        answer = self.server.post(f"/v1/runs/{run}/predictions", {"inputs": [{"x": 0}, {"x": 4}]}).json
        for found, known in zip(answer["predictions"], [1000, 1200]):
            self.assertAlmostEqual(found[0], known, delta=0.5)
        self.assertLess(abs(answer["outputs"][0][0]), 0.1)

    def finished(self, body):
        created = self.server.post("/v1/runs", body)
        self.assertEqual(created.status, 202, created.body)
        run = self.server.wait_for(created.json["id"])
        self.assertEqual(run["state"], "succeeded", run)
        return run

    def test_series_of_one_table_are_windows_of_their_own(self):
        lengths = {"north": 40, "south": 30, "new": 5}
        rows = [f"{shop},{day},{(day * 7 + place * 3) % 11}.5" for day in range(40)
                for place, (shop, length) in enumerate(lengths.items()) if day < length]
        answer = self.server.upload(
            "target=sales&window=8&steps=3&entity=shop&padding=-20&ignore=day&target_scale=standard", "\n".join(["shop,day,sales", *rows]).encode())
        self.assertEqual(answer.status, 201, answer.body)
        dataset = answer.json
        self.assertEqual(
            dataset["input"]["series"],
            {"window": 8, "horizon": 1, "stride": 1, "rows": 75, "steps": 3, "entity": "shop", "entities": 3, "short": 0, "padding": -20})
        # 40 rows less ten, 30 less ten, and one of two rows and six that aren't there.
        self.assertEqual((dataset["examples"], dataset["input"]["shape"], dataset["target"]["shape"]), (30 + 20 + 1, [8, 1], [3]))
        split = self.server.post("/v1/splits", {"dataset": dataset["id"], "type": "group", "column": "shop", "validation": 0.4})
        self.assertEqual(sorted(split.json["counts"].values()), [0, 20, 31])
        run = self.finished({
            "dataset": {"train": dataset["id"], "split": split.json["id"]},
            "model": {"input": {"shape": [8, 1], "padding": -20},
                      "layers": [{"type": "gru", "units": 6}, {"type": "dense", "units": 3}]},
            "training": {"steps": 20, "batch_size": 8, "loss": "mse", "optimizer": "adam"},
        })
        asked = {"inputs": [[[1.5], [8.5]], [[float(day)] for day in range(8)]]}
        answer = self.server.post(f"/v1/runs/{run['id']}/predictions", asked).json
        self.assertEqual([len(output) for output in answer["outputs"]], [3, 3])
        # In the units of the upload all three are scaled alike.
        offset, factor = answer["predictions"][0][0], answer["outputs"][0][0]
        slope = (answer["predictions"][0][1] - offset) / (answer["outputs"][0][1] - factor)
        for predictions, outputs in zip(answer["predictions"], answer["outputs"]):
            for number, output in zip(predictions, outputs):
                self.assertAlmostEqual(number, offset + slope * (output - factor), places=3)
        self.assertGreater(slope, 1)
        evaluated = self.server.post(f"/v1/runs/{run['id']}/evaluations", {"dataset": dataset["id"]})
        self.assertEqual(evaluated.json["examples"], 51)

    def test_categories_have_vectors_or_the_target_for_them(self):
        rows = "\n".join(f"{i % 5}.5,city{i * i % 23},{'yes' if i * i % 23 % 2 else 'no'}" for i in range(300))
        content = ("size,city,bought\n" + rows).encode()

        def upload(encoding):
            answer = self.server.upload(f"categories={encoding}", content)
            self.assertEqual(answer.status, 201, answer.body)
            return answer.json

        body = {"training": {"epochs": 20, "batch_size": 16, "loss": "cross_entropy", "metrics": ["accuracy"], "validation": {"fraction": 0.3},
                             "optimizer": {"type": "adam", "learning_rate": 0.02}}}
        dense = [{"type": "dense", "units": 8, "activation": "relu"}, {"type": "dense", "units": 2}]
        embedded = upload("embed")
        categories = embedded["input"]["categories"]
        self.assertEqual(categories, [{"column": "city", "place": 1, "values": 12, "dimensions": 6}])
        refused = self.server.post("/v1/runs", {**body, "dataset": embedded["id"], "model": {"input": {"shape": [2]}, "layers": dense}})
        self.assertEqual(refused.status, 422)
        self.assertIn('"column_embedding"', refused.json["detail"])
        vectors = [{"type": "column_embedding", "columns": categories}]
        run = self.finished({**body, "dataset": embedded["id"], "model": {"input": {"shape": [2]}, "layers": vectors + dense}})
        self.assertGreater(run["metrics"]["validation_accuracy"], 0.95)
        predicted = self.server.post(f"/v1/runs/{run['id']}/predictions", {"inputs": [[1.5, "city1"], {"city": "city4", "size": 2.5}]})
        self.assertEqual(predicted.json["predictions"], ["yes", "no"])
        unknown = self.server.post(f"/v1/runs/{run['id']}/predictions", {"inputs": [[1.5, "nowhere"]]})
        self.assertEqual((unknown.status, unknown.json["errors"][0]["pointer"]), (422, "/inputs/0/1"))
        coded = upload("target")
        run = self.finished({**body, "dataset": coded["id"], "model": {"input": {"shape": [2]}, "layers": dense}})
        self.assertGreater(run["metrics"]["validation_accuracy"], 0.95)
        predicted = self.server.post(f"/v1/runs/{run['id']}/predictions", {"inputs": [[1.5, "city1"], [1.5, "nowhere"]]})
        self.assertEqual((predicted.status, predicted.json["predictions"][0]), (200, "yes"))
        evaluated = self.server.post(f"/v1/runs/{run['id']}/evaluations", {"dataset": coded["id"]})
        self.assertGreater(evaluated.json["accuracy"], 0.95)

    def test_what_is_wrong_is_told_with_its_place(self):
        for body, options, place in [
            (b"a,b\n1,2\n1\n", "", "row 3"), (b"a,b\n1,\"2\n", "header=true", "row 2"), (b"{\"a\": 1}\n{\"a\": [2]}\n", "", "row 2"),
            (b"\x89PNG", "format=image_zip", "damaged"), (b"\xff" * 20, "format=safetensors", "byte 0"), (b"1 5:1 2:3\n", "format=libsvm", "row 1"),
        ]:
            with self.subTest(body):
                answer = self.server.curl(f"/v1/datasets?{options}", "--data-binary", "@-", data=body)
                self.assertEqual(answer.status, 422, answer.body)
                self.assertIn(place, answer.json["detail"])


if __name__ == "__main__":
    unittest.main()
