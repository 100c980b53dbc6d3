from datetime import UTC, datetime, timedelta

import jwt
import pytest
from django.utils import timezone

from saas.kit.ratelimit import Local
from saas.kit.tenant_context import tenant_schema
from tenants.accounts import actions, bearer, queries, tokens
from tenants.accounts.models import RefreshToken, User
from tests.tenants.apiclient import PASSWORD, Api, code, person, said

pytestmark = pytest.mark.django_db
LOGIN = {"email": "dora@ampere.example", "password": PASSWORD}


@pytest.fixture
def dora() -> User:
    user = person("ampere", "dora")
    with tenant_schema("ampere"):
        user.set_password(PASSWORD)
        user.save()
    return user


def me(tenant: str, token: str) -> object:
    return Api(tenant).get("/me", Authorization=f"Bearer {token}")


@pytest.mark.req("ACC-02")
def test_a_password_gives_a_pair_that_works(dora: User) -> None:
    answer = Api("ampere").post("/auth/token", LOGIN)
    assert answer.status_code == 200
    pair = said(answer)
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", 600)
    who = said(me("ampere", pair["access_token"]))
    assert (who["uid"], who["email"], who["roles"]) == (str(dora.uid), dora.email, [])


@pytest.mark.req("ACC-02")
def test_a_refresh_token_gives_the_next_pair_once(dora: User) -> None:
    api = Api("ampere")
    first = said(api.post("/auth/token", LOGIN))
    second = api.post("/auth/token", {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]})
    assert second.status_code == 200
    assert me("ampere", said(second)["access_token"]).status_code == 200


@pytest.mark.req("ACC-02")
def test_reuse_of_a_rotated_token_revokes_the_family_at_once(dora: User) -> None:
    api = Api("ampere")
    first = said(api.post("/auth/token", LOGIN))
    renew = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = said(api.post("/auth/token", renew))
    assert code(api.post("/auth/token", renew)) == (401, "token_refused")
    stolen = {"grant_type": "refresh_token", "refresh_token": second["refresh_token"]}
    assert code(api.post("/auth/token", stolen)) == (401, "token_refused")
    for pair in (first, second):
        assert code(me("ampere", pair["access_token"])) == (401, "unauthenticated")


@pytest.mark.req("ACC-02")
def test_another_family_of_the_same_person_lives_on(dora: User) -> None:
    api = Api("ampere")
    phone, laptop = said(api.post("/auth/token", LOGIN)), said(api.post("/auth/token", LOGIN))
    assert api.post("/auth/revoke", {"token": phone["refresh_token"]}).status_code == 204
    assert me("ampere", phone["access_token"]).status_code == 401
    assert me("ampere", laptop["access_token"]).status_code == 200


@pytest.mark.req("ACC-02")
def test_revoking_what_is_unknown_says_nothing(db: None) -> None:
    assert Api("ampere").post("/auth/revoke", {"token": "unknown"}).status_code == 204


@pytest.mark.req("ACC-02", "TEN-03")
def test_a_token_of_one_tenant_is_none_of_the_other_even_for_the_same_person(dora: User) -> None:
    with tenant_schema("barq"):
        User.objects.create_user(dora.email, None, uid=dora.uid)
        twin = queries.by_email(dora.email)
        assert twin is not None
        RefreshToken.objects.create(
            user=twin, family=FAMILY, token_hash="x", issued_at=NOW, expires_at=NOW + timedelta(days=1)
        )
    token = said(Api("ampere").post("/auth/token", LOGIN))["access_token"]
    assert code(me("barq", token)) == (401, "unauthenticated")
    access = tokens.Access(str(dora.uid), str(FAMILY))
    assert code(me("barq", tokens.encode(access, tenant="ampere", now=timezone.now()))) == (401, "unauthenticated")
    assert me("barq", tokens.encode(access, tenant="barq", now=timezone.now())).status_code == 200


@pytest.mark.req("ACC-02", "TEN-03")
def test_a_refresh_token_of_one_tenant_is_none_of_the_other(dora: User) -> None:
    pair = said(Api("ampere").post("/auth/token", LOGIN))
    renew = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    assert code(Api("barq").post("/auth/token", renew)) == (401, "token_refused")
    assert Api("ampere").post("/auth/token", renew).status_code == 200


FAMILY = "0191c2f0-0000-4000-8000-000000000001"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.req("ACC-02")
def test_an_access_token_ends_after_minutes(ampere: object) -> None:
    token = tokens.encode(tokens.Access("u", FAMILY), tenant="ampere", now=NOW)
    assert tokens.decode(token, tenant="ampere", now=NOW + timedelta(minutes=9)).user_uid == "u"
    with pytest.raises(tokens.BadToken, match="expired"):
        tokens.decode(token, tenant="ampere", now=NOW + timedelta(minutes=11))


@pytest.mark.req("ACC-02")
@pytest.mark.parametrize("algorithm", ["none", "HS512"])
def test_a_token_of_another_algorithm_is_refused(ampere: object, algorithm: str) -> None:
    claims = jwt.decode(
        tokens.encode(tokens.Access("u", FAMILY), tenant="ampere", now=NOW), options={"verify_signature": False}
    )
    forged = jwt.encode(claims, "" if algorithm == "none" else "k" * 64, algorithm=algorithm)
    with pytest.raises(tokens.BadToken):
        tokens.decode(forged, tenant="ampere", now=NOW)


@pytest.mark.req("ACC-02")
def test_an_expired_refresh_token_is_refused(dora: User) -> None:
    with tenant_schema("ampere"):
        grant = actions.log_in(email=dora.email, password=PASSWORD, now=NOW)
        with pytest.raises(actions.TokenRefused):
            actions.refresh(token=grant.refresh, now=NOW + timedelta(days=31))


@pytest.mark.req("ACC-02")
def test_who_is_no_longer_active_is_out_at_once(dora: User) -> None:
    token = said(Api("ampere").post("/auth/token", LOGIN))["access_token"]
    with tenant_schema("ampere"):
        User.objects.filter(pk=dora.pk).update(is_active=False)
    assert code(me("ampere", token)) == (401, "unauthenticated")
    assert code(Api("ampere").post("/auth/token", LOGIN)) == (401, "wrong_login")


@pytest.mark.req("ACC-02")
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Bearer a.b.c", "Basic eDp5", "Bearer é"])
def test_noise_for_a_token_is_401_with_a_challenge(db: None, header: str) -> None:
    answer = Api("ampere").get("/me", Authorization=header)
    assert code(answer) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.req("ACC-05")
def test_repeated_failures_lock_the_account_even_for_the_right_password(dora: User) -> None:
    api = Api("ampere")
    for _ in range(5):
        assert code(api.post("/auth/token", {**LOGIN, "password": "wrong"})) == (401, "wrong_login")
    answer = api.post("/auth/token", LOGIN)
    assert code(answer) == (429, "too_many_requests")
    assert 1 <= int(answer.headers["Retry-After"]) <= 300


@pytest.mark.req("ACC-05")
def test_an_unknown_address_sounds_like_a_wrong_password(db: None) -> None:
    answer = Api("ampere").post("/auth/token", {"email": "nobody@ampere.example", "password": "wrong"})
    assert code(answer) == (401, "wrong_login")


@pytest.mark.req("ACC-05")
def test_the_entrance_has_a_limit_by_address(db: None) -> None:
    api = Api("ampere")
    answers = [api.post("/auth/revoke", {"token": "x"}).status_code for _ in range(31)]
    assert answers[:30] == [204] * 30 and answers[30] == 429
    assert Api("barq").post("/auth/revoke", {"token": "x"}).status_code == 204


@pytest.mark.req("API-01")
@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/nothing/here", None, (404, "not_found")),
        ("DELETE", "/me", None, (405, "method_not_allowed")),
        ("POST", "/auth/token", {"email": 5}, (422, "invalid")),
        ("POST", "/auth/token", {"grant_type": "magic"}, (422, "invalid")),
        ("POST", "/auth/token", [], (422, "invalid")),
    ],
)
def test_every_error_is_a_problem(db: None, method: str, path: str, body: object, expected: tuple[int, str]) -> None:
    assert code(Api("ampere")(method, path, body)) == expected


@pytest.mark.req("API-01")
def test_malformed_json_is_a_problem(db: None) -> None:
    answer = Api("ampere").client.post("/api/v1/auth/token", b"{not json", content_type="application/json")
    assert code(answer) == (400, "malformed")


@pytest.mark.req("API-01", "OPS-05")
def test_a_problem_never_repeats_the_password(db: None) -> None:
    answer = Api("ampere").post("/auth/token", {"email": "x@y.example", "password": "s3cret-" * 100})
    assert code(answer) == (422, "invalid")
    assert b"s3cret" not in answer.content


@pytest.mark.req("ACC-03", "API-01")
def test_open_identity_checks_come_page_by_page_oldest_first(db: None) -> None:
    people = [person("ampere", "", identity="pending") for _ in range(3)]
    reviewer = Api("ampere", person("ampere", "", "support"))
    first = said(reviewer.get("/identity-reviews?limit=2"))
    rest = said(reviewer.get(f"/identity-reviews?limit=2&after={first['next']}"))
    assert [p["uid"] for p in first["items"] + rest["items"]] == [str(p.uid) for p in people]
    assert rest["next"] is None
    assert code(Api("ampere", people[0]).get("/identity-reviews")) == (403, "forbidden")
    assert said(Api("barq", person("barq", "", "owner")).get("/identity-reviews"))["items"] == []


@pytest.mark.req("TEN-03", "ACC-01")
def test_a_session_cookie_of_one_tenant_is_nobody_at_the_other(dora: User) -> None:
    client = Api("ampere").client
    client.post("/accounts/login/", {"login": dora.email, "password": PASSWORD})
    assert client.get("/bookings/").status_code == 200
    assert client.get("/bookings/", headers={"host": "barq.localhost"}).status_code == 302


@pytest.mark.req("ACC-05", "API-01")
def test_one_person_cannot_crowd_out_the_others(dora: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bearer, "PER_PERSON", Local(2, 60))
    api, other = Api("ampere", dora), Api("ampere", person("ampere"))
    assert [api.get("/me").status_code for _ in range(3)] == [200, 200, 429]
    assert int(api.get("/me").headers["Retry-After"]) >= 1
    assert other.get("/me").status_code == 200
