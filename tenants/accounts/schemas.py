"""Shapes of the accounts API."""

from typing import Annotated, Literal
from uuid import UUID

from ninja import Field, Schema

from saas.kit.schemas import LongText, Sentence, Word

Email = Annotated[Sentence, Field(max_length=200, examples=["driver@example.com"])]
Secret = Annotated[LongText, Field(min_length=1, max_length=512)]


class PasswordGrant(Schema):
    """Log in with e-mail address and password."""

    grant_type: Literal["password"] = "password"
    email: Email
    password: Secret


class RefreshGrant(Schema):
    """The next pair of tokens. Using a refresh token a second time revokes all that came of it."""

    grant_type: Literal["refresh_token"]
    refresh_token: Secret


class TokenPair(Schema):
    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of the scheme
    expires_in: int = Field(description="Seconds until the access token ends")


class Revocation(Schema):
    token: Secret


class Role(Schema):
    role: str
    organisation: UUID | None = None


class Me(Schema):
    """The person whose token this is."""

    uid: UUID
    email: str
    name: str
    language: str
    identity: str
    roles: list[Role]


class Identity(Schema):
    """Who one is and what one drives, for the identity check."""

    name: Annotated[Sentence, Field(max_length=120)]
    licence_plate: Annotated[Word, Field(max_length=16)]
    vehicle_type: Annotated[Word, Field(max_length=60)]


class Review(Identity):
    """A person whose identity check is open or was just decided."""

    uid: UUID
    email: str
    identity: str


class Decision(Schema):
    accept: bool
