"""What reading an array file raises that is torn, was written by somebody else, or holds other arrays than expected."""

import zipfile
import zlib

UNREADABLE = (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile, zlib.error)
