"""Import a model that was trained elsewhere: upload, what was found out, questions, evaluation in the background.

The URL contains the ID of the import (`?import=`), so reloading and a restarted server show the same import.
"""

import streamlit as st

from imgcls import datasets
from imgcls.config.imported_model import CHANNEL_ORDERS, MOST_SIDE, OUTPUTS, SCALINGS
from imgcls.datasets.importing.class_names import visible
from imgcls.errors import UserError
from imgcls.evaluation.model_import import answers, inspection, task
from imgcls.evaluation.model_import.answers import AUTO, SCALING_TITLES, Answers
from imgcls.evaluation.model_import.inspection import Facts
from imgcls.inference.sandbox import limits
from imgcls.ui.app import errors, links
from imgcls.ui.app.errors import plain
from imgcls.ui.widgets import formatting, task_panel, upload

PARAMETER = "import"
UPLOAD_MB = inspection.MOST_BYTES // 1_000_000
SHOWN = 8
"""Class names of the file that are shown."""
BY_TRYING = "Determine from training images"
BY_FILE = "As detected: {}"


def show() -> None:
    """The section at the end of the Runs page."""
    import_id = st.query_params.get(PARAMETER, "")
    if import_id and not task.exists(import_id):
        st.query_params.pop(PARAMETER)
        import_id = ""
    section = st.expander(
        "Import a model",
        icon=":material/upload_file:",
        expanded=bool(import_id),
        key="import-model",
        on_change="rerun",
    )
    with section, errors.shown():
        if section.open and import_id:
            _imported(import_id)
        elif section.open:
            _choose()


def _choose() -> None:
    st.markdown(
        "Evaluate a model that was trained elsewhere: its errors, calibration and robustness on one of your datasets, "
        "next to your own runs. The file is only ever opened and run in a separate process with limits."
    )
    if sentence := limits.unavailable():
        st.caption(plain(sentence))
    file = st.file_uploader(
        "Model file (.onnx, .tflite or .keras)",
        type=[suffix[1:] for suffix in inspection.TITLES],
        key="model-file",
        max_upload_size=UPLOAD_MB,
    )
    if file is not None:
        st.query_params[PARAMETER] = task.new(file.name, file)
        upload.forget([file], "model-file")
        st.rerun()


def _imported(import_id: str) -> None:
    """The import in its present state."""
    inspecting, evaluating = task.inspection_of(import_id), task.evaluation_of(import_id)
    state = inspecting.state()
    if state.state == "running":
        task_panel.show(inspecting, state, lambda: None, "")
        return
    st.button("Choose another file", icon=":material/undo:", type="tertiary", on_click=_leave, args=(import_id,))
    if state.state != "ready":
        st.error(plain(f"The file was not imported. {state.text}".strip()), icon=":material/block:")
        if inspection.NEEDS_MORE in state.text:
            task_panel.button("Allow more time and memory", lambda: task.allow_more(import_id))
        return
    facts = task.facts_of(import_id)
    state = evaluating.state()
    if state.state == "running":
        task_panel.show(evaluating, state, lambda: None, "")
    elif state.state == "ready":
        _done(import_id)
    else:
        if state.state == "failed":
            st.error(plain(state.text), icon=":material/error:")
        _ask(import_id, facts)


def _ask(import_id: str, facts: Facts) -> None:
    """What was found out, the questions that remain, and the button."""
    st.markdown(f":material/deployed_code: **{plain(visible(facts.source))}**")
    st.caption(plain(_described(facts)))
    names = [name for name in datasets.names() if _fits(facts, name)]
    if not names:
        st.info(
            plain(f"None of your datasets has {facts.width:,} classes. Import one on the Data page first."),
            icon=":material/info:",
        )
        return
    left, right = st.columns(2, gap="large")
    with left:
        data = st.selectbox(
            "Evaluate on",
            names,
            format_func=lambda name: datasets.facts(name).title,
            help="Datasets with as many classes as the model.",
            key="model-data",
        )
        given = Answers(
            data,
            scaling=_scaling(facts),
            channel_order=_channel_order(facts),
            layout=_layout(facts),
            size=_size(facts, data),
            outputs=_outputs(facts),
        )
    with right:
        classes = _classes(facts)
        label = st.text_input("Name of the run", key="model-label", placeholder="From the file name")
    try:
        given = Answers(**given.as_json() | {"classes": classes, "label": label})
        answers.model_of(facts, given, datasets.facts(data))
    except UserError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    if not datasets.is_ready(data):
        st.info(plain(datasets.how_to_get(datasets.facts(data))), icon=":material/download:")
        return
    task_panel.button("Import and evaluate", lambda: task.start(import_id, given), primary=True)


def _fits(facts: Facts, name: str) -> bool:
    count = 2 if facts.width == 1 else facts.width
    return not count or len(datasets.facts(name).classes) == count


def _described(facts: Facts) -> str:
    """What the file itself says, on one line."""
    sides = " × ".join("any" if side is None else f"{side:,}" for side in facts.shape)
    parts = [facts.title, f"input {sides}, {facts.dtype}"]
    if facts.width:
        parts.append(formatting.count(facts.width, "score"))
    if facts.parameters:
        parts.append(formatting.count(facts.parameters, "weight"))
    if facts.labels:
        listed = ", ".join(visible(name) for name in facts.labels[:SHOWN])
        parts.append(f"classes {listed}{' …' if len(facts.labels) > SHOWN else ''}")
    return " · ".join(parts)


def _scaling(facts: Facts) -> str:
    known = answers.known_scaling(facts)
    first = BY_FILE.format(SCALING_TITLES[known]) if known else BY_TRYING
    return st.selectbox(
        "Scaling of pixel values",
        [AUTO, *SCALINGS],
        format_func=lambda name: first if name == AUTO else SCALING_TITLES[name],
        help="What the model was trained on. A wrong scaling usually costs most of the accuracy.",
        key="model-scaling",
    )


def _channel_order(facts: Facts) -> str:
    if facts.is_ours or 3 not in (facts.shape[0], facts.shape[-1], *([] if None not in facts.shape else [3])):
        return AUTO
    return st.segmented_control(
        "Channel order",
        [AUTO, *CHANNEL_ORDERS],
        default=AUTO,
        required=True,
        format_func=lambda name: BY_TRYING if name == AUTO else name,
        help="RGB in most programs, BGR in OpenCV and Caffe.",
        key="model-order",
    )


def _layout(facts: Facts) -> str:
    layouts = inspection.possible_layouts(facts.shape)
    if len(layouts) < 2:
        return AUTO
    return st.segmented_control(
        "Axis order",
        layouts,
        default=layouts[0],
        required=True,
        help="N images, H height, W width, C colours. NHWC in TensorFlow and Keras, NCHW in PyTorch.",
        key="model-layout",
    )


def _size(facts: Facts, data: str) -> int:
    if not answers.size_is_free(facts):
        return 0
    return int(
        st.number_input(
            "Input size (px)",
            1,
            MOST_SIDE,
            datasets.facts(data).shape[0],
            help="The model takes images of any size. Enter the size it was trained on.",
            key=f"model-size-{data}",
        )
    )


def _outputs(facts: Facts) -> str:
    titles = {"probabilities": "Probabilities (softmax or sigmoid)", "logits": "Logits"}
    options = [AUTO, *OUTPUTS] if facts.outputs else list(OUTPUTS)
    return st.selectbox(
        "Scores",
        options,
        format_func=lambda name: BY_FILE.format(titles[facts.outputs].lower()) if name == AUTO else titles[name],
        help="Detected from the scores of random images: probabilities add up to 1.",
        key="model-outputs",
    )


def _classes(facts: Facts) -> tuple[str, ...]:
    text = st.text_area(
        "Class names in the order of the model's scores",
        key="model-classes",
        placeholder="As in the file" if facts.labels else "As in the dataset",
        help="One dataset class per line. Leave it empty if the order is that of the file or the dataset.",
        height=180,
    )
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _done(import_id: str) -> None:
    run_id = task.run_id_of(import_id)
    st.success("The model was imported and evaluated.", icon=":material/check_circle:")
    with st.container(horizontal=True):
        if st.button("Evaluate", type="primary", icon=":material/fact_check:", key="model-evaluate"):
            links.go("evaluate.py", run=run_id)
        if st.button("Open", icon=":material/open_in_new:", key="model-open"):
            links.go("train.py", run=run_id)


def _leave(import_id: str) -> None:
    """A callback: forget this import."""
    task.discard(import_id)
    st.query_params.pop(PARAMETER, None)
