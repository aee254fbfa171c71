"""Checks the documentation: every page is in the book, every link and anchor leads somewhere, the README is current.

    docs.py BOOK        the folder that mdBook has built the book into

mdBook has no link check of its own, and those of others bring an HTTP client to check the web with, which is not
wanted here: the same commit must pass or fail the same way every time, also offline.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
README_LINES = 150

problems = []


def problem(where, what):
    problems.append(f"{where}: {what}")


class Page(HTMLParser):
    """The ids of a rendered page, and the links of its text (not those of mdBook's menus)."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.in_main = set(), [], False
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.in_main |= tag == "main"
        self.ids.update(filter(None, [attributes.get("id")]))
        self.links += [attributes[name] for name in ("href", "src") if self.in_main and attributes.get(name)]

    def handle_endtag(self, tag):
        self.in_main &= tag != "main"


def rendered(book):
    pages = {path: Page(path) for path in book.rglob("*.html") if path.name != "toc.html"}
    for markdown in sorted(DOCS.rglob("*.md")):
        name = markdown.relative_to(DOCS)
        if name.name != "SUMMARY.md" and book / name.with_suffix(".html") not in pages:
            problem(f"docs/{name}", "is not in SUMMARY.md")
    return pages


def links(book, pages):
    for path, page in sorted(pages.items()):
        for link in page.links:
            url = urlsplit(link)
            if not url.scheme:
                target = (path.parent / unquote(url.path)).resolve() if url.path else path
                follow(f"docs/{path.relative_to(book).with_suffix('.md')}", link, target, pages, url.fragment)


def outside(book, pages):
    """The pages beside the book are read as Markdown; what they lead to in docs/ is looked up in the book."""
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob(".github/**/*.md")]):
        for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", path.read_text(), flags=re.S)):
            url = urlsplit(link)
            if url.scheme or not url.path:
                continue
            target = (path.parent / unquote(url.path)).resolve()
            if target.is_relative_to(DOCS) and target.suffix == ".md":
                target = book / target.relative_to(DOCS).with_suffix(".html")
            follow(path.relative_to(ROOT), link, target, pages, url.fragment)


def follow(where, link, target, pages, fragment):
    if not target.exists():
        problem(where, f"{link} does not exist; a page of the book can link to pages of the book only")
    elif fragment and target in pages and unquote(fragment) not in pages[target].ids:
        problem(where, f"{link}: the page has no such heading")


def readme():
    """It is short, and the output that it shows is the command's: the first block after the demo, with … for what is left out."""
    text = (ROOT / "README.md").read_text()
    if text.count("\n") > README_LINES:
        problem("README.md", f"has more than {README_LINES} lines")
    output = (ROOT / "cli/tests/snapshots/demo.snap").read_text().split("\n")
    at = 0
    for line in re.search(r"make demo\n```\n.*?```(?:text)?\n(.*?)```", text, re.S)[1].split("\n"):
        if line.strip() in ("", "…"):
            continue
        if line not in output[at:]:
            problem("README.md", f"`crossover demo` does not print, here: {line}")
            return
        at = output.index(line, at) + 1


def main(book):
    book = Path(book).resolve()
    pages = rendered(book)
    links(book, pages)
    outside(book, pages)
    readme()
    for one in problems:
        print(one, file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
