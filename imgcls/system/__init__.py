"""Files, folders, locks and processes of this machine. Knows nothing about images.

tasks/          background tasks: start once, watch from any page, cancel
processes       start processes of this package, and see whether one is alive
paths           the folders of the program, and limits set by environment variables
arrays          the only reader of array files
json_files      the only reader of JSON files
safe_csv        CSV files without formulas
atomic          replace and remove files in one step
file_times      when a file was last modified
downloads       download a file, with progress and a checksum
network_errors  why a download failed, in a few words
hardware        what this machine offers
json_logs       logs as JSON lines
addresses       names in which no address becomes a link
"""
