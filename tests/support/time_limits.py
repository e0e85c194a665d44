"""Every try of a test, and its teardown, has the whole time limit.

pytest-timeout limits all tries together, and nothing after a first failure: a second try or a teardown that hangs would
stop the whole run without a message.
"""

import pytest
import pytest_timeout


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    _begin_again(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    _begin_again(item)


def _begin_again(item: pytest.Item) -> None:
    limit = pytest_timeout._get_item_settings(item)  # there is no public name for it
    if limit.timeout and not limit.func_only:
        item.config.hook.pytest_timeout_cancel_timer(item=item)
        item.config.hook.pytest_timeout_set_timer(item=item, settings=limit)
