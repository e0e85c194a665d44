"""The old name of `stroke_attribution`.

python -m benchmarks.stroke_blame
"""

import sys

from benchmarks.prediction.stroke_attribution import main
from benchmarks.support.report_line import run

if __name__ == "__main__":
    print("This benchmark is now called stroke_attribution: python -m benchmarks.stroke_attribution", file=sys.stderr)
    sys.exit(run(main))
