"""What every page keeps to: nothing moves while it loads, nothing is wider than a phone, all text can be read."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import shipped_runs
from tests.browser.support import steps

MOST_SHIFT = 0.05
LEAST_CONTRAST = 4.5, 3.0
"""WCAG 2.2 AA: of ordinary and of large text (24 px, or 18.66 px in bold)."""
DESKTOP, PHONE, NARROW = ({"width": 1280, "height": 720}, {"width": 390, "height": 844}, {"width": 320, "height": 640})
PAGES = {
    "/": "Train, understand and try",
    "/data": "Data",
    "/train": "Train a model",
    "/train?run=fashion": "Fashion",
    "/studies": "Studies",
    "/runs": "Runs",
    "/evaluate?run=fashion": "Evaluate",
    "/predict": "Predict",
}
NOT_READ = ("/train", "/studies")
"""Streamlit writes a slider's value above its thumb, which the check takes for the background; Studies is empty."""

RECORD = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) {
            const moves = one.sources.map(({node, previousRect, currentRect}) =>
                `${(node && (node.className || node.nodeName)) || '?'} ${previousRect.y}→${currentRect.y}`);
            if (!one.hadRecentInput) window.shifts.push([one.value, moves.slice(0, 3).join(' | ')]);
        }
    }).observe({type: 'layout-shift', buffered: true});
}"""
CONTRASTS = """() => {
    const context = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const parsed = (colour) => {
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
    const light = (c) => c.slice(0, 3).map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const parent = (node) => node.parentElement || (node.getRootNode().host ?? null);
    const found = [];
    const visit = (root) => {
        for (const node of root.querySelectorAll('*')) {
            if (node.shadowRoot) visit(node.shadowRoot);
            const texts = [...node.childNodes].filter((one) => one.nodeType === 3);
            const text = texts.map((one) => one.data.trim()).join('');
            const style = getComputedStyle(node);
            if (!text || style.visibility !== 'visible' || !node.getClientRects().length) continue;
            if (node.closest('[disabled], [aria-disabled=true], [aria-hidden=true]')) continue;
            let ground = [0, 0, 0, 0], opacity = 1;
            const layers = [];
            let hasImage = false;
            for (let one = node; one; one = parent(one)) {
                const its = getComputedStyle(one);
                opacity *= Number(its.opacity);
                hasImage ||= its.backgroundImage !== 'none';
                layers.push(parsed(its.backgroundColor));
            }
            if (hasImage || opacity < 0.05) continue;
            ground = layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
            const colour = parsed(style.color);
            colour[3] *= opacity;
            const pair = [light(over(colour, ground)), light(ground)].sort((a, b) => b - a);
            const size = parseFloat(style.fontSize);
            const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
            found.push({text: text.slice(0, 40), isLarge, contrast: (pair[0] + 0.05) / (pair[1] + 0.05)});
        }
    };
    visit(document.querySelector('[data-testid=stMain]'));
    return found;
}"""


def opened(visit, server, path: str, **options) -> Page:
    page = visit(server, path, init_script=f"({RECORD})()", **options)
    steps.shows(page, PAGES[path])
    page.wait_for_timeout(1500)  # components that are loaded last
    steps.settled(page)
    return page


@pytest.mark.parametrize("view", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_moves_while_a_page_loads(path, view, visit, server):
    assert shipped_runs(), "the pages are tested with the models that ship"
    opened(visit, server, path, viewport=view)  # the first visit also waits for the server's imports
    page = opened(visit, server, path, viewport=view)
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) < MOST_SHIFT, shifts


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_not_wider_than_a_narrow_phone(path, visit, server):
    page = opened(visit, server, path, viewport=NARROW)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= NARROW["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [path for path in PAGES if path not in NOT_READ])
def test_all_text_can_be_read(path, scheme, visit, server):
    page = opened(visit, server, path, viewport=DESKTOP, color_scheme=scheme)
    texts = page.evaluate(CONTRASTS)
    assert len(texts) > 10
    assert [one for one in texts if one["contrast"] < LEAST_CONTRAST[one["isLarge"]] - 0.01] == []
