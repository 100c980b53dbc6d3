"""The regular jobs as the worker runs them: no transaction is open around them."""

import pytest

from tenants.maintenance import tasks
from tests.builders import NOW

pytestmark = [pytest.mark.slow, pytest.mark.req("MNT-01"), pytest.mark.usefixtures("committed")]


def test_both_jobs_open_the_transactions_that_they_need() -> None:
    assert tasks.watch(NOW) == {"began": 0, "ended": 0, "escalated": 0}
    assert tasks.mails(NOW) == 0
