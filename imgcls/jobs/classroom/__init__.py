"""The training runs of a class.

work         what the people of a room train; pause all of it; export it as a table
assignments/ a state of a page as a task for the class, with fixed controls and a goal
export       everything about a class in one archive
leaderboard  the best run of each person, with ties
projected    what the projector shows of that
"""
