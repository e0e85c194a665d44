"""The cached theme message is the one that Streamlit would send."""

import pytest
import streamlit as st
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from imgcls.ui.app import theme_patch

PARTS = ("", "light", "dark", "sidebar", "light.sidebar", "dark.sidebar")
SOME = {
    "theme.base": "dark",
    "theme.baseRadius": "0.6rem",
    "theme.light.primaryColor": "#0072B2",
    "theme.dark.sidebar.textColor": "#E6EBF0",
    "theme.sidebar.showWidgetBorder": True,
    "theme.chartCategoricalColors": ["#0072B2", "#E69F00"],
    "theme.headingFontSizes": ["3rem", "2rem"],
    "theme.font": "serif",
}


@pytest.fixture
def theme(monkeypatch):
    """Streamlit with some theme options set; restores its own function and options afterwards."""
    monkeypatch.setattr(app_session, theme_patch.PATCHED_FUNCTION, app_session._populate_theme_msg)
    before = {name: config.get_option(name) for name in SOME}
    for name, value in SOME.items():
        config.set_option(name, value)
    yield
    for name, value in before.items():
        config.set_option(name, value)


def complete_message() -> CustomThemeConfig:
    """The message with all six sections, as AppSession fills it."""
    theme = CustomThemeConfig()
    for part in PARTS:
        place = theme
        for name in filter(None, part.split(".")):
            place = getattr(place, name)
        app_session._populate_theme_msg(place, ".".join(filter(None, ("theme", part))))
    return theme


def test_the_cached_message_matches_streamlit(theme):
    own = complete_message()
    theme_patch.install()
    for _ in range(2):
        assert complete_message() == own
        assert complete_message().SerializeToString(deterministic=True) == own.SerializeToString(deterministic=True)
    assert not complete_message().light.HasField("sidebar") and complete_message().dark.HasField("sidebar")


def test_a_section_is_read_once_until_the_settings_are_reloaded(theme, monkeypatch):
    sections = []
    read = config.get_options_for_section
    monkeypatch.setattr(config, "get_options_for_section", lambda section: sections.append(section) or read(section))
    theme_patch.install()
    theme_patch.install()  # a second time changes nothing
    complete_message(), complete_message()
    assert len(sections) == len(PARTS)
    config.set_option("theme.light.primaryColor", "#123456")
    config._on_config_parsed.send()
    assert complete_message().light.primary_color == "#123456"
    assert len(sections) == 2 * len(PARTS)


@pytest.mark.parametrize("version", ["1.66.0", "1.70.0", "2.0.0"])
def test_an_untested_version_is_left_unchanged(theme, monkeypatch, version):
    own = app_session._populate_theme_msg
    monkeypatch.setattr(st, "__version__", version)
    theme_patch.install()
    assert app_session._populate_theme_msg is own


def test_the_installed_version_is_patched(theme):
    own = app_session._populate_theme_msg
    theme_patch.install()
    assert app_session._populate_theme_msg is not own
