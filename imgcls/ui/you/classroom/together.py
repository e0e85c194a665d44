"""The teacher starts what the class draws for: an audience wall, or a collection to train a model on."""

import html

import streamlit as st

from imgcls import languages, runs
from imgcls.errors import UserError
from imgcls.jobs.together import activities, collection, pool, sending
from imgcls.jobs.together.activities import DIGITS, Activity, Kind
from imgcls.jobs.together.pool import State
from imgcls.languages import N_, ngettext
from imgcls.languages import gettext as _
from imgcls.runs import Run
from imgcls.sharing.classroom import join_link
from imgcls.sharing.classroom.rooms import Room
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.app.paths import PAGES
from imgcls.ui.you import confirmation

WALL, COLLECTION = N_("Audience wall"), N_("Train a model together")
DRAWINGS, PHOTOS = N_("Drawings"), N_("Photos")
WHAT = {
    WALL: N_("Anyone who scans the code can draw; a trained model reads every drawing, and a screen shows them all."),
    COLLECTION: N_("Members draw or take photos; then one press trains a model, and each sees their errors."),
}
MODERATE = N_("Approve and hide drawings and names, on a device that the audience does not see")
KEYS = N_("Keys there: F full screen, B blank, N hide numbers, L leaderboard, + and − zoom, ? all keys.")
DIGITS_DATA = "mnist_sample"
"""A model that is trained on it reads handwritten digits."""
TICK_SECONDS = 5.0
PROBLEM = "together-problem"
DRAW = (
    "<style>.class-draw{{display:inline-block;padding:.25rem .75rem;min-height:2.5rem;line-height:2rem;border-radius:"
    ".5rem;border:1px solid;text-decoration:none!important}}.class-draw .icon{{font:normal 1.25rem/1 'Material Symbols "
    "Rounded';font-feature-settings:'liga';vertical-align:-.25em;margin-inline-end:.5rem;overflow:hidden;display:"
    "inline-block;width:1.25rem}}"
    ".class-draw.is-primary{{background:var(--accent);border-color:var(--accent);color:var(--on-accent)!important}}"
    ".class-draw.is-secondary{{border-color:rgba(128,128,128,.5);color:inherit!important}}"
    ".class-draw:hover{{filter:brightness(1.1)}}</style>"
    '<a class="class-draw {}" href="{}" target="_self">{}</a>'
)
"""In this tab, to which the way back leads: Streamlit's own link button opens another one each time."""


def show(room: Room) -> None:
    """The section of the teacher's page; the class is open."""
    _problem()
    activity = activities.find(room)
    if activity is not None and activity.is_open:
        _running(room, activity)
    else:
        _form(room)


def link(room: Room, activity: Activity, *, is_primary: bool) -> None:
    """For a pupil: the page on which to draw, while something is being collected."""
    label = _("Take photos for the class") if activity.has_photos else _("Draw with the class")
    kind = "is-primary" if is_primary else "is-secondary"
    sign = "photo_camera" if activity.has_photos else "draw"  # names of icons in the font of those beside it
    shown = f'<i class="icon" aria-hidden="true">{sign}</i>{html.escape(label)}'
    st.html(DRAW.format(kind, html.escape(_address(room, "draw")), shown), width="content")


def _running(room: Room, activity: Activity) -> None:
    st.fragment(run_every=TICK_SECONDS)(_count)(room)
    base = join_link.address(st.context.url or "")
    phone = f"{base}{_address(room)}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.link_button(_("Open the screen"), _address(room, "screen"), type="primary", icon=":material/cast:")
        st.link_button(_("Moderate"), _address(room, "moderator"), icon=":material/visibility_off:", help=_(MODERATE))
        draw = _("Take photos") if activity.has_photos else _("Draw")
        st.link_button(draw, _address(room, "draw"), icon=":material/draw:")
        if st.button(
            _("Finish"), icon=":material/stop_circle:", help=_("No more drawings are accepted. All are kept.")
        ):
            confirmation.ask(
                _("Finish?"),
                _("No more drawings are accepted. All are kept."),
                _("Finish"),
                _try,
                activities.finish,
                room,
                key="together-finish",
                icon=":material/stop_circle:",
            )
        _delete_button(room)
    if base:
        shown = _("The screen, for a projector, shows a QR code of {address}.").format(address=phone)
        st.caption(plain(f"{shown} {_(KEYS)}"))


def _count(room: Room) -> None:
    """Runs every few seconds."""
    activity = activities.find(room)
    if activity is None:
        return
    drawings = sending.pool_of(room, activity)
    total = sum(pair[-1] for pair in drawings.pairs())
    if activity.has_photos:
        text = ngettext("The collection has {n} photo.", "The collection has {n} photos.", total)
    elif activity.kind is Kind.COLLECTION:
        text = ngettext("The collection has {n} drawing.", "The collection has {n} drawings.", total)
    else:
        text = ngettext("The wall has {n} drawing.", "The wall has {n} drawings.", total)
    text = text.format(n=languages.number(total))
    if waiting := drawings.count(State.WAITING):
        text += " " + ngettext(
            "{n} drawing to approve: open **Moderate**.", "{n} drawings to approve: open **Moderate**.", waiting
        ).format(n=waiting)
    st.markdown(text)
    if activity.kind is Kind.COLLECTION:
        _train_button(room, activity)


def _train_button(room: Room, activity: Activity) -> None:
    """The same as on the screen, for who has not opened it."""
    progress, reason = collection.progress(activity), collection.too_few(room, activity)
    is_trained = progress is not None and progress.state == "finished"
    is_busy = progress is not None and bool(progress.text) and progress.state != "failed"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Train again with all") if is_trained else _("Train the model"),
            icon=":material/model_training:",
            key="together-train",
            disabled=is_busy or bool(reason),
            help=_("It is also on the screen, which shows the result."),
            on_click=_try,
            args=(collection.train, room),
        )
        if text := (progress.text if progress is not None else "") or reason:
            st.caption(plain(text), width="content")
        if is_trained:
            try_link(activity)
    _problem()


def _problem() -> None:
    """What a callback could not do, once."""
    if problem := st.session_state.pop(PROBLEM, ""):
        st.error(plain(problem), icon=":material/error:")


def moderate_link(room: Room) -> None:
    """For a moderator: the page on which they approve and hide."""
    address, label = html.escape(_address(room, "moderator")), html.escape(_("Moderate"))
    st.html(DRAW.format("is-secondary", address, label), width="content")


def try_link(activity: Activity) -> None:
    """What to do with the model of the class, once there is one that the visitor sees."""
    run = collection.trained(activity)
    if run is not None:
        st.page_link(
            PAGES / "predict.py", label=_("Try the model"), icon=":material/draw:", query_params={"run": run.id}
        )


def _try(act, *values) -> None:
    """A callback: the section is then drawn with what it does, or with what is wrong."""
    try:
        act(*values)
    except UserError as error:
        st.session_state[PROBLEM] = str(error)


def _delete_button(room: Room) -> None:
    if pool.total(activities.folder(room)) and st.button(_("Delete all drawings"), icon=":material/delete:"):
        _delete(room)


def _delete(room: Room) -> None:
    text = _(
        "All drawings of this class, including those of earlier walls and collections. A dataset or model made "
        "from them is kept; delete it on the Data or Runs page. **This cannot be undone.**"
    )
    confirmation.ask(
        _("Delete all drawings?"),
        text,
        _("Delete"),
        _try,
        sending.delete_all,
        room,
        key="together-delete",
        icon=":material/delete_forever:",
    )


def _form(room: Room) -> None:
    readers = _readers()
    what = st.segmented_control(
        _("Activity"), [WALL, COLLECTION], default=WALL, required=True, key="together-what", format_func=_
    )
    st.caption(_(WHAT[what]))
    model: Run | None = None
    classes: list[str] = []
    is_moderated = has_photos = False
    if what == WALL and not readers:
        _train_first()
    elif what == WALL:
        model = st.selectbox(_("Model that reads the drawings"), readers, format_func=lambda run: run.label, width=420)
        is_moderated = st.checkbox(_("Show a drawing only after it has been approved"), key="together-moderated")
    else:
        has_photos = (
            st.segmented_control(
                _("Members send"),
                [DRAWINGS, PHOTOS],
                default=DRAWINGS,
                required=True,
                key="together-samples",
                format_func=_,
                help=_(
                    "Photos are taken with the phone's camera, and everyone sees them on the screen. The model uses a "
                    "pretrained backbone."
                ),
            )
            == PHOTOS
        )
        text = st.text_input(
            _("Classes"),
            _("cup, pen") if has_photos else ", ".join(DIGITS),
            help=_("Separated by commas: digits, letters, symbols or words, such as ☺, ☹, ♥"),
            width=420,
        )
        classes = text.split(",")
    can_start = what == COLLECTION or model is not None
    if can_start and st.button(_("Start"), type="primary", icon=":material/play_arrow:"):
        with errors.shown():
            if model is not None:
                activities.start_wall(room, model.id, is_moderated=is_moderated)
            else:
                activities.start_collection(room, classes, has_photos=has_photos)
            st.rerun()
    with st.container(horizontal=True):
        if activities.find(room) is not None:
            st.link_button(_("Open the last screen"), _address(room, "screen"), icon=":material/cast:")
        _delete_button(room)


def _train_first() -> None:
    """In place of a choice without models."""
    with st.container(horizontal=True, vertical_alignment="center", key="together-no-model"):
        st.markdown(_("No model can read drawings yet."), width="content")
        if st.button(_("Train one (about 1 min)"), type="primary", icon=":material/model_training:"):
            links.train({"data": DIGITS_DATA}, data=DIGITS_DATA)


def _readers() -> list[Run]:
    """Runs that read handwriting, those that come with the project first."""
    found = []
    for run in runs.all_runs():
        try:
            if run.is_ready and run.card.is_ink and not run.card.is_multilabel:
                found.append(run)
        except UserError:
            continue
    return sorted(found, key=lambda run: not run.is_example)


def _address(room: Room, page: str = "") -> str:
    return links.on_server("room", room.code, page)
