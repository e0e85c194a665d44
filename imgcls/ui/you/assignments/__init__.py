"""The assignments of a class on the page "Class": for its teacher and for its pupils."""
