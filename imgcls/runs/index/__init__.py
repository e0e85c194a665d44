"""An index of all runs, so that ten thousand can be filtered and sorted without opening their folders.

database      a row for each run, kept up to date
query         what is asked for: a filter, an order
groups        the runs in groups
conditions    reads the text of a filter
guessing      what guessing would score
names         what columns and settings are called in it
trained_seeds seeds that were trained already
setting_names names of settings and their runs where several are compared
unused_names  names for runs that nobody named
views         saved views of the table
described     a run as plain values
recording     records values of the user's own code
"""

from imgcls.runs.index.database import COLUMNS as COLUMNS
from imgcls.runs.index.database import looked_at_once as looked_at_once
from imgcls.runs.index.database import row_of as row_of
from imgcls.runs.index.query import Found as Found
from imgcls.runs.index.query import Query as Query
from imgcls.runs.index.query import matching as matching
from imgcls.runs.index.query import search as search
