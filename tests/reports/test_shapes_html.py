from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from snugly.reports.coloring import colored
from snugly.reports.shapes import ShapesReport
from snugly.surfaces.cli.main import main

PROGRAM = '''\
import torch
import elsewhere
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

# </script><script>alert("x & y")</script> <!--
TEXT = """<b>
&amp; </span>"""


class Net(nn.Module):
    def __init__(self, inner=6):
        super().__init__()
        self.head = nn.Linear(inner, 4)

    def forward(self, x):
        return self.head(x)


images = torch.randn(40, 6)
labels = torch.randint(0, 4, (40, 1))
loader = DataLoader(TensorDataset(images, labels), batch_size=8)
model = Net()
criterion = nn.CrossEntropyLoss()
for rows, truth in loader:
    scores = model(rows)
    loss = criterion(scores, truth)
    odd = elsewhere.strange(scores)
'''
VOID = {"meta"}


class Reader(HTMLParser):
    """Reads a page into what a person sees of it; a tag that closes another than the open one is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.code: list[str] = []
        self.buttons: list[dict[str, str | None]] = []
        self.scripts = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if found.get("id") else []
        self.scripts += tag == "script"
        if tag == "button":
            self.buttons.append({**found, "line": next(a["id"] for t, a in reversed(self.open) if t == "li")})
        if found.get("class") == "code":
            self.code.append("")
        if tag not in VOID:
            self.open.append((tag, found))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if any(attrs.get("class") == "code" for _, attrs in self.open):
            self.code[-1] += data


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    (folder / "train.py").write_text(PROGRAM)
    out = folder / "train.html"
    assert main(["shapes", str(folder / "train.py"), "--output-format", "html", "--output-file", str(out)]) == 0
    return out.read_text()


def step_lines(page: str, button: dict[str, str | None]) -> list[int]:
    names = (button["data-steps"] or "").split()
    found = [re.search(rf'<li id="{name}" data-lines="([\d ]*)"', page)[1] for name in names]
    return [int(line) for lines in found for line in lines.split()]


def argument(page: str, name: str) -> dict[str, str | None]:
    loss = PROGRAM.splitlines().index("    loss = criterion(scores, truth)") + 1
    arguments = [one for one in Reader(page).buttons if "argument" in one["class"] and one["line"] == f"L{loss}"]
    return arguments[("input", "target").index(name)]


def test_every_line_of_the_source_is_there_and_escaped(page):
    assert Reader(page).code == PROGRAM.splitlines()
    assert Reader(page).scripts == 1
    assert "alert(&quot;x &amp; y&quot;)" in page


def test_all_tags_are_closed_and_every_id_is_there_once(page):
    read = Reader(page)
    assert not read.open
    assert len(read.ids) == len(set(read.ids))


def test_nothing_is_asked_for_from_anywhere(page):
    assert not re.search(r"https?:|//\w|\bsrc=|@import|url\(|<link|fetch\(", page)
    assert "default-src 'none'" in page


def test_every_link_and_description_leads_to_something_on_the_page(page):
    ids = set(Reader(page).ids)
    links = set(re.findall(r'href="#([^"]+)"', page)) | set(re.findall(r'aria-describedby="([^"]+)"', page))
    assert links
    assert links <= ids
    assert not re.search(r'href="[^#]', page)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        (
            "input",
            [
                "images = ",
                "loader = ",
                "for rows",
                "        return self.head",
                "        self.head = ",
                "    scores = ",
                "    loss = ",
            ],
        ),
        ("target", ["labels = ", "loader = ", "for rows", "    loss = "]),
    ],
)
def test_the_path_of_an_argument_leads_from_the_loader_to_the_loss(page, name, texts):
    lines = list(dict.fromkeys(step_lines(page, argument(page, name))))
    source = PROGRAM.splitlines()
    assert [source[line - 1].startswith(text) for line, text in zip(lines, texts, strict=True)] == [True] * len(texts)


def test_a_path_goes_through_one_result_of_an_operation_that_has_several(tmp_path, capsys):
    (tmp_path / "a.py").write_text(
        "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
        "def encode(x):\n    return nn.GRU(3, 5, batch_first=True)(x)\n"
        "out, state = encode(torch.randn(4, 7, 3))\n"
        "loss = F.mse_loss(out, torch.zeros(4, 7, 5))\n"
    )
    assert main(["shapes", str(tmp_path / "a.py"), "--output-format", "html"]) == 0
    page = capsys.readouterr().out
    button = next(one for one in Reader(page).buttons if "argument" in one["class"])
    steps = [re.search(rf'<li id="{name}".*?</li>', page)[0] for name in button["data-steps"].split()]
    assert any("<code>out</code>" in step for step in steps)
    assert not any("<code>state</code>" in step for step in steps)


def test_a_finding_stands_below_its_line_with_its_fix(page):
    loss = PROGRAM.splitlines().index("    loss = criterion(scores, truth)") + 1
    line = page.index(f'<li class="line error" id="L{loss}">')
    following = page.index(f'id="L{loss + 1}"')
    assert "SNG" in page[line:following]
    assert "<summary>Fix: " in page[line:following]
    assert f'1 finding: <a class="bad" href="#L{loss}">line {loss}</a>' in page
    labels = PROGRAM.splitlines().index("labels = torch.randint(0, 4, (40, 1))") + 1
    assert (
        f'<a class="first" href="#L{loss}">change first, for line {loss}</a>' in page[page.index(f'id="L{labels}"') :]
    )


def test_what_was_not_followed_is_marked_and_listed(page):
    odd = PROGRAM.splitlines().index("    odd = elsewhere.strange(scores)") + 1
    assert '<span class="unknown" tabindex="0"' in page[page.index(f'id="L{odd}"') :]
    listed = page[page.index("<h2>Not followed</h2>") :]
    assert f'<a href="#L{odd}">line {odd}</a> <code>elsewhere.strange</code>' in listed


def test_both_schemes_and_the_keyboard_are_served(page):
    assert "prefers-color-scheme: dark" in page
    assert ":focus-visible" in page
    assert all(button["type"] == "button" for button in Reader(page).buttons)


@pytest.mark.parametrize(
    "text", ["", "x = (\n", "'''open\n<b>", "\tif x:\n  y = 1\n z", "x = f'{a!r:>{w}} {{<}}'\n", "0_x ?"]
)
def test_a_source_keeps_its_text_whether_or_not_it_is_python(text):
    plain = "\n".join(colored(text))
    assert "".join(Reader(f'<span class="code">{plain}</span>').code) == text
    Reader(ShapesReport("a&b<.py", text).to_html())


def test_the_page_goes_to_standard_output_too(tmp_path, capsys):
    (tmp_path / "a.py").write_text("import torch\nx = torch.ones(3)\n")
    assert main(["shapes", str(tmp_path / "a.py"), "--output-format", "html"]) == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")


def test_a_file_that_cannot_be_written_exits_with_two(tmp_path, capsys):
    (tmp_path / "a.py").write_text("x = 1\n")
    gone = tmp_path / "gone" / "a.html"
    assert main(["shapes", str(tmp_path / "a.py"), "--output-format", "html", "--output-file", str(gone)]) == 2
    assert "cannot write" in capsys.readouterr().err
