"""Addresses in names do not become links, and look as before."""

import pytest

from imgcls.system.addresses import WORD_JOINER, unlinked, unlinked_domains


@pytest.mark.parametrize("text", ["https://a.example", "FTP://a.example", "www.a.example", "me@a.example", "mailto:me"])
def test_the_marks_of_an_address_are_interrupted(text):
    for change in (unlinked, unlinked_domains):
        assert WORD_JOINER in change(text)
        assert change(text).replace(WORD_JOINER, "") == text


def test_a_mere_domain_is_interrupted_where_programs_recognise_it():
    assert unlinked("oak.example") == "oak.example"
    assert unlinked_domains("oak.example/x") == f"oak.{WORD_JOINER}example/x"


def test_other_text_stays_as_it_is():
    text = "Test accuracy 91.2%. It took 3.5 s. a / b: c @ 4 px"
    assert unlinked_domains(text) == text
