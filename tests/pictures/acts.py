"""What is done with a page before its picture is taken."""

from playwright.sync_api import FilePayload, Locator, Page, expect

FILE = b"""\
- name: billing
  topic: order.created
  filter_expression: data["body"]["total"] > 250
  target_url: http://127.0.0.1:8765/billing/orders/:id
- name: newsletter
  topic: user.signed_up
  filter_expression: data["body"]["plan"] != "free"
  target_url: http://127.0.0.1:8765/newsletter
"""
NARROWER = 'data["body"]["total"] > 250 and data["body"]["country"] in ("DE", "NL")'
#: Between the part that is shown and the upper end of the window.
ABOVE = 90


def nothing(page: Page) -> None:
    """The page as it comes."""


def show_the_figures(page: Page) -> None:
    """On a phone the open alerts fill the window."""
    if not page.locator("#nav-sidebar").is_visible():
        _show(page.locator(".board-line"))


def try_on_an_event(page: Page) -> None:
    page.locator(".cm-content").fill(NARROWER)
    page.select_option("#switch-event", index=1)
    expect(page.locator(".switch-tree")).to_be_visible()
    page.get_by_text("Back-test: what it would have taken").click()
    page.get_by_role("button", name="Back-test").click()
    expect(page.locator("#switch-comparison")).to_contain_text("it takes")
    _show(page.locator(".field-filter_expression"))


def show_the_count(page: Page) -> None:
    page.locator(".switch-buttons").evaluate("each => each.scrollIntoView({block: 'end'})")


def send_a_test(page: Page) -> None:
    page.get_by_text("Send a test").click()
    page.select_option("#switch-test-event", index=1)
    page.get_by_role("button", name="Send it now").click()
    expect(page.locator("#switch-trial")).to_contain_text("It answered")
    _show(page.locator(".field-target_url"))


def ask_to_resume(page: Page) -> None:
    resume = page.get_by_role("link", name="Resume")
    if not resume.is_visible():  # on a phone
        page.get_by_role("button", name="Actions", exact=True).click()
    resume.click()
    expect(page.get_by_role("dialog")).to_be_visible()


def look_through_a_file(page: Page) -> None:
    file = FilePayload(name="subscribers.yaml", mimeType="application/yaml", buffer=FILE)
    page.set_input_files("[name=file]", file)
    page.get_by_role("button", name="Show what it would change").click()
    expect(page.locator(".switch-count")).to_contain_text("created")


def _show(part: Locator) -> None:
    """Brings the part to the upper end of the window."""
    part.evaluate("(each, above) => scrollBy(0, each.getBoundingClientRect().top - above)", ABOVE)
