"""A headless Chromium, driven over WebDriver (W3C) with nothing but the standard library."""

import base64
import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """One window; `close` ends it and its driver."""

    def __init__(self, width=1280, height=900, dark=False):
        driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
        if not driver or not chromium:
            raise unittest.SkipTest("there is no chromium with its driver")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.root = f"http://127.0.0.1:{port}"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="chainrule-browser-"))
        self.downloads = self.folder / "downloads"
        self.process = subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = None
        try:
            self._begin(chromium, width, height, dark)
        except BaseException:
            self.close()
            raise

    def _begin(self, chromium, width, height, dark):
        end = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError):
                if self._send("GET", "/status")["ready"]:
                    break
            if time.monotonic() > end:
                raise RuntimeError("chromedriver doesn't answer")
            time.sleep(0.1)
        arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--window-size={width},{height}", "--force-device-scale-factor=1",
                     # Software rendering, as a machine without a GPU has it.
                     "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
                     f"--user-data-dir={self.folder / 'profile'}"]
        if dark:
            arguments.append("--blink-settings=preferredColorScheme=0")
        capabilities = {"browserName": "chrome", "goog:chromeOptions": {
            "binary": chromium, "args": arguments,
            "prefs": {"download.default_directory": str(self.downloads), "download.prompt_for_download": False}},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        self.session = self._send("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})["sessionId"]
        if dark:
            self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])

    def _send(self, method, path, body=None):
        request = urllib.request.Request(
            self.root + path, method=method, data=None if body is None and method != "POST" else json.dumps(body or {}).encode(),
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.loads(answer.read())["value"]
        except urllib.error.HTTPError as error:
            value = json.loads(error.read())["value"]
            raise RuntimeError(f"{value['error']}: {value['message']}") from None

    def ask(self, method, path, body=None):
        return self._send(method, f"/session/{self.session}{path}", body)

    def command(self, name, **parameters):
        """A command of Chromium's own protocol."""
        return self.ask("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """What a script answers; `return` and promises are waited for."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script, *arguments, seconds=30):
        """Waits until a script answers something that is true; answers it."""
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(RuntimeError):
                value = self.run(script, *arguments)
                if value:
                    return value
            if time.monotonic() > end:
                raise AssertionError(f"not true after {seconds} s: {script}\n{self.text()[:3000]}")
            time.sleep(0.1)

    def find(self, selector):
        return self.ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def named(self, words, tag="button, a, [role=tab], summary"):
        """The element that is seen with these words."""
        self.wait("return [...document.querySelectorAll(arguments[0])].some(e => e.textContent.trim() === arguments[1])", tag, words)
        found = self.run("return [...document.querySelectorAll(arguments[0])].find(e => e.textContent.trim() === arguments[1])", tag, words)
        return found[ELEMENT]

    def click(self, element):
        self.ask("POST", f"/element/{element}/click")

    def type(self, element, text):
        self.ask("POST", f"/element/{element}/value", {"text": str(text)})

    def text(self):
        return self.run("return document.body.innerText")

    def screenshot(self, file, whole=True):
        """A picture of the page, down to its end."""
        if whole:
            data = self.command("Page.captureScreenshot", captureBeyondViewport=True, format="png")["data"]
        else:
            data = self.ask("GET", "/screenshot")
        pathlib.Path(file).write_bytes(base64.b64decode(data))

    def complaints(self):
        """What the console told since it was asked last, beside notes."""
        entries = self.ask("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def hosts(self):
        """Whom the page spoke with since it was asked last."""
        found = set()
        for entry in self.ask("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                if url.startswith(("http", "ws")):
                    found.add(url.split("/")[2])
        return found

    def close(self):
        if self.session:
            with contextlib.suppress(OSError, RuntimeError):
                self.ask("DELETE", "")
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)
