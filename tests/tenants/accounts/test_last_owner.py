"""Two owners who take each other's role away at the same moment: one of them stays."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection

from saas.kit.errors import Refused
from saas.kit.tenant_context import current_schema, tenant_schema
from tenants.accounts import actions, team
from tenants.accounts.models import Membership, User

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.req("TEN-04")
def test_of_two_owners_who_unmake_each_other_one_stays(committed: object) -> None:
    schema = current_schema()
    pair = [
        actions.add_user(email=f"{name}@ampere.example", password="a quiet harbour 7", roles=[("owner", None)], now=NOW)
        for name in ("olga", "oscar")
    ]
    together, refused = threading.Barrier(2), list[str]()

    def unmake(by: User, whom: User) -> None:
        try:
            with tenant_schema(schema):
                together.wait()
                team.take(user_uid=whom.uid, role="owner", by=by, now=NOW)
        except Refused as refusal:
            refused.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=unmake, args=(by, whom)) for by, whom in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenant_schema(schema):
        assert Membership.objects.filter(role="owner").count() == 1
    assert len(refused) == 1 and refused[0] in ("last_owner", "forbidden", "beyond_yourself")
