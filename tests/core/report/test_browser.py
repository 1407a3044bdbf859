"""The page in Chromium: no dialog, no request, no script error, and the anomaly explorer answers."""

from __future__ import annotations

import pytest

from edgewright.report import write

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(plain_run, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write(plain_run, path)
    return path


class Opened:
    """A page with everything it did that a report must not do."""

    def __init__(self, browser, path, **options):
        self.alarms = []
        self.page = browser.new_page(viewport={"width": 1400, "height": 900}, **options)
        self.page.set_default_timeout(60_000)  # machines that run tests are busy
        self.page.on(
            "dialog", lambda dialog: (self.alarms.append(f"dialog {dialog.message}"), dialog.dismiss())
        )
        self.page.on("pageerror", lambda error: self.alarms.append(f"error {error}"))
        self.page.on(
            "console", lambda line: line.type == "error" and self.alarms.append(f"console {line.text}")
        )
        self.page.on("request", self.request)
        self.page.on("popup", lambda popup: self.alarms.append(f"popup {popup.url}"))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("main section.card")

    def request(self, request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.alarms.append(f"request {request.url}")

    def show_everything(self):
        cards = self.page.locator("section.card")
        for number in range(cards.count()):
            cards.nth(number).scroll_into_view_if_needed()
            for chart in cards.nth(number).locator(".chart").all():
                chart.scroll_into_view_if_needed()
                chart.locator(".main-svg, .warn").first.wait_for()


def test_hostile_text_is_shown_and_does_nothing(browser, hostile_run, tmp_path):
    write(hostile_run, tmp_path / "report.html")
    opened = Opened(browser, tmp_path / "report.html")
    page = opened.page
    opened.show_everything()
    for summary in page.locator("summary").all():
        summary.click()
    options = page.locator("[role=option]")
    for number in range(8):  # one of each kind of name
        options.nth(number).click()
    box = page.locator(".explorer .chart").bounding_box()
    for step in range(12):  # hover labels are made of the names too
        page.mouse.move(box["x"] + 60 + step * 50, box["y"] + box["height"] / 2)
    page.wait_for_timeout(300)
    assert opened.alarms == []
    assert page.locator("main img:not(.image), main iframe, main a[href^='javascript']").count() == 0
    (drawn,) = page.locator("main img").all()  # a block's own picture, whose script doesn't run
    assert drawn.evaluate("image => [image.naturalWidth, image.src.slice(0, 25)]") == [
        9,
        "data:image/svg+xml;base64",
    ]
    assert page.locator("svg a").count() == 0  # plotly makes links of markup in titles and hover labels
    assert "<img src=x onerror=alert(1)>" in page.locator("main").inner_text()
    assert page.title().startswith("</script>")
    page.close()


def orange_windows(page):
    """Name and number of the points that the explorer draws in orange."""
    return page.evaluate(
        "() => { const t = document.querySelector('.explorer .chart').data.at(-1); return [t.name, t.x.length, t.marker.color]; }"
    )


def test_a_chosen_sample_shows_its_windows_in_orange_with_their_distance(browser, report, plain_run):
    opened = Opened(browser, report)
    page = opened.page
    opened.show_everything()
    row = next(row for row in plain_run.decisions("anomaly")["recordings"] if row["name"] == "walking_17")
    page.locator("[role=option]", has_text="walking_17").click()
    name, count, colour = orange_windows(page)
    assert (name, count, colour) == ("walking_17", row["windows"], "#e06c00")
    detail = page.locator(".detail")
    assert "decided normal" in detail.inner_text()
    assert detail.locator("tbody tr").count() == row["windows"]
    assert page.locator(".explorer .chart .shapelayer path").count() == 10  # the clusters
    assert page.locator("[role=option][aria-selected=true]").inner_text().startswith("walking_17")

    page.locator("[role=listbox]").press("ArrowDown")
    assert orange_windows(page)[0] != "walking_17"

    detail.locator("tbody tr").nth(2).click()
    assert detail.locator("tr.chosen").count() == 1

    page.get_by_label("Find a sample").fill("belt")
    assert page.locator("[role=option]").count() == 6
    assert opened.alarms == []
    page.close()


DRAWN = """() => {
  const box = document.querySelector('.explorer .chart'), windows = box.data.at(-1);
  const discs = box.layout.shapes.map(s => [(s.x0 + s.x1) / 2, (s.y0 + s.y1) / 2, (s.x1 - s.x0) / 2]);
  return [windows.name, windows.x.map((x, i) => Math.min(...discs.map(([a, b, r]) => Math.hypot(x - a, windows.y[i] - b) - r)))];
}"""


def test_circles_never_make_a_known_window_look_anomalous(browser, report, plain_run):
    """A view shows at most the true distance from the edge, and towards a far sample most of it."""
    opened = Opened(browser, report)
    page = opened.page
    page.locator(".explorer").scroll_into_view_if_needed()
    page.wait_for_selector(".explorer .chart .main-svg")
    decisions = plain_run.decisions("anomaly")
    names = [plain_run.samples[sample]["name"] for sample in decisions["windows"]["sample"]]
    for view in ("towards the sample", "two features"):
        page.get_by_role("button", name=view).click()
        for number in (0, 5, 19):
            page.locator("[role=option]").nth(number).click()
            name, drawn = page.evaluate(DRAWN)
            true = [
                score
                for owner, score in zip(names, decisions["windows"]["score"], strict=True)
                if owner == name
            ]
            assert len(drawn) == len(true)
            assert all(d <= t + 1e-3 for d, t in zip(drawn, true, strict=True))
            if view == "towards the sample" and number == 0:
                assert min(drawn) > 0
                assert sum(drawn) > 0.7 * sum(true)
    page.close()


def test_a_click_on_a_point_chooses_its_sample(browser, report):
    opened = Opened(browser, report)
    page = opened.page
    page.locator(".explorer").scroll_into_view_if_needed()
    page.wait_for_selector(".explorer .chart .main-svg")
    before = orange_windows(page)[0]
    place = page.evaluate(
        """() => {
          const box = document.querySelector('.explorer .chart'), layout = box._fullLayout, others = box.data.at(-2);
          const inside = (axis, v) => v > Math.min(...axis.range) && v < Math.max(...axis.range);
          const i = others.x.findIndex((x, k) => inside(layout.xaxis, x) && inside(layout.yaxis, others.y[k]));
          const corner = box.getBoundingClientRect();
          return [corner.x + layout._size.l + layout.xaxis.d2p(others.x[i]), corner.y + layout._size.t + layout.yaxis.d2p(others.y[i])];
        }"""
    )
    page.mouse.move(*place)
    page.wait_for_timeout(200)
    page.mouse.click(*place)
    page.wait_for_function(f"document.querySelector('.explorer .chart').data.at(-1).name !== {before!r}")
    assert opened.alarms == []
    page.close()


def test_three_dimensions_colours_and_themes(browser, report):
    opened = Opened(browser, report, color_scheme="dark")
    page = opened.page
    card = page.locator("section.card", has=page.get_by_role("heading", name="Feature explorer"))
    card.scroll_into_view_if_needed()
    card.locator(".main-svg").first.wait_for()
    kind = "() => document.querySelector('[aria-label=\"Feature explorer\"]').data.map(t => t.type + ' ' + t.name)"
    card.get_by_role("button", name="3-D").click()
    assert page.evaluate(kind)[0] == "scatter3d bearing fault"
    card.get_by_role("button", name="2-D").click()
    card.get_by_label("colour").select_option("split")
    assert page.evaluate(kind) == ["scatter training", "scatter calibration", "scatter test"]
    dark = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    page.locator("button.theme").click()
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") != dark
    assert [
        line for line in opened.alarms if "WebGL" not in line
    ] == []  # without a GPU driver it may grumble
    page.close()


def test_a_narrow_screen_does_not_scroll_sideways(browser, report):
    opened = Opened(browser, report)
    opened.page.set_viewport_size({"width": 400, "height": 800})
    opened.show_everything()
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 400
    opened.page.close()
