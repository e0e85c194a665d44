"""The trainings of a class.

work         what the people of a room train; pause all of it; export it as a table
leaderboard  the best run of each person, with ties
"""
