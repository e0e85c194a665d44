"""Browser components of our own: Python, JavaScript and CSS of one component in one folder."""
