"""The original's two clients, unchanged: PyPI's in an environment of its own, npm's as a script that sends the same."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.servers.fixtures import missing
from tests.servers.hub import PROJECT

#: Kept between runs; git ignores build/.
ENVIRONMENT = PROJECT / "build" / "interop" / f"switcher-{sys.version_info.major}.{sys.version_info.minor}"
#: It was written for a PyJWT whose `encode` returns bytes.
REQUIREMENTS = ("switcher==0.1.8", "pyjwt==1.7.1")
PYTHON_SCRIPT = "import json, sys; from switcher import publisher; print(publisher.publish(*json.loads(sys.argv[1])))"
JAVASCRIPT = Path(__file__).with_name("switch_client.mjs")

Done = subprocess.CompletedProcess[str]


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


def publish_by_javascript(url: str, secret: str, topic: str, options: Any, transfer: str = "length") -> Done:
    node = shutil.which("node")
    if not node:
        missing("node is not installed")
    arguments = [url, secret, topic, "shop", json.dumps(options), transfer]
    return subprocess.run([str(node), str(JAVASCRIPT), *arguments], capture_output=True, text=True, timeout=30)
