"""The browser that the tests of this folder share."""


def test_a_browser_that_is_gone_is_started_again(chromium):
    """Once in CI, Chromium ended in the middle, and seventy tests after it failed for nothing of their own."""
    chromium.new_context().close()
    chromium.browser.close()
    again = chromium.new_context()
    assert again.new_page().goto("about:blank") is None
    again.close()
