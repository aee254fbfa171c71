"""Checks the documentation: every page is in the book, every link and anchor leads somewhere, the README is current,
and the files and tests that the pages about AWS name exist.

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


def relied_on():
    """Each file that it names is there, and each test stands in the file that follows it: `test` in `file`."""
    text = (DOCS / "relied-on.md").read_text()
    sources = set(re.findall(r"^\[([^\]]+)\]: https://", text, re.M))
    for number, line in enumerate(text.split("\n"), 1):
        where, cells = f"docs/relied-on.md:{number}", [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| ") or cells[-1] == "test":
            continue
        if len(cells) != 4:
            problem(where, "is not behavior, source, code and test")
            continue
        cited = re.findall(r"\[([^\]]+)\]", cells[1])
        if not cited or not sources.issuperset(cited):
            problem(where, f"{cells[1]} is no source with a link at the end of the page")
        named(where, cells[2])
        tests = []
        for name in re.findall(r"`([^`]+)`", cells[3]):
            if "/" not in name:
                tests.append(name)
                continue
            named(where, f"`{name}`")
            code = (ROOT / name).read_text() if (ROOT / name).is_file() else ""
            for test in tests:
                if not re.search(rf"\bfn {test}\b", code):
                    problem(where, f"{name} has no test {test}")
            tests = []
        if tests or cells[3] != "not tested here" and " in `" not in cells[3]:
            problem(where, "names a test without its file")


def first_account():
    """Each file that its checks name is there."""
    for number, line in enumerate((DOCS / "first-account.md").read_text().split("\n"), 1):
        if "Code: " in line:
            named(f"docs/first-account.md:{number}", line.split("Code: ")[-1])


def named(where, text):
    """The files that a text names in backticks: those with a folder, and those of the root by their ending."""
    for name in re.findall(r"`([^`]+)`", text):
        if ("/" in name or re.search(r"\.(md|rs|toml|yaml)$", name)) and not (ROOT / name).is_file():
            problem(where, f"{name} does not exist")


def main(book):
    book = Path(book).resolve()
    pages = rendered(book)
    links(book, pages)
    outside(book, pages)
    readme()
    relied_on()
    first_account()
    for one in problems:
        print(one, file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
