"""What the phone's page says, in the language of the visitor. Its scripts look the English texts up, see phone.js."""

from starlette.requests import Request

from imgcls.jobs.together import collection
from imgcls.languages import N_, choice
from imgcls.languages import gettext as _

TEXTS = (
    N_("Nothing to do yet. This page updates automatically."),
    N_("Finished: nothing more is accepted. This page updates automatically."),
    N_("Read on the server, as this browser cannot run the model."),
    N_("Read on this device. Nothing is sent before you press Send."),
    N_("Draw, label, send"),
    N_("Draw: {name}"),
    N_("Photo of: {name}"),
    N_("Sent."),
    N_("The model reads {name} ({share})."),
    N_("It is shown once it has been approved."),
    N_("{right} of {known} read correctly"),
    N_("read as {name}"),
    N_("drawn after the training"),
    N_("removed"),
    N_("not approved yet"),
    N_("Withdraw"),
    N_("Withdrawn and deleted."),
    N_("Enter your name to join the class."),
    N_("Your browser sends no cookie. Allow cookies for this site and reload the page."),
    N_("The model is being trained."),
    *(collection.WAITING, collection.STARTING, collection.PAUSED, collection.LEARNING),
    *(collection.NEW_PEOPLE, collection.NEW_EXAMPLES, collection.SAVING, collection.SOON, collection.LATER),
    N_("The model is trained. Below you see how it reads what you sent."),
    N_("Class page"),
    N_("Class page, {count} assignments"),
    N_("Class page, 1 assignment"),
    N_("class {code}"),
    N_("Message to the class: {text}"),
    N_("No connection to the server. Check the Wi-Fi."),
)

PAGE = (
    N_("Draw together"),
    N_("Connecting …"),
    N_("Your name"),
    N_("Your teacher and your class see it."),
    N_("Join the class"),
    N_("What you draw"),
    N_("The photo that is sent"),
    N_("Only this square is sent. Take photos of things, not of people."),
    N_("Take a photo"),
    N_("Undo"),
    N_("Clear"),
    N_("Send"),
    N_("Take a photo: the model reads it at once."),
    N_("Draw above with your finger: the model reads it while you draw."),
    N_("Probabilities"),
    N_("Your photos"),
    N_("Your drawings"),
    N_("Try the model"),
    N_("What is stored about you"),
)
"""Texts of the template phone.html.jinja, which are not found there."""


def language(request: Request) -> str:
    """The language of a request to one of the plain pages: the same as on the pages of the app."""
    said = request.query_params.get(choice.PARAMETER, ""), request.cookies.get(choice.COOKIE, "")
    return choice.chosen(*said, request.headers.get("accept-language", ""))


def translated() -> dict[str, str]:
    """English text -> the one of the present language, for those that differ."""
    return {text: shown for text in (*TEXTS, *PAGE) if (shown := _(text)) != text}
