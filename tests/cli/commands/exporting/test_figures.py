"""`imgcls figures`: figures for a paper, drawn by the installed Chromium."""

import shutil

import pytest

import imgcls
from imgcls.charts import run_figures
from imgcls.cli import exit_codes
from imgcls.cli.main import main
from imgcls.errors import RunError

needs_chromium = pytest.mark.skipif(
    not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), reason="no Chromium"
)
STARTS = {"png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF"}


@needs_chromium
@pytest.mark.parametrize("kind", ["pdf"])
def test_all_figures_of_a_run_are_written(finished_run, tmp_path, capsys, kind):
    assert main(["figures", finished_run.id, "--format", kind, "--out", str(tmp_path / "f")]) == exit_codes.OK
    files = sorted((tmp_path / "f").iterdir())
    assert [path.name for path in files] == [
        f"{name}.{kind}" for name in ("accuracy", "confusion_matrix", "f1", "loss", "reliability")
    ]
    assert all(path.read_bytes().startswith(STARTS[kind]) for path in files)
    assert sorted(capsys.readouterr().out.split()) == [str(path) for path in files]
    assert main(["figures", finished_run.id, "--format", kind, "--out", str(tmp_path / "f")]) == exit_codes.USAGE
    assert "exists already" in capsys.readouterr().err


def test_the_python_api_returns_plotly_figures(finished_run):
    run = imgcls.load_run(finished_run.id)
    found = run.figures()
    assert set(found) == {"loss", "accuracy", "confusion_matrix", "reliability", "f1"}
    assert all(hasattr(figure, "write_image") for figure in found.values())
    assert run.confusion_matrix().to_dict() == found["confusion_matrix"].to_dict()


def test_class_names_are_shown_literally_in_the_confusion_matrix(finished_run):
    from dataclasses import replace

    from imgcls.evaluation import predictions

    tested = predictions.read(finished_run)
    names = ("<b>x</b>", *tested.names[1:])
    figure = run_figures.confusion_matrix(replace(tested, names=names))
    assert figure.data[0].x[0] == "&lt;b&gt;x&lt;/b&gt;"


def test_missing_data_or_a_missing_browser_prints_one_error(make_run, finished_run, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["figures", make_run().id]) == exit_codes.FAILED
    assert "no figures yet" in capsys.readouterr().err

    def missing(drawn, files):
        raise RunError("Chrome or Chromium draws the figures, but neither is installed. Install one.")

    monkeypatch.setattr(run_figures, "write", missing)
    assert main(["figures", finished_run.id, "--out", "f"]) == exit_codes.FAILED
    assert capsys.readouterr().err.count("\n") == 1 and not (tmp_path / "f").exists()


@pytest.fixture
def browser(monkeypatch):
    """A stand-in for kaleido's call: each answer is what one call returns, with the files that it leaves out."""
    kaleido = pytest.importorskip("kaleido")
    calls: list[list[str]] = []

    def install(*answers):
        remaining = list(answers)

        def write(specs, kopts):
            assert specs[0]["fig"] == {"data": []}, "the first figure is the one that may fail"
            calls.append([spec["path"].name for spec in specs[1:]])
            error, missing = remaining.pop(0)
            if isinstance(error, BaseException) and missing == "raised":
                raise error
            for spec in specs[1:]:
                if spec["path"].name.split(".")[1] not in missing:
                    spec["path"].write_bytes(b"%PDF")
            return (error,) if error else ()

        monkeypatch.setattr(kaleido, "write_fig_from_object_sync", write)
        return calls

    return install


@pytest.mark.parametrize("first", [ValueError("kaleido_scopes is not defined"), TimeoutError()])
def test_a_figure_that_met_a_page_that_was_not_ready_is_drawn_again(finished_run, tmp_path, browser, first):
    calls = browser((first, ["loss"]), (None, []))
    assert main(["figures", finished_run.id, "--out", str(tmp_path / "f")]) == exit_codes.OK
    assert calls[1] == [".loss.part.pdf"] and len(list((tmp_path / "f").iterdir())) == 5


def test_a_browser_that_does_not_draw_is_reported_as_such(finished_run, tmp_path, browser, capsys):
    from kaleido.errors import BrowserFailedError

    calls = browser((BrowserFailedError("closed"), "raised"), *[(ValueError("no page"), ["loss"])] * 2)
    assert main(["figures", finished_run.id, "--out", str(tmp_path / "f")]) == exit_codes.FAILED
    assert len(calls) == 3 and not (tmp_path / "f").exists()
    assert "browser could not draw the figures" in capsys.readouterr().err


def test_a_full_disk_is_reported_as_a_full_disk(finished_run, tmp_path, browser, capsys):
    calls = browser((OSError(28, "No space left on device"), ["loss"]))
    assert main(["figures", finished_run.id, "--out", str(tmp_path / "f")]) == exit_codes.FAILED
    assert len(calls) == 1 and "No space left on device" in capsys.readouterr().err


def test_no_browser_at_all_names_what_to_install(finished_run, tmp_path, browser, capsys):
    from kaleido.errors import ChromeNotFoundError

    browser((ChromeNotFoundError("none"), "raised"))
    assert main(["figures", finished_run.id, "--out", str(tmp_path / "f")]) == exit_codes.FAILED
    assert "neither is installed" in capsys.readouterr().err
