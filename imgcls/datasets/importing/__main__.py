"""The process that inspects or imports files for the Data page. In a shell, use `imgcls import`.

python -m imgcls.datasets.importing --look FOLDER     inspect the files of this import
python -m imgcls.datasets.importing --make FOLDER     import them
"""

import signal
import sys
from pathlib import Path

from imgcls.datasets.importing.execution import execute, job
from imgcls.errors import UserError
from imgcls.sharing import acting_as, ownership


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds the stack, so that unfinished files are removed
    try:
        if len(arguments) == 2 and arguments[0] == "--look":
            with acting_as(ownership.maker(Path(arguments[1]))):
                execute.preview_folder(Path(arguments[1]))
            return 0
        if len(arguments) == 2 and arguments[0] == "--make":
            folder = Path(arguments[1])
            with acting_as(ownership.maker(folder)):
                return job.task_in(folder).run(lambda progress: execute.import_folder(folder, progress))
        from imgcls.cli.former import former_modules

        return former_modules.run("import", "imgcls.datasets.importing", arguments)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
