"""Tables of file names and labels, whatever wrote them.

reading           CSV, lists of words, JSON and JSON lines become a `Table`
json_records      JSON becomes flat records of text
parquet           parquet files, which hold images with their table
matching          the file that a row means
columns           which columns hold files, labels and parts
folder_rows       a row per folder instead of one per image
group_column      which column says what images belong together
column_names      names of columns that say what they hold
column_questions  how questions name columns
flag_values       columns that say 0 and 1 in other ways
label_text        several labels in one field
class_lists       numbers of classes and their names, from an accompanying file
boxes             objects in images, from tools for object detection
assign            rows and files become items
"""
