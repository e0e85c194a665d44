"""Classes on a shared server: pupils join a teacher's room by code and name.

rooms        what is done to a room: open, join, leave, remove, close, message, stage
earlier      a room after its lesson: names, those that were closed, opening one again
room_files   a room on disk
guessing     how many wrong codes somebody may try
presence     who has a page open at the moment
join_link    the address at which pupils join, and its QR code
"""
