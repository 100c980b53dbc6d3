"""Static files under names that carry their content's hash, once `saas.web.build` has collected them."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStatic(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Before anything is collected (tests, a fresh checkout) the plain name is served by the finders."""

    manifest_strict = False

    def url(self, name: str, force: bool = False) -> str:
        if not self.hashed_files:
            return f"{self.base_url}{name}"
        address: str = super().url(name, force)
        return address
