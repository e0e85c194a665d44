"""Drawing together in a class: an audience wall, and a model that the class trains on its own drawings.

activities   what a class draws for at the moment: a wall or a collection
pool         the drawings of a class, stored and counted
database     the file that they are in
photos       photos that are sent in place of drawings
sending      a drawing arrives: checked, classified, stored; and is withdrawn
wall         what the audience wall shows
withdrawn    drawings that were withdrawn disappear from the runs, too
dataset      the drawings as a dataset, whose groups are the writers
collection   the class trains a model on it
names        which names of members the projector shows
writers      how well each writer is read, and whose writing is furthest from the rest
"""
