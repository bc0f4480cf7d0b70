"""Pictures the verdict, the first curves and the heat map of a report: screenshot.py PAGE PNG"""

import pathlib
import sys

from playwright.sync_api import sync_playwright

SHOWN = ["header", "#verdict", "#retention", "#heads"]
HIDDEN = ["nav", "#retention > p", "#retention-bases", "#retention-layers", "details"]


def main(page_file, picture):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium",
                                             args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 860, "height": 900}, color_scheme="light")
        page.goto(pathlib.Path(page_file).resolve().as_uri())
        page.wait_for_selector("html[data-ready]")
        page.evaluate(
            """([shown, hidden]) => {
                 const kept = shown.flatMap(selector => [...document.querySelectorAll(selector)]);
                 for (const part of document.querySelectorAll('header, section, footer')) {
                   if (!kept.includes(part)) part.style.display = 'none';
                 }
                 for (const selector of hidden) {
                   for (const part of document.querySelectorAll(selector)) part.style.display = 'none';
                 }
               }""", [SHOWN, HIDDEN])
        page.screenshot(path=picture, full_page=True)
        browser.close()


main(*sys.argv[1:])
