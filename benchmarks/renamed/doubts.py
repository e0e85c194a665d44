"""The old name of `rejection`.

python -m benchmarks.doubts
"""

import sys

from benchmarks.prediction.rejection import main
from benchmarks.support.report_line import run

if __name__ == "__main__":
    print("This benchmark is now called rejection: python -m benchmarks.rejection", file=sys.stderr)
    sys.exit(run(main))
