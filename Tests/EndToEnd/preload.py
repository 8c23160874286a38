"""Builds the small libraries that stand between the server and the system."""

import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def build(name, folder):
    """The library made of `<name>.c`, in a folder."""
    library = pathlib.Path(folder) / f"{name}.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, HERE / f"{name}.c", "-ldl"], check=True)
    return library
