"""The dashboard in a real browser, against a real server that trains.

Pictures of every view are left in .build/screenshots, to be looked at.
"""

import gzip
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from browser import Browser
from server import DIGITS, PROGRAM, ROOT, Server, digits, digits_run

PICTURES = ROOT / ".build/screenshots"
VIEWS = ["Gradients", "Histograms", "Activations", "Model", "Findings", "Logs", "Configuration"]

# What axe-core would look for first: names of controls, labels, roles, the order of headings, and contrast (WCAG 2.2, 1.4.3).
AUDIT = """
const faults = [];
const say = (element, what) => faults.push(`${what}: ${element.outerHTML.slice(0, 120)}`);
const seen = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && element.getClientRects().length > 0;
const nameOf = (element) => (element.getAttribute("aria-label") || [...(element.labels ?? [])].map((l) => l.textContent).join(" ") || element.textContent || element.title || "").trim();
for (const control of document.querySelectorAll("a, button, input, select, textarea, meter, progress, [role=img], [role=tabpanel]")) {
  if (!seen(control)) continue;
  const labelled = control.getAttribute("aria-labelledby");
  const name = labelled ? document.getElementById(labelled)?.textContent : nameOf(control);
  if (!name && !control.closest(".js-plotly-plot .main-svg")) say(control, "has no name");
}
for (const image of document.querySelectorAll("img")) if (!image.alt) say(image, "has no alternative text");
if (document.querySelectorAll("main").length !== 1) faults.push("there must be one main");
if (document.querySelectorAll("h1").length !== 1) faults.push("there must be one h1");
if (!document.documentElement.lang || !document.title) faults.push("the page needs a language and a title");
const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) faults.push(`the id ${id} is there twice`);
if (document.documentElement.scrollWidth > innerWidth + 1) faults.push(`the page is ${document.documentElement.scrollWidth} wide, the window ${innerWidth}`);
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgb = (text) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const behind = (element) => { for (let e = element; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] > 250) return c; } return [255, 255, 255]; };
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || element.closest("svg, script, noscript, :disabled, [aria-disabled], option") || !seen(element)) continue;
  const style = getComputedStyle(element);
  const [one, other] = [light(rgb(style.color)), light(behind(element))].sort((a, b) => b - a);
  const size = parseFloat(style.fontSize);
  const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
  if ((one + 0.05) / (other + 0.05) < least) say(element, `has a contrast of ${((one + 0.05) / (other + 0.05)).toFixed(2)}`);
}
return faults;
"""


def vanishing(dataset):
    """A deep network of sigmoids, whose gradients vanish."""
    body = digits_run(dataset, epochs=3)
    body["name"] = "too deep"
    body["model"] = {"input": {"shape": [1, 8, 8]}, "layers": [
        {"type": "flatten"}, *[{"type": "dense", "units": 32, "activation": "sigmoid"}] * 10, {"type": "dense", "units": 10}]}
    return body


class DashboardTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        PICTURES.mkdir(parents=True, exist_ok=True)

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.browser = self.window()

    def window(self, **look):
        browser = Browser(**look)
        self.addCleanup(browser.close)
        return browser

    def look(self, name, browser=None):
        """Keeps a picture, and finds nothing wrong with what is seen."""
        browser = browser or self.browser
        browser.screenshot(PICTURES / f"{name}.png")
        self.assertEqual(browser.run(AUDIT), [], name)

    def finish(self, expected=()):
        """The page complained of nothing, and asked nobody else."""
        complaints = [line for line in self.browser.complaints() if not any(text in line for text in expected)]
        self.assertEqual(complaints, [])
        self.assertEqual(self.browser.hosts(), {f"127.0.0.1:{self.server.port}"})

    def upload(self):
        return self.server.upload(f"name=digits&{DIGITS}", digits()[0]).json["id"]

    def open(self, place=""):
        self.browser.open(f"{self.server.url}/#/{place}")

    def test_an_empty_server_trains_the_digits_in_a_minute(self):
        self.browser.open(self.server.url)
        self.browser.named("Train the digits")
        self.look("empty")
        self.browser.click(self.browser.named("Train the digits"))
        self.browser.wait("return location.hash.startsWith('#/run/')")
        self.browser.wait("return document.querySelector('.state.succeeded')", seconds=120)
        self.browser.wait("return [...document.querySelectorAll('figcaption')].some(e => e.textContent === 'Accuracy')")
        self.look("run")
        for view in VIEWS:
            self.browser.click(self.browser.named(view, "[role=tab]"))
            self.browser.wait("return document.querySelector('#panel > div').children.length")
            if view in VIEWS[:3]:
                self.browser.wait("return document.querySelector('.js-plotly-plot .main-svg')")
            self.look(f"run-{view.lower()}")
        self.browser.click(self.browser.named("Weights", "button"))
        end = time.monotonic() + 30
        while not list(self.browser.downloads.glob("*.safetensors")):
            self.assertLess(time.monotonic(), end, "nothing was downloaded")
            time.sleep(0.1)
        run = self.server.get("/v1/runs").json["data"][0]["id"]
        saved = next(self.browser.downloads.glob("*.safetensors")).read_bytes()
        self.assertEqual(saved, self.server.get(f"/v1/runs/{run}/weights").body)
        self.browser.click(self.browser.named("Datasets", "a"))
        self.browser.click(self.browser.named("digits", "td a"))
        self.browser.wait("return [...document.querySelectorAll('.images img')].filter(e => e.naturalWidth === 8).length === 24")
        self.assertGreater(self.browser.run("return document.querySelectorAll('.bars').length"), 60)
        self.look("dataset")
        self.finish()

    def test_a_vanishing_gradient_is_found(self):
        run = self.server.post("/v1/runs", vanishing(self.upload())).json["id"]
        self.server.wait_for(run)
        self.open(f"run/{run}")
        self.browser.click(self.browser.named("Findings", "[role=tab]"))
        self.browser.wait("return [...document.querySelectorAll('.finding h2')].some(e => /vanishing gradient/i.test(e.textContent))")
        self.look("findings")
        self.assertGreater(self.browser.run("return document.querySelectorAll('.finding tbody tr').length"), 0)
        # From the finding to where it is seen: rows of the heat map are framed.
        self.browser.click(self.browser.named("Look at the gradients", "button"))
        self.browser.wait("return document.querySelector('.js-plotly-plot')?.layout.shapes?.some(a => a.yref !== 'paper')")
        self.browser.wait("return document.querySelector('.js-plotly-plot').layout.annotations.some(a => a.text === 'vanishing gradient')")
        self.look("gradients-framed")
        self.browser.click(self.browser.named("Activations", "[role=tab]"))
        self.browser.wait("return document.querySelector('.js-plotly-plot')?.data[0].type === 'heatmap'")
        self.look("activations-map")
        self.browser.click(self.browser.named("Curves", "[role=tab]"))
        self.browser.wait("return document.querySelector('.js-plotly-plot')?.layout.annotations?.some(a => /vanishing gradient/.test(a.text))")
        self.finish()

    def test_a_run_is_followed_over_a_restart_and_cancelled(self):
        run = self.server.post("/v1/runs", digits_run(self.upload(), epochs=100_000)).json["id"]
        self.open(f"run/{run}")
        self.browser.wait("return document.getElementById('connection').textContent === 'live'")
        step = "return Number(document.querySelector('.progress small').textContent.split('/')[0])"
        self.browser.wait(f"{step} > 20")
        # The curve grows while one looks.
        newest = "return document.querySelector('.js-plotly-plot')?.data[0].x.at(-1)"
        seen = self.browser.wait(newest)
        self.browser.wait(f"{newest} > arguments[0]", seen)
        self.server.kill()
        self.browser.wait("return document.getElementById('connection').textContent.startsWith('stale')")
        self.server.start()
        self.browser.wait("return document.getElementById('connection').textContent === 'live'")
        before = self.browser.run(step)
        self.browser.wait(f"{step} > arguments[0]", before)
        self.browser.click(self.browser.named("Pause", "button"))
        self.browser.wait("return document.querySelector('.state.paused')")
        self.browser.click(self.browser.named("Resume", "button"))
        self.browser.wait("return document.querySelector('.state.running')")
        self.browser.click(self.browser.named("Cancel", "button"))
        self.browser.wait("return document.querySelector('.state.cancelled')")
        self.assertEqual(self.server.get(f"/v1/runs/{run}").json["state"], "cancelled")
        self.finish(expected=["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE"])

    def test_a_long_curve_is_seen_more_closely_when_it_is_zoomed(self):
        body = digits_run(self.upload(), epochs=100)
        body["model"] = {"input": {"shape": [1, 8, 8]}, "layers": [{"type": "flatten"}, {"type": "dense", "units": 10}]}
        run = self.server.post("/v1/runs", body).json["id"]
        self.server.wait_for(run)
        self.open(f"run/{run}")
        points = "document.querySelector('.js-plotly-plot')?.data[0].x"
        coarse = self.browser.wait(f"return {points}?.filter(x => x >= 2000 && x <= 2100).length")
        self.assertLess(coarse, 90)
        self.browser.run("Plotly.relayout(document.querySelector('.js-plotly-plot'), {'xaxis.range[0]': 2000, 'xaxis.range[1]': 2100})")
        self.browser.wait(f"return {points}.filter(x => x >= 2000 && x <= 2100).length === 101")
        shown = self.browser.run(f"const x = {points}; return document.querySelector('.js-plotly-plot').data[0].y[x.indexOf(2050)]")
        recorded = self.server.get(f"/v1/runs/{run}/metrics?names=train_loss&from_step=2050&to_step=2050").json["series"][0]["points"]
        self.assertEqual(shown, recorded[0][1])
        self.finish()

    def test_runs_are_found_and_compared(self):
        dataset = self.upload()
        hurt = "<img src=x onerror=window.hurt=1>"
        for name, rate in [(hurt, 0.001), ("slow", 0.0001), ("other", 0.01)]:
            body = digits_run(dataset, epochs=2, optimizer={"type": "adam", "learning_rate": rate}, validation={"fraction": 0.1})
            run = self.server.post("/v1/runs", body | {"name": name, "tags": {"team": "<b>vision</b>"}}).json["id"]
            self.server.wait_for(run)
        self.open("runs")
        self.browser.wait("return document.querySelectorAll('tbody tr').length === 3 && document.querySelectorAll('.spark').length === 3")
        self.assertIn(hurt, self.browser.text())
        self.assertIn("team=<b>vision</b>", self.browser.text())
        self.look("runs")
        field = self.browser.find("input[type=search]")
        self.browser.type(field, "slow")
        self.browser.wait("return document.querySelectorAll('tbody tr').length === 1")
        self.browser.run("const f = document.querySelector('input[type=search]'); f.value = ''; f.dispatchEvent(new Event('input'))")
        self.browser.run("[...document.querySelectorAll('tbody input')].forEach(box => box.click())")
        self.browser.click(self.browser.named("Compare 3 runs"))
        self.browser.wait("return document.querySelector('.js-plotly-plot')?.data.length === 3")
        self.browser.wait("return document.querySelectorAll('.js-plotly-plot').length === 2")
        self.look("compare")
        self.assertIn(hurt, self.browser.text())
        self.assertIn("optimizer/learning_rate", self.browser.text())
        self.assertIsNone(self.browser.run("return window.hurt"))
        self.finish()

    def test_a_file_and_a_spec_become_a_run(self):
        file = self.browser.folder / "mine.csv"
        rows = gzip.decompress((ROOT / "examples/data/digits.csv.gz").read_bytes()).splitlines(keepends=True)
        file.write_bytes(b"".join(rows[:400]))
        self.open("new")
        self.browser.wait("return document.querySelector('#checked').textContent.includes('parameters')")
        self.browser.run("document.getElementById('options').value = arguments[0]", DIGITS)
        self.browser.type(self.browser.find("#file"), file)
        self.browser.wait("return document.querySelector('.drop').textContent.includes('400 examples')")
        edit = "const e = document.getElementById('spec'); e.value = e.value.replace(arguments[0], arguments[1]); e.dispatchEvent(new Event('input'))"
        self.browser.run(edit, '"conv2d"', '"conv2"')
        self.browser.wait("return document.querySelector('#checked .fault')?.textContent.includes('/model/layers/0/type')")
        line = self.browser.run("return document.getElementById('spec').value.split('\\n').findIndex(l => l.includes('conv2')) + 1")
        self.assertEqual(self.browser.run("return document.querySelector('.gutter .bad')?.textContent"), str(line))
        self.look("new-fault")
        self.browser.click(self.browser.named("/model/layers/0/type"))
        self.assertIn("conv2", self.browser.run("const e = document.getElementById('spec'); return e.value.slice(e.selectionStart, e.selectionEnd)"))
        self.browser.run(edit, '"conv2"', '"conv2d"')
        self.browser.wait("return !document.querySelector('button.primary').disabled")
        self.look("new")
        self.browser.click(self.browser.named("Start the run"))
        self.browser.wait("return document.querySelector('.state.succeeded')", seconds=120)
        # The fault was asked for on purpose.
        self.finish(expected=["422"])

    def test_a_split_is_made_and_trained_on(self):
        dataset = self.upload()
        self.open(f"datasets/{dataset}")
        self.browser.named("Split", "button")
        choose = "const s = [...document.querySelectorAll('label')].find(l => l.textContent.startsWith(arguments[0])).querySelector('select, input'); s.value = arguments[1]; s.dispatchEvent(new Event('change'))"
        self.browser.run(choose, "By", "stratified")
        self.browser.run(choose, "folds", "1")
        self.browser.click(self.browser.named("Split", "button"))
        self.browser.wait("return document.querySelector('[role=alert]')?.textContent.includes('folds: ')")
        self.browser.run(choose, "folds", "5")
        self.browser.click(self.browser.named("Split", "button"))
        self.browser.wait("return [...document.querySelectorAll('td')].some(e => e.textContent.startsWith('5 folds of '))")
        self.look("dataset-splits")
        split = self.server.get(f"/v1/splits?dataset={dataset}").json["data"][0]
        self.assertEqual(sum(split["counts"]["folds"]), split["left_out"] + self.server.get(f"/v1/datasets/{dataset}").json["examples"])
        self.open("new")
        self.browser.wait("return document.querySelector('#dataset option:nth-child(2)')")
        self.browser.run("const s = document.getElementById('dataset'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))", dataset)
        self.browser.wait("return [...document.querySelectorAll('label')].some(l => l.textContent.startsWith('What trains'))")
        self.browser.run(choose, "What trains", split["id"])
        self.browser.run(choose, " Fold that", "3")
        written = "const d = JSON.parse(document.getElementById('spec').value); return d.dataset?.fold === 3 && d.training.validation === undefined"
        self.browser.wait(written)
        self.browser.wait("return !document.querySelector('button.primary').disabled")
        self.look("new-split")
        self.browser.click(self.browser.named("Start the run"))
        self.browser.wait("return document.querySelector('.state.succeeded')", seconds=120)
        run = self.server.get("/v1/runs").json["data"][0]
        self.assertEqual(run["dataset"], {"train": dataset, "split": split["id"], "fold": 3})
        self.assertIn("validation_loss", run["metrics"])
        self.finish(expected=["422"])

    def test_a_clone_is_changed_before_it_begins(self):
        body = digits_run(self.upload(), epochs=2, validation={"fraction": 0.1})
        run = self.server.post("/v1/runs", body | {"name": "first"}).json["id"]
        self.server.wait_for(run)
        self.open(f"run/{run}")
        # Which plots are seen is chosen: one less of the run's own, one more of a single parameter.
        titles = "return [...document.querySelectorAll('.grid figcaption')].map(e => e.textContent)"
        self.browser.wait(f"return (() => {{ {titles} }})().includes('Accuracy')")
        self.browser.click(self.browser.find(".choosing summary"))
        self.browser.click(self.browser.named("Accuracy", ".choosing label"))
        self.browser.wait(f"return !(() => {{ {titles} }})().includes('Accuracy')")
        detail = "Gradient variance.logits.weight"
        self.assertNotIn(detail, self.browser.run(titles))
        self.browser.type(self.browser.find(".choosing input[type=search]"), "variance.logits.w")
        self.browser.click(self.browser.named(detail, ".choosing label"))
        self.browser.wait(f"return (() => {{ {titles} }})().includes('{detail}')")
        self.look("plots-chosen")
        self.browser.click(self.browser.named("Clone", "a"))
        self.browser.wait("return document.querySelector('button.primary')?.disabled === false")
        edit = "const e = document.getElementById('spec'); e.value = e.value.replace(arguments[0], arguments[1]); e.dispatchEvent(new Event('input'))"
        self.browser.run(edit, '"epochs": 2', '"epochs": 3')
        self.browser.wait("return document.querySelector('button.primary').disabled === false && document.querySelector('#checked').textContent.includes('parameters')")
        self.browser.click(self.browser.named("Start the run"))
        self.browser.wait("return document.querySelector('.state.succeeded')", seconds=120)
        clone = self.server.get("/v1/runs").json["data"][0]
        self.assertEqual((clone["training"]["epochs"], clone["environment"]["cloned_from"]["run"]), (3, run))
        self.finish()

    def test_the_editor_completes_what_the_schema_knows(self):
        self.open("new")
        self.browser.wait("return document.querySelector('#checked').textContent.includes('parameters')")
        area = self.browser.find("#spec")
        self.browser.run("document.getElementById('spec').value = ''")
        self.browser.type(area, '{"model": {"layers": [{"type": "conv2')
        options = "return [...document.querySelectorAll('#suggestions code')].map(e => e.textContent)"
        self.assertEqual(self.browser.wait(options), ["conv2d", "conv2d_transpose"])
        self.browser.screenshot(PICTURES / "new-completion.png")
        self.browser.type(area, '\ue007, "filt')
        self.assertEqual(self.browser.wait(options), ["filters"])
        self.browser.type(area, "\ue007")
        self.browser.wait("return document.getElementById('spec').value === '{\"model\": {\"layers\": [{\"type\": \"conv2d\", \"filters\": '")
        self.browser.type(area, '8}]}, "training": {"val')
        self.browser.wait(f"{options}.includes('validation')")
        self.browser.type(area, "\ue00c")
        self.browser.wait("return document.getElementById('suggestions').hidden")
        self.browser.run("document.getElementById('spec').value = ''")
        self.browser.type(area, '{"training": {"optimizer": {"type": "adamw", "weight')
        self.assertEqual(self.browser.wait(options), ["weight_decay"])
        self.browser.type(area, '_decay": 0.1, "am')
        self.assertEqual(self.browser.wait(options), ["amsgrad"])
        self.finish()

    def test_it_is_seen_in_the_dark_and_on_a_telephone(self):
        run = self.server.post("/v1/runs", digits_run(self.upload(), epochs=3, validation={"fraction": 0.1})).json["id"]
        self.server.wait_for(run)
        for name, look in {"dark": {"dark": True}, "narrow": {"width": 500, "height": 800}, "large": {"width": 3840, "height": 2160}}.items():
            browser = self.window(**look)
            if name == "narrow":
                browser.command("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True)
            browser.open(f"{self.server.url}/#/runs")
            browser.wait("return document.querySelector('.spark')")
            self.look(f"{name}-runs", browser)
            browser.open(f"{self.server.url}/#/run/{run}")
            browser.wait("return document.querySelectorAll('.js-plotly-plot .main-svg').length > 4")
            self.look(f"{name}-run", browser)
            browser.click(browser.named("Gradients", "[role=tab]"))
            browser.wait("return document.querySelector('.js-plotly-plot .heatmaplayer image')")
            self.look(f"{name}-gradients", browser)
            for place in ("new", "datasets"):
                browser.open(f"{self.server.url}/#/{place}")
                browser.wait("return document.querySelector('h1')")
                self.look(f"{name}-{place}", browser)
            self.assertEqual(browser.complaints(), [])

    def test_the_keyboard_is_enough(self):
        run = self.server.post("/v1/runs", digits_run(self.upload(), epochs=1)).json["id"]
        self.server.wait_for(run)
        self.open(f"run/{run}")
        self.browser.wait("return document.querySelector('[role=tab]')")

        def press(key):
            self.browser.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": [
                {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}]})

        press("\ue004")
        self.assertEqual(self.browser.run("return document.activeElement.textContent"), "Skip to the content")
        for _ in range(30):
            if self.browser.run("return document.activeElement.role || document.activeElement.getAttribute('role')") == "tab":
                break
            press("\ue004")
        self.assertEqual(self.browser.run("return document.activeElement.textContent"), "Curves")
        press("\ue014")
        self.browser.wait("return document.activeElement.textContent === 'Gradients' && document.activeElement.getAttribute('aria-selected') === 'true'")
        outline = self.browser.run("return getComputedStyle(document.activeElement).outlineStyle")
        self.assertNotEqual(outline, "none", "one sees where the keyboard is")


class GuardedDashboardTests(unittest.TestCase):
    def test_a_key_is_asked_for(self):
        keys = []
        server = Server("--auth", "keys", prepare=lambda folder: keys.append(subprocess.run(
            [PROGRAM, "make-key", "--data", folder / "data"], capture_output=True, text=True, check=True).stdout.strip()))
        self.addCleanup(server.close)
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open(server.url)
        browser.wait("return document.getElementById('key')")
        self.assertEqual(browser.run(AUDIT), [])
        browser.type(browser.find("#key"), "wrong")
        browser.click(browser.named("Use it", "button"))
        browser.wait("return document.body.innerText.includes(\"It doesn't take the one that was given\")")
        browser.type(browser.find("#key"), keys[0])
        browser.click(browser.named("Use it", "button"))
        browser.click(browser.named("Train the digits"))
        browser.wait("return document.querySelector('.state.succeeded')", seconds=120)
        self.assertNotIn(keys[0], browser.run("return location.href + document.cookie"))

    @unittest.skipUnless(shutil.which("nginx"), "there is no nginx")
    def test_it_works_behind_a_prefix(self):
        server = Server("--behind-proxy", "--auth", "none")
        self.addCleanup(server.close)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="chainrule-prefix-"))
        self.addCleanup(shutil.rmtree, folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (folder / "nginx.conf").write_text(f"""
            pid {folder}/pid; error_log {folder}/errors; daemon off; user root;
            events {{ worker_connections 64; }}
            http {{
              access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
              fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/c;
              server {{
                listen 127.0.0.1:{port}; client_max_body_size 0;
                location /lab/train/ {{ proxy_pass {server.url}/; proxy_http_version 1.1; proxy_buffering off;
                  proxy_set_header Host $http_host; proxy_set_header Connection ""; }}
              }}
            }}""")
        proxy = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-p", folder], stderr=subprocess.DEVNULL)
        self.addCleanup(proxy.wait, 20)
        self.addCleanup(proxy.terminate)
        browser = Browser()
        self.addCleanup(browser.close)
        time.sleep(0.5)
        browser.open(f"http://127.0.0.1:{port}/lab/train/")
        browser.click(browser.named("Train the digits"))
        browser.wait("return document.querySelector('.state.succeeded')", seconds=120)
        browser.wait("return document.querySelector('.js-plotly-plot .main-svg')")
        self.assertEqual(browser.complaints(), [])
        self.assertEqual(browser.hosts(), {f"127.0.0.1:{port}"})


if __name__ == "__main__":
    unittest.main()
