"""What the plain pages say, in the language of the visitor. Scripts look the English texts up, see translated.js."""

from collections.abc import Iterable

from starlette.requests import Request

from imgcls.jobs.together import collection
from imgcls.languages import N_, choice
from imgcls.languages import gettext as _

TEXTS = (
    N_("Nothing to do yet. This page updates automatically."),
    N_("Finished: nothing more is accepted. This page updates automatically."),
    N_("Read on the server, as this browser cannot run the model."),
    N_("Read on this device. Nothing is sent before you press Send."),
    # why the device reads no digit, see rejection.js
    N_("Unlike anything in the training data"),
    N_("That is only a dot."),
    N_("It looks like a scribble: the pen path is longer, or turns more often, than in any digit."),
    N_("Not a digit"),
    N_("It looks like a letter, a symbol or a picture. Draw a digit from 0 to 9."),
    N_("Two digits: {first} and {last}"),
    N_("Three digits: {first} and {last}"),
    N_("Four digits: {first} and {last}"),
    N_("{count} digits: {first} and {last}"),
    N_("This model recognises a single digit. Give it one at a time."),
    N_("Draw, label, send"),
    N_("Draw: {name}"),
    N_("Photo of: {name}"),
    N_("Sent."),
    N_("The model reads {name} ({share})."),
    N_("It is not a digit, so it does not count as read correctly."),
    N_("not a digit"),
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
    N_("The server answered {status}."),
)

PAGE = (
    N_("Draw together"),
    N_("Connecting …"),
    N_("Your name"),
    N_("Your teacher and your class see it."),
    N_("Join the class"),
    N_("What you draw"),
    N_("What is it meant to be?"),
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
    N_("Dismiss"),
)
"""Texts of the template phone.html.jinja, which are not found there."""


SCREENS = (
    N_("No connection to the server. Check the Wi-Fi."),
    N_("The server answered {status}."),
    N_("This page needs JavaScript."),
    N_("Close"),
    # drawings as tiles
    N_("Drawing: {name}"),
    N_("Photo: {name}"),
    N_("not {name}"),
    N_("not a digit"),
    N_("It came after the training."),
    N_("Show: {name}"),
    N_("Hide: {name}"),
    # the page of the moderators
    N_("Moderate class {code}"),
    N_(
        "Use this page on a device that the audience does not see, such as the laptop's own display. Or choose a "
        "member as moderator on your Class page: they find this page on theirs."
    ),
    N_("You decide what the screen shows: tap to approve or hide. Keep this page where the audience does not see it."),
    N_("Nothing to do yet. This page updates automatically."),
    N_("Show all names"),
    N_("Show all"),
    N_("Tap one to hide it."),
    N_("Tap one to show it, or its × to hide it."),
    N_("No one sees these. Tap one to show it again."),
    N_("Waiting for approval: {count}"),
    N_("On the screen: {count}"),
    N_("Hidden: {count}"),
    N_("Names waiting for approval: {count}"),
    N_("Names on the screen: {count}"),
    N_("Hidden names: {count}"),
    N_("Shown."),
    N_("Hidden."),
    N_("{count} drawings shown."),
    N_("{count} photos shown."),
    N_("Finished: no more drawings are accepted."),
    N_("Finished: no more photos are accepted."),
    # the projector
    N_("Drawings"),
    N_("Photos"),
    N_("Scan the code and draw."),
    N_("Scan the code and take photos."),
    N_("No one can join yet."),
    N_("Waiting for drawings"),
    N_("Waiting for photos"),
    N_("QR code of {link}"),
    N_("Scan, or open"),
    N_("Only this computer can reach the server, so no one else can join. Restart it with:"),
    N_("This computer is not connected to a network, so no one else can join. Connect it, then reload this page."),
    N_("Train the model"),
    N_("Train again with all drawings"),
    N_("Train again with all photos"),
    N_("Hardest"),
    N_("Funniest mistake"),
    N_("How far each person's writing is from that of the others: 1 is the average."),
    N_("Tap one to remove it from the pool, or to put it back."),
    N_("Undo"),
    N_("of {count} read correctly"),
    N_("read correctly"),
    N_("Tested: {count} of {total}, each by a model that had not learned from it."),
    N_("95% interval {low} to {high}"),
    N_("{share} correct"),
    N_("{label}, read as {name}"),
    N_("{label}, read as {name}: {count}"),
    N_("Rows: what was drawn. Columns: what the model reads."),
    N_("1 drawing"),
    N_("{count} drawings"),
    N_("1 photo"),
    N_("{count} photos"),
    N_("by 1 person"),
    N_("by {count} people"),
    N_("{count} not a digit"),
    N_("{count} without a label"),
    N_("{count} to approve"),
    N_("finished"),
    N_("Look through the drawings of {name}"),
    N_("Look through the photos of {name}"),
    N_("Drawings of {name}"),
    N_("Photos of {name}"),
    N_("1 drawing came after the training. Train again to learn from it."),
    N_("{count} drawings came after the training. Train again to learn from them."),
    N_("1 photo came after the training. Train again to learn from it."),
    N_("{count} photos came after the training. Train again to learn from them."),
    N_("Name"),
    N_("Misread"),
    N_("Distance"),
    N_("{wrong} of {known}"),
    N_("{name}: {share} misread"),
    N_("and {count} more"),
    # its keys
    N_("Keys"),
    N_("full screen"),
    N_("blank screen, and back"),
    N_("hide numbers, and show them"),
    N_("zoom at the pointer"),
    N_("whole screen"),
    N_("move the enlarged part"),
    N_("this list"),
    N_("leaderboard"),
    N_("drawings"),
    N_("The letters are keys"),
    N_("Blank screen. Press B, Escape or click to return."),
    # the leaderboard on it
    N_("Leaderboard"),
    N_("Goal: {goal}"),
    N_("Training: {names}"),
    N_("goal met"),
    N_("goal {goal}"),
    N_("Podium"),
    N_("Final"),
    N_("No assignment has a leaderboard yet. This page updates automatically."),
    # the page on which a class joins
    N_("Join the class"),
    N_("1 joined"),
    N_("{count} joined"),
    N_("Scan the code, or open"),
    N_("and enter"),
    # the page of a member on it
    N_("On stage"),
    N_("On stage: {name}"),
    N_("Nobody is on stage. Choose a member on your Class page."),
    N_("No page open at the moment."),
    N_("This page is not shown: {page}"),
)
"""Of the projector's pages and the page of the moderators, their templates and their scripts."""


def language(request: Request) -> str:
    """The language of a request to one of the plain pages: the same as on the pages of the app."""
    said = request.query_params.get(choice.PARAMETER, ""), request.cookies.get(choice.COOKIE, "")
    return choice.chosen(*said, request.headers.get("accept-language", ""))


def translated(wanted: Iterable[str]) -> dict[str, str]:
    """English text -> the one of the present language, for those that differ."""
    return {text: shown for text in wanted if (shown := _(text)) != text}
