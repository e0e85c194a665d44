"""What the columns of a table of labels hold.

meaning      which columns hold files, labels, parts and groups
split        which column divides the images into training and test images
group        which column says what images belong together
group_tables such a column of a table that does not hold the labels
flags        columns that say 0 and 1 in other ways
questions    how questions name columns
"""
