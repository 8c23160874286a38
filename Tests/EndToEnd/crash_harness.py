#!/usr/bin/env python3
"""Kills the server at random moments over mixed work, and looks whether anything acknowledged was lost or doubled.

    crash_harness.py [--kills 300] [--seed N] [--isolation thread|process]

A client uploads, submits, pauses, resumes, cancels, stops and deletes while the server is killed with SIGKILL and started
again. What the server acknowledged is kept in a ledger; a request that a kill cut off may have happened or not, at most
once. At the end every run that was let be must have ended in the bits of one that was never disturbed.
"""

import argparse
import collections
import hashlib
import json
import random
import sqlite3
import threading
import time

from server import DIGITS, Server, digits, digits_run

MLP = {
    "input": {"shape": [1, 8, 8]},
    "layers": [
        {"type": "flatten"}, {"type": "dense", "units": 32, "activation": "relu"}, {"type": "dropout", "rate": 0.2},
        {"type": "batch_norm"}, {"type": "dense", "units": 10}]}
TEMPLATES = [
    {"training": {"epochs": 6, "optimizer": {"type": "adam", "learning_rate": 0.002}}, "model": MLP},
    {"training": {"epochs": 8, "optimizer": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9},
                  "checkpoint": {"every_steps": 20, "keep": 2}}, "model": MLP},
    {"training": {"epochs": 9, "validation": {"fraction": 0.2}, "checkpoint": {"every_seconds": 0.1},
                  "early_stopping": {"patience": 2, "restore_best": True}}, "model": MLP},
    {"training": {"epochs": 1}},
    {"training": {"epochs": 2, "checkpoint": {"every_steps": 7}, "schedule": {"type": "cosine", "warmup_steps": 5}}},
]
OVER = ("succeeded", "failed", "cancelled")
MOST_WAITING = 12


class Violation(Exception):
    """The server broke its word."""


def expect(holds, what):
    if not holds:
        raise Violation(what)


def request(dataset, template):
    body = digits_run(dataset, **TEMPLATES[template]["training"])
    body["model"] = TEMPLATES[template].get("model", body["model"])
    return body


class Client:
    """Asks for random things, and keeps what was acknowledged."""

    def __init__(self, server, dataset, chance):
        self.server, self.dataset, self.chance = server, dataset, chance
        self.runs, self.datasets = {}, {}
        self.deleted, self.perhaps_deleted = set(), set()
        # Runs that were told to stop, cancel, or that may have been.
        self.meddled = set()
        # Requests that a kill cut off, by their key; each is asked again.
        self.cut = collections.deque()
        self.refused = collections.Counter()

    def act(self):
        """One random request; `RuntimeError` when the server died under it."""
        if self.cut:
            return self.again()
        kinds = [self.submit] * 5 + [self.upload, self.pause, self.resume, self.resume, self.end, self.delete, self.look]
        return self.chance.choice(kinds)()

    def again(self):
        kind, key, make, note = self.cut[0]
        answer = make(key)
        if answer.status == 503:
            # It is starting.
            return
        self.cut.popleft()
        expect(answer.status in (201, 202), f"{kind} with key {key}, asked again, answered {answer.status}: {answer.body}")
        note(answer)

    def keyed(self, kind, make, note):
        key = f"{kind}-{self.chance.getrandbits(64):x}"
        try:
            answer = make(key)
        except RuntimeError:
            self.cut.append((kind, key, make, note))
            raise
        if answer.status in (201, 202):
            note(answer)
            if self.chance.random() < 0.2:
                repeated = make(key)
                expect(repeated.json["id"] == answer.json["id"], f"{kind} with key {key} was done twice")
        else:
            self.refused[answer.status] += 1

    def submit(self):
        waiting = self.server.get("/v1/runs?state=queued&limit=50").json["data"]
        if len(waiting) >= MOST_WAITING:
            return self.look()
        template = self.chance.randrange(len(TEMPLATES))

        def make(key):
            body = request(self.dataset, template) | {"name": key}
            return self.server.post("/v1/runs", body, "-H", f"Idempotency-Key: {key}")

        def note(answer):
            self.runs[answer.json["id"]] = template

        return self.keyed("submit", make, note)

    def upload(self):
        rows = self.chance.choice([20, 200, 20_000])
        text = "a,b,y\n" + "".join(f"{self.chance.random():.4f},{i},{'xz'[i % 2]}\n" for i in range(rows))

        def make(key):
            return self.server.curl(
                "/v1/datasets?format=csv&target=y", "-X", "POST", "-H", "Content-Type: application/octet-stream", "-H",
                f"Idempotency-Key: {key}", "--data-binary", "@-", data=text.encode())

        def note(answer):
            self.datasets[answer.json["id"]] = rows

        return self.keyed("upload", make, note)

    def some_run(self):
        return self.chance.choice(sorted(self.runs)[-20:]) if self.runs else None

    def pause(self):
        if run := self.some_run():
            self.server.post(f"/v1/runs/{run}:pause", b"")

    def resume(self):
        for run in self.server.get("/v1/runs?state=paused&limit=50").json["data"]:
            self.server.post(f"/v1/runs/{run['id']}:resume", b"")

    def end(self):
        if (run := self.some_run()) and self.chance.random() < 0.4:
            self.meddled.add(run)
            self.server.post(f"/v1/runs/{run}:{self.chance.choice(['cancel', 'stop'])}", b"")

    def delete(self):
        over = [run["id"] for run in self.server.get("/v1/runs?state=succeeded&limit=50").json["data"]]
        known = [f"/v1/runs/{run}" for run in over if run in self.runs]
        known += [f"/v1/datasets/{dataset}" for dataset in self.datasets]
        if not known or self.chance.random() < 0.6:
            return None
        path = self.chance.choice(known)
        self.perhaps_deleted.add(path)
        if self.server.curl(path, "-X", "DELETE").status == 204:
            self.deleted.add(path)

    def look(self):
        """What was acknowledged is there at any time."""
        paths = [f"/v1/runs/{run}" for run in self.runs] + [f"/v1/datasets/{dataset}" for dataset in self.datasets]
        if paths:
            self.check(self.chance.choice(paths))

    def check(self, path):
        known_deleted, unsure = path in self.deleted, path in self.perhaps_deleted
        status = self.server.get(path).status
        if known_deleted:
            expect(status == 404, f"{path} was deleted, and answers {status}")
        elif not unsure:
            expect(status == 200, f"{path} was acknowledged, and answers {status}")
        return status == 200


def losses(server, run):
    series = server.get(f"/v1/runs/{run}/metrics?names=train_loss&max_points=10000").json["series"][0]["points"]
    return [(step, value) for step, value, _ in series]


def result(server, run):
    weights = server.get(f"/v1/runs/{run}/weights").body
    return hashlib.sha256(weights).hexdigest(), losses(server, run)


def references(flags):
    """What each template comes to undisturbed."""
    server = Server(*flags)
    try:
        dataset = server.upload(DIGITS, digits()[0]).json["id"]
        found = []
        for template in range(len(TEMPLATES)):
            answer = server.post("/v1/runs", request(dataset, template))
            expect(answer.status == 202, answer.body)
            expect(server.wait_for(answer.json["id"])["state"] == "succeeded", "an undisturbed run didn't succeed")
            found.append(result(server, answer.json["id"]))
        return found
    finally:
        server.close()


def everything(server, path):
    rows, cursor = [], ""
    while True:
        page = server.get(f"{path}?limit=100{cursor}").json
        rows += page["data"]
        if not page.get("next_cursor"):
            return rows
        cursor = f"&cursor={page['next_cursor']}"


def disturb(server, client, kills, chance):
    """Kills the server so often while the client goes on; both are bounded."""
    fault, stop = [], threading.Event()

    def work():
        while not stop.is_set():
            try:
                client.act()
            except RuntimeError:
                time.sleep(0.02)
            except (Violation, KeyError, ValueError) as error:
                fault.append(error)
                return

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for kill in range(kills):
            time.sleep(chance.uniform(0, 0.8) if chance.random() < 0.8 else chance.uniform(0, 0.05))
            server.kill()
            server.start()
            if fault:
                break
    finally:
        stop.set()
        worker.join(60)
    if fault:
        raise fault[0]


def settle(server, client):
    """Lets all that is left come to its end."""
    while client.cut:
        client.again()
    end = time.monotonic() + 300
    while time.monotonic() < end:
        client.resume()
        if not any(server.get(f"/v1/runs?state={state}&limit=1").json["data"] for state in ("queued", "running", "paused")):
            return
        time.sleep(0.1)
    raise Violation("runs are still not over after five minutes")


def verify(server, client, expected):
    """Everything that was acknowledged, once, and in the bits of an undisturbed run."""
    for path in [f"/v1/datasets/{dataset}" for dataset in client.datasets]:
        client.check(path)
    rows = everything(server, "/v1/runs")
    ids, names = [row["id"] for row in rows], [row["name"] for row in rows]
    expect(len(ids) == len(set(ids)), "a run is in the list twice")
    expect(len(names) == len(set(names)), "a submission was done twice")
    stray = set(ids) - set(client.runs)
    expect(not stray, f"runs nobody was told of: {stray}")
    interrupted = attempts = compared = 0
    for run, template in client.runs.items():
        if not client.check(f"/v1/runs/{run}"):
            continue
        shown = server.get(f"/v1/runs/{run}").json
        attempts += shown["attempt"]
        interrupted += shown["attempt"] > 1
        expect(shown["state"] in OVER, f"{run} is {shown['state']}")
        if run in client.meddled:
            expect(shown["state"] in ("succeeded", "cancelled"), f"{run} is {shown['state']}: {shown['error']}")
        else:
            expect(shown["state"] == "succeeded", f"{run} is {shown['state']}: {shown['error']}")
        steps = [step for step, _ in losses(server, run)]
        expect(steps == list(range(1, len(steps) + 1)), f"{run}: its steps have gaps or doubles")
        lines = server.get(f"/v1/runs/{run}/events", "-H", "Accept: application/x-ndjson").body.splitlines()
        events = [json.loads(line) for line in lines]
        numbers = [event["id"] for event in events if event.get("id") is not None]
        expect(numbers == sorted(set(numbers)), f"{run}: its events are out of order")
        epochs = [event["data"]["epoch"] for event in events if event["type"] == "epoch"]
        expect(epochs == list(range(1, len(epochs) + 1)), f"{run}: its epochs are told as {epochs}")
        if run not in client.meddled:
            compared += 1
            expect(result(server, run) == expected[template], f"{run}, of template {template}, ended in other bits")
    return interrupted, attempts, compared


def run(kills, seed, isolation="thread"):
    """The whole; `Violation` for any word that the server broke. Returns what was done, in a sentence."""
    chance = random.Random(seed)
    flags = ["--isolation", isolation]
    expected = references(flags)
    server = Server(*flags)
    try:
        dataset = server.upload(DIGITS, digits()[0]).json["id"]
        client = Client(server, dataset, random.Random(seed + 1))
        disturb(server, client, kills, chance)
        settle(server, client)
        interrupted, attempts, compared = verify(server, client, expected)
        expect(server.stop() == 0, "SIGTERM didn't end it with 0")
        with sqlite3.connect(server.folder / "data/chainrule.sqlite") as database:
            found = database.execute("PRAGMA integrity_check").fetchall()
            expect(found == [("ok",)], f"integrity_check says {found[:3]}")
        return (
            f"{kills} kills: {len(client.runs)} runs, {interrupted} of them interrupted, {attempts} attempts, {compared} "
            f"compared bit by bit; {len(client.datasets)} datasets; {len(client.deleted)} deletions; nothing lost or doubled")
    finally:
        server.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--isolation", choices=["thread", "process"], default="thread")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    try:
        print(run(options.kills, options.seed, options.isolation))
    except Violation as error:
        raise SystemExit(f"seed {options.seed}: {error}") from error


if __name__ == "__main__":
    main()
