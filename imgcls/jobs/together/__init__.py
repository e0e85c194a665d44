"""Drawing together in a class: an audience wall, and a model that the class trains on its own drawings.

activities   what a class draws for at the moment: a wall or a collection
pool         the drawings of a class, on disk
sending      a drawing arrives: checked, classified, stored; and is withdrawn
wall         what the audience wall shows
collection   the drawings become a dataset, whose groups are the writers, and a model
writers      how well each writer is read, and whose writing is furthest from the rest
"""
