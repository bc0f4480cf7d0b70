"""The page that `aqua report` writes, in headless Chromium: it draws without errors and without the
network, shows the numbers of the results, follows its controls, and reads well narrow, dark, printed
and without scripts.

AQUA_BIN names the program (default: build/release/tools/aqua), CHROMIUM the browser (default:
/usr/bin/chromium). Run by .ci/run with playwright from PyPI, which only steers Debian's browser.
"""

import json
import math
import os
import pathlib
import subprocess

import pytest
from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
AQUA = os.environ.get("AQUA_BIN", str(ROOT / "build/release/tools/aqua"))
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SMALL = ["-q", "--max-tokens", "1024", "--sequence-length", "256", "--layers", "0,2,5"]
CHARTS = 8
HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)>"


def aqua(*arguments):
    return subprocess.run([AQUA, *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A calibration, a retention and a needle result, and the page made of them."""
    folder = tmp_path_factory.mktemp("report")
    calibration = folder / "m.aqua.h5"
    aqua("calibrate", *SMALL, "-o", str(calibration))
    retention = aqua("analyze", "retention", str(calibration), *SMALL, "--k-ratios",
                     "0.125,0.25,0.5,0.75", "--bases", "aqua,identity,native", "--bootstrap", "50",
                     "--json")
    (folder / "retention.json").write_text(retention)
    needle = aqua("analyze", "needle", "-q", "--max-tokens", "1024", "--lengths", "96,144",
                  "--depths", "0.1,0.9", "--count", "3", "--variants", "aqua:k=0.25@0,2,5;h2o",
                  "--calibration", str(calibration), "--bootstrap", "50", "--json")
    (folder / "needle.json").write_text(needle)
    aqua("report", str(calibration), str(folder / "retention.json"), str(folder / "needle.json"),
         "-o", str(folder / "report.html"))
    return {"folder": folder, "page": folder / "report.html", "retention": json.loads(retention),
            "needle": json.loads(needle)}


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"])
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser):
    """Opens a file; at the end nothing may have been said on the console or asked of a network."""
    contexts = []
    said = []

    def open_file(path, width=820, **settings):
        context = browser.new_context(viewport={"width": width, "height": 900}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (said.append("dialog"), dialog.dismiss()))
        page.on("request", lambda request: said.append(f"request: {request.url}")
                if request.url != path.as_uri() else None)
        page.goto(path.as_uri())
        if settings.get("java_script_enabled", True):
            page.wait_for_selector("html[data-ready]")
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert said == []


def until(page, condition):
    """Waits from outside: the page's policy forbids it to evaluate text, wait_for_function too."""
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"did not become true: {condition}")


def measured(retention, corpus, basis, selection, k_ratio, measure):
    for entry in retention["corpora"]:
        if entry["corpus"]["name"] != corpus:
            continue
        for setting in entry["results"]:
            if (setting["basis"], setting["selection"], setting["k_ratio"]) == (
                    basis, selection, k_ratio):
                return entry, setting["measures"][measure]
    raise KeyError((corpus, basis, selection, k_ratio))


def table_numbers(page, figure):
    """Rows of a chart's table; a cell is its list of exact numbers (value, low, high)."""
    return page.eval_on_selector_all(
        f"#{figure} tbody tr",
        """rows => rows.map(row => [...row.querySelectorAll('td')].map(
             cell => [...cell.querySelectorAll('data')].map(data => Number(data.value))))""")


def choose(page, figure, **places):
    for dimension, label in places.items():
        page.select_option(f"#{figure} select[data-dimension={dimension}]", label=label)


def marks(page, figure):
    """What the drawn marks say that they stand for."""
    return page.eval_on_selector_all(f"#{figure} .plot svg [aria-label]",
                                     "items => items.map(item => item.getAttribute('aria-label'))")


def test_every_chart_is_drawn_with_a_mark_for_every_number(results, open_page):
    page = open_page(results["page"])
    figures = page.eval_on_selector_all("figure.chart", "items => items.map(item => item.id)")
    assert len(figures) == CHARTS
    for figure in figures:
        numbers = sum(1 for row in table_numbers(page, figure) for cell in row if cell)
        drawn = [label for label in marks(page, figure) if "\n" in label]
        assert numbers > 0
        assert len(drawn) == numbers, figure


@pytest.mark.parametrize("measure, label", [("query_loss", "query loss"),
                                            ("output_error", "output error")])
def test_the_heat_map_shows_what_the_result_holds(results, open_page, measure, label):
    page = open_page(results["page"])
    for selection, ratio, k in (("dynamic", 0.5, 32), ("static", 0.125, 8)):
        choose(page, "heads-map", measure=label, corpus="hi", basis="identity",
               selection=selection, k_ratio=f"{ratio:g} (k = {k})")
        entry, expected = measured(results["retention"], "hi", "identity", selection, ratio, measure)
        shown = [[cell[0] for cell in row] for row in table_numbers(page, "heads-map")]
        assert shown == expected["heads"]
        said = [text for text in marks(page, "heads-map") if "\n" in text]
        for row, layer in enumerate(entry["layers"]):
            for head, value in enumerate(expected["heads"][row]):
                assert any(text.startswith(f"layer {layer}, query head {head}\n{label}: ") and
                           math.isclose(float(text.rsplit(" ", 1)[1]), value, rel_tol=1e-4)
                           for text in said)


def test_curves_show_values_and_intervals_of_the_result(results, open_page):
    page = open_page(results["page"])
    choose(page, "retention-curves", measure="key loss", basis="native")
    rows = table_numbers(page, "retention-curves")
    header = page.eval_on_selector_all("#retention-curves thead th",
                                       "cells => cells.map(cell => cell.textContent)")
    assert header == ["k/d", "en, static", "en, dynamic", "hi, static", "hi, dynamic"]
    for row, ratio in zip(rows, (0.125, 0.25, 0.5, 0.75), strict=True):
        for cell, line in zip(row, header[1:], strict=True):
            corpus, selection = line.split(", ")
            _, expected = measured(results["retention"], corpus, "native", selection, ratio,
                                   "key_loss")
            assert cell == [expected["model"][key] for key in ("value", "low", "high")]


def needle_cell(results, corpus, length, depth, attention):
    for entry in results["needle"]["corpora"]:
        if entry["corpus"]["name"] != corpus:
            continue
        for cell in entry["cells"]:
            if (cell["length"], cell["depth"], cell["attention"]) == (length, depth, attention):
                return cell
    raise KeyError((corpus, length, depth, attention))


@pytest.mark.parametrize("quantity, label", [("hit_rate", "hit rate"),
                                             ("loss", "loss of the answer (nats)")])
def test_needles_by_length_show_values_and_intervals_of_the_result(results, open_page, quantity,
                                                                   label):
    page = open_page(results["page"])
    choose(page, "needle-lengths", quantity=label, corpus="hi", depth="0.9")
    rows = table_numbers(page, "needle-lengths")
    for row, length in zip(rows, (96, 144), strict=True):
        for cell, attention in zip(row, ("exact", "aqua:k=0.25@0,2,5", "h2o"), strict=True):
            expected = needle_cell(results, "hi", length, 0.9, attention)[quantity]
            assert cell == [expected[key] for key in ("value", "low", "high")]


def test_the_map_of_needles_shows_what_the_result_holds(results, open_page):
    page = open_page(results["page"])
    choose(page, "needle-map", quantity="attention mass on the needle", corpus="en",
           attention="h2o")
    rows = table_numbers(page, "needle-map")
    said = [text for text in marks(page, "needle-map") if "\n" in text]
    assert len(said) == 4
    for row, depth in zip(rows, (0.1, 0.9), strict=True):
        for cell, length in zip(row, (96, 144), strict=True):
            expected = needle_cell(results, "en", length, depth, "h2o")["mass"]["value"]
            assert cell[0] == expected
            start = (f"depth of the needle {depth:g}, tokens of the haystack {length}\n"
                     "attention mass on the needle: ")
            (shown,) = [text.removeprefix(start) for text in said if text.startswith(start)]
            assert math.isclose(float(shown.split()[0]), expected, rel_tol=1e-4)


def test_hovering_shows_the_number(results, open_page):
    page = open_page(results["page"])
    _, expected = measured(results["retention"], "en", "aqua", "dynamic", 0.5, "query_loss")
    cell = page.locator("#heads-map .plot svg [aria-label^='layer 0, query head 0']").first
    cell.scroll_into_view_if_needed()
    cell.hover()
    until(page, "!document.getElementById('tip').hidden")
    text = page.inner_text("#tip")
    assert text.startswith("layer 0, query head 0\nquery loss: ")
    assert math.isclose(float(text.rsplit(" ", 1)[1]), expected["heads"][0][0], rel_tol=1e-4)


@pytest.mark.parametrize("width", [390, 820, 1400])
def test_nothing_is_wider_than_the_window(results, open_page, width):
    page = open_page(results["page"], width=width)
    page.eval_on_selector_all("details", "items => items.forEach(item => { item.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    widths = page.eval_on_selector_all(".plot svg", "items => items.map(item => item.clientWidth)")
    assert widths and all(0 < drawn <= width for drawn in widths)
    page.set_viewport_size({"width": width - 60, "height": 900})
    until(page, "[...document.querySelectorAll('.plot svg')].every(svg => "
                "Number(svg.getAttribute('width')) <= svg.parentElement.clientWidth)")


def luminance(page, selector, prop):
    color = page.eval_on_selector(selector, f"item => getComputedStyle(item)['{prop}']")
    red, green, blue = (int(part) / 255 for part in color[4:-1].split(",")[:3])
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_lines_stand_out_in_both_schemes(results, open_page, scheme):
    page = open_page(results["page"], color_scheme=scheme)
    ground = luminance(page, "body", "background-color")
    assert (ground > 0.5) == (scheme == "light")

    def contrast(selector, prop):
        other = luminance(page, selector, prop)
        return (max(ground, other) + 0.05) / (min(ground, other) + 0.05)

    assert contrast("body", "color") >= 7
    assert contrast("figure > p", "color") >= 4.5
    assert contrast("a", "color") >= 4.5
    assert contrast("#retention-curves .plot svg .mark-line path", "stroke") >= 3
    assert contrast("#retention-curves .plot svg .role-axis-label text", "fill") >= 4.5


def test_it_prints(results, open_page, tmp_path):
    page = open_page(results["page"], color_scheme="dark")
    page.emulate_media(media="print")
    assert luminance(page, "body", "background-color") == pytest.approx(1.0)
    printed = page.pdf(format="A4")
    assert printed.startswith(b"%PDF") and len(printed) > 20_000


def test_hostile_names_stay_text(results, open_page):
    retention = json.loads(json.dumps(results["retention"]).replace('"hi"', json.dumps(HOSTILE)))
    retention["model"]["name"] = HOSTILE
    path = results["folder"] / "hostile.json"
    path.write_text(json.dumps(retention))
    page_path = results["folder"] / "hostile.html"
    aqua("report", str(path), "-o", str(page_path))
    page = open_page(page_path)
    assert page.title() == f"AQUA report: {HOSTILE}"
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 3
    assert HOSTILE in page.inner_text("#subject")
    assert f"{HOSTILE}, dynamic" in page.eval_on_selector_all(
        "#retention-curves thead th", "cells => cells.map(cell => cell.textContent)")


def test_without_scripts_there_are_still_pictures_and_tables(results, open_page):
    page = open_page(results["page"], java_script_enabled=False)
    assert page.locator("figure .plot svg").count() == CHARTS
    _, expected = measured(results["retention"], "en", "aqua", "dynamic", 0.5, "query_loss")
    assert page.locator(f"#heads-map data[value='{expected['heads'][0][0]!r}']").count() == 1
