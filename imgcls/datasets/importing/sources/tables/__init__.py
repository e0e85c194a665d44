"""Tables of file names and labels, whatever wrote them.

reading           CSV, lists of words, JSON and JSON lines become a `Table`
json_records      JSON becomes flat records of text
parquet           parquet files, which hold images with their table
matching          the file that a row means
column_names      names of columns that say what they hold
columns/          which columns hold files, labels, parts and groups
folds             tables of parts and of folds
folder_rows       a row per folder instead of one per image
unlabelled_rows   images that a table lists without a label
label_text        several labels in one field
class_lists       numbers of classes and their names, from an accompanying file
boxes             objects in images, from tools for object detection
assign            rows and files become items
"""
