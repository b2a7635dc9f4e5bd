"""The original's two clients: PyPI's, in an environment of its own; and for npm's, which no registry serves any longer,
a stand-in made of the packages that it was built of.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.fixtures import missing
from tests.servers.hub import PROJECT

#: Kept between runs; git ignores build/.
ENVIRONMENT = PROJECT / "build" / "interop" / f"switcher-{sys.version_info.major}.{sys.version_info.minor}"
#: It was written for a PyJWT whose `encode` returns bytes.
REQUIREMENTS = ("switcher==0.1.8", "pyjwt==1.7.1")
PYTHON_SCRIPT = "import json, sys; from switcher import publisher; print(publisher.publish(*json.loads(sys.argv[1])))"
JAVASCRIPT = Path(__file__).with_name("javascript")
#: Tells what its promise comes to: `published`, or the status that it is rejected with.
JAVASCRIPT_PROGRAM = """
require("switch-client").publish(...JSON.parse(process.argv[1])).then(
  () => console.log("published"),
  (error) => { console.log(error.statusCode); process.exitCode = 1; },
);
"""

Done = subprocess.CompletedProcess[str]


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Of the processes that run the tests."""
    ENVIRONMENT.parent.mkdir(parents=True, exist_ok=True)
    with ENVIRONMENT.with_name("lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@one_at_a_time()
def install_switcher() -> Path:
    """The interpreter that has the Python client."""
    python = ENVIRONMENT / "bin" / "python"
    finished = ENVIRONMENT / "finished"
    if not finished.exists():
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        try:
            subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True, capture_output=True)
            subprocess.run([*pip, "--no-deps", *REQUIREMENTS], check=True, capture_output=True, timeout=60)
            subprocess.run([*pip, "requests"], check=True, capture_output=True, timeout=60)
        except (subprocess.SubprocessError, OSError) as error:
            missing(f"PyPI's switcher 0.1.8 could not be installed ({error})")
        finished.touch()
    return python


def publish_by_python(python: Path, url: str, secret: str, topic: str, options: Any, author: str = "shop") -> Done:
    return run_python(python, url, secret, PYTHON_SCRIPT, json.dumps([topic, author, options]))


def run_python(python: Path, url: str, secret: str, program: str, *arguments: str) -> Done:
    env = os.environ | {"SWITCH_BASE_URL": url, "SWITCH_JWT_SECRET": secret}
    command = [str(python), "-W", "ignore", "-c", program, *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=30)


@one_at_a_time()
def install_javascript() -> Path:
    """The directory of the packages that the stand-in needs."""
    lock = (JAVASCRIPT / "package-lock.json").read_text()
    directory = ENVIRONMENT.with_name("switch-client")
    modules = directory / "node_modules"
    finished = directory / "finished"
    if not finished.exists() or finished.read_text() != lock:
        directory.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(JAVASCRIPT / name, directory)
        try:
            command = ["npm", "ci", "--silent", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=directory, check=True, capture_output=True, timeout=120)
        except (subprocess.SubprocessError, OSError) as error:
            missing(f"what npm's switch-client was built of could not be installed ({error})")
        finished.write_text(lock)
    return modules


def publish_by_javascript(url: str, secret: str, topic: str, options: Any) -> Done:
    return run_javascript(url, secret, JAVASCRIPT_PROGRAM, json.dumps([topic, "shop", options]))


def run_javascript(url: str, secret: str, program: str, *arguments: str) -> Done:
    modules, node = install_javascript(), shutil.which("node")
    if not node:
        missing("node is not installed")
    env = os.environ | {
        "SWITCH_BASE_URL": url,
        "SWITCH_JWT_SECRET": secret,
        "NODE_PATH": f"{JAVASCRIPT}{os.pathsep}{modules}",
        "NODE_NO_WARNINGS": "1",  # of what has been out of date since
    }
    command = [str(node), "-e", program, *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=30)
