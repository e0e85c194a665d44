"""What a visitor waits for until the heading of Home appears: counts, since times depend on the machine."""

import json
import subprocess
import sys

from imgcls.system import paths

VISIT = """
import json
import sys

import app
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext

before, sent, loaded = ScriptRunContext.enqueue, [], []


def enqueue(self, message):
    if not loaded and message.WhichOneof("type") == "delta":
        if message.delta.new_element.WhichOneof("type") == "heading":
            loaded.extend(sys.modules)
        else:
            sent.append(message.delta.WhichOneof("type"))
    before(self, message)


ScriptRunContext.enqueue = enqueue
from tests.support.pages import opened

assert not opened("home").exception
print(json.dumps([sent, loaded]))
"""
LATER = (
    *("imgcls.inference", "imgcls.lessons", "imgcls.charts", "imgcls.images.loading", "imgcls.datasets.importing"),
    *("imgcls.evaluation.report", "imgcls.jobs.together", "imgcls.ui.home", "scipy", "yaml"),
)
"""Half a second of imports, which the page needs only below its heading."""


def test_the_heading_of_home_comes_before_everything_else():
    done = subprocess.run(
        [sys.executable, "-c", VISIT], cwd=paths.repository_folder(), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    sent, loaded = json.loads(done.stdout.splitlines()[-1])
    assert sent == ["add_block"], "only the place of what is beside the page"
    assert loaded and not set(LATER) & set(loaded)
