"""The interpreter writes nothing to standard error in a command, and hides nothing that others write there."""

import subprocess
import sys

import pytest
from PIL import Image, ImageDraw

from imgcls.system import paths

ROOT = paths.repository_folder()
IN_BETWEEN = """
import os, sys
from pathlib import Path
from ai_edge_litert import interpreter
from imgcls.models import litert
made = interpreter.Interpreter
def talking(**arguments):
    os.write(2, b"a warning\\n")
    return made(**arguments)
interpreter.Interpreter = talking
model = Path("saved_models/digits/model.tflite").read_bytes()
litert.load(model).allocate_tensors()
litert.load(model).allocate_tensors()
print("the end", file=sys.stderr)
"""
BESIDE_A_PROCESS = """
import subprocess, sys
from pathlib import Path
from ai_edge_litert import interpreter
from imgcls.models import litert
made = interpreter.Interpreter
def starting(**arguments):
    global process
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    return made(**arguments)
interpreter.Interpreter = starting
litert.load(Path("saved_models/digits/model.tflite").read_bytes())
print("the end", file=sys.stderr)
process.communicate(b"\\n")
"""
IN_A_THREAD = """
import threading
from pathlib import Path
from imgcls.models import litert
model = Path("saved_models/digits/model.tflite").read_bytes()
thread = threading.Thread(target=lambda: litert.load(model).allocate_tensors())
thread.start()
thread.join()
litert.load(model)
"""


def errors_of(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stderr


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_a_command_that_classifies_writes_nothing_else_to_standard_error(command, tmp_path):
    image = Image.new("L", (90, 90), 255)
    ImageDraw.Draw(image).line([(30, 20), (60, 20), (40, 75)], fill=0, width=8)
    (tmp_path / "7").mkdir()
    image.save(tmp_path / "7" / "seven.png")
    assert errors_of("-m", "imgcls", command, "saved_models/digits", str(tmp_path), "--json") == ""


def test_only_the_greeting_is_dropped():
    assert errors_of("-c", IN_BETWEEN) == "a warning\na warning\nthe end\n"


def test_a_process_that_is_started_meanwhile_is_not_waited_for():
    assert errors_of("-c", BESIDE_A_PROCESS) == "the end\n"


def test_beside_other_threads_nothing_is_redirected():
    assert errors_of("-c", IN_A_THREAD).startswith("INFO: ")
