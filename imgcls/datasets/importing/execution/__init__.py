"""Imports and previews in progress.

execute  do an import or a preview in this process
job      an import that a page starts and watches: its folder, its process
"""
