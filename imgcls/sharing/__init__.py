"""Many people on one server: who a visitor is, and what they may do. No Streamlit.

modes         local, classroom, demo, read-only: IMGCLS_MODE
visitors      Visitor, their role, and who acts at the moment
actions       everything that the product does and that somebody may be refused
permissions   the rules: one pure function, `allowed`
guarding      the same question about the present visitor and a folder: `decide`, `require`
ownership     owner.json in a folder: whose it is, and who sees it
people        names, roles and rooms that the server remembers
lesson_progress  how far each visitor is in the lessons
classroom/    rooms: pupils join the class of a teacher
cookies       the signed cookie that says which browser it is
limits        how much of the server one person may use
background    how many background tasks each visitor has
owner_code    the code in the terminal that makes a visitor the owner

In local mode nothing here has an effect: there is one person, who owns everything.
"""

from imgcls.sharing.actions import Action as Action
from imgcls.sharing.guarding import NotAllowed as NotAllowed
from imgcls.sharing.guarding import decide as decide
from imgcls.sharing.guarding import require as require
from imgcls.sharing.modes import Mode as Mode
from imgcls.sharing.modes import is_shared as is_shared
from imgcls.sharing.modes import mode as mode
from imgcls.sharing.permissions import Decision as Decision
from imgcls.sharing.permissions import Thing as Thing
from imgcls.sharing.permissions import Visibility as Visibility
from imgcls.sharing.visitors import Role as Role
from imgcls.sharing.visitors import Visitor as Visitor
from imgcls.sharing.visitors import acting_as as acting_as
from imgcls.sharing.visitors import current as current
