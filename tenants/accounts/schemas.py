"""Shapes of the accounts API."""

from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import ConfigDict

from saas.kit.schemas import Language, Latitude, Longitude, LongText, Moment, Sentence, Word

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


RoleName = Annotated[Word, Field(examples=["operator"])]
OrganisationKind = Literal["fleet", "enterprise", "host", "partner"]


class Member(Schema):
    """Somebody with roles here. `active`: the person has set a password, so can log in."""

    uid: UUID
    email: str
    name: str
    active: bool
    roles: list[Role]


class Invitation(Schema):
    """A role for whoever has this address, known here or not. `organisation` null: over the whole brand."""

    email: Email
    role: RoleName
    name: Annotated[Sentence, Field(max_length=120)] = ""
    organisation: UUID | None = None


class Organisation(Schema):
    uid: UUID
    name: str
    kind: OrganisationKind
    created_at: Moment


class NewOrganisation(Schema):
    name: Annotated[Sentence, Field(min_length=1, max_length=120)]
    kind: OrganisationKind


Colour = Annotated[str, Field(pattern="^#[0-9A-Fa-f]{6}$", examples=["#0B6E4F"])]
Legal = Annotated[str, Field(max_length=60_000)]


class BrandChanges(Schema):
    """What is left out stays. Texts of terms and privacy: plain, with #, -, ** and [links](https://…)."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Word, Field(min_length=1)] = ""
    tagline: Annotated[Sentence, Field(max_length=140)] = ""
    logo_svg: Annotated[str, Field(max_length=40_000)] = ""
    colour_primary: Colour = ""
    colour_accent: Colour = ""
    language: Language = ""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = ""
    support_email: Email = ""
    support_phone: Annotated[Sentence, Field(max_length=30)] = ""
    email_sender: Email = ""
    address_policy: Literal["verified", "booked"] = "verified"
    commission_bp: Annotated[int, Field(ge=0, le=5000, description="Basis points of a session's price")] = 0
    least_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    hold_minutes: Annotated[int, Field(ge=1, le=60)] = 10
    map_latitude: Latitude = 0
    map_longitude: Longitude = 0
    map_zoom: Annotated[float, Field(ge=2, le=18, allow_inf_nan=False)] = 12
    terms: Legal = ""
    privacy: Legal = ""


class Brand(Schema):
    """The brand of this site."""

    uid: UUID
    kind: str
    country: str
    timezone: str
    currency_locked: bool = Field(description="Whether the currency can no longer change")
    name: str
    tagline: str
    logo_svg: str
    colour_primary: str
    colour_accent: str
    language: str
    currency: str
    support_email: str
    support_phone: str
    email_sender: str = Field(description="From of the mails; empty: no-reply at the site's own host")
    address_policy: str
    commission_bp: int
    least_minutes: int
    hold_minutes: int
    map_latitude: float
    map_longitude: float
    map_zoom: float
    terms: str
    privacy: str


class AuditEntry(Schema):
    """Who did what. `details`: by field, before and after."""

    at: Moment
    actor_name: str
    act: str
    subject: str
    details: dict[str, Any]
