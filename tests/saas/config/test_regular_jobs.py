"""Every regular job runs as the worker runs it: in its schema, and with no transaction around it."""

import pytest
from django.db import connection

from saas.config.worker import REGULAR
from saas.kit.jobs import inside


@pytest.mark.req("MNT-01", "OPS-03")
def test_no_regular_job_relies_on_a_transaction_around_it(spare: str) -> None:
    for regular in REGULAR:
        assert not connection.in_atomic_block
        inside(regular.name, regular.work)(schema=spare if regular.everywhere else "public")
