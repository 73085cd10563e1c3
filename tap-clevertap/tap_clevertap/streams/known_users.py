"""The users of `known_users_file`: their profiles, read one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_clevertap.config.known_users import KnownUser, known_users
from tap_clevertap.errors import CleverTapError
from tap_clevertap.lookups.lookup import Lookup
from tap_clevertap.records.keys import profile_key
from tap_clevertap.records.repeats import SeenKeys
from tap_clevertap.records.rows import read_profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clevertap.lookups.lookup import Answer
    from tap_clevertap.records.rows import Record

NOT_A_PROFILE = ("its response has something else", "check that api_url is CleverTap's")
PATH = "/1/profile.json"
"""[D:get-user-profiles-api]"""


@dataclass
class KnownUsers:
    """Asks for the profiles of listed identities, each once; only the main thread uses it.

    Args:
        path: The setting.
        account_id: The project's.
        patience: Seconds that CleverTap may prepare a profile.
        emitted: The keys of the profiles that the run has read.
    """

    path: str
    account_id: str
    patience: float
    emitted: SeenKeys
    asked: int = 0
    unknown: int = 0
    _listed: SeenKeys = field(default_factory=SeenKeys)

    def lookups(self) -> Iterator[Lookup]:
        """Yield a request for each identity that is new in the file and in the run."""
        for user in known_users(self.path):
            key = bytes.fromhex(profile_key(self.account_id, user.identity, [], {}))
            if not self._listed.add(key) or key in self.emitted:
                continue
            self.asked += 1
            yield Lookup(
                "GET", PATH, {"identity": user.identity}, about=user, patience=self.patience
            )

    def profiles(self, answer: Answer) -> list[Record]:
        """Return the rows of an answer, as an export has them; none for an unknown user.

        Raises:
            CleverTapError: If CleverTap refuses the request, or its response has no profile.
        """
        user: KnownUser = answer.lookup.about
        if answer.refused is not None and answer.refused.not_found:
            self.unknown += 1
            return []
        if answer.refused is not None:
            raise _fail(user.line, answer.refused.reason, answer.refused.advice)
        profiles = read_profile(answer.content)
        if profiles is None:
            raise _fail(user.line, *NOT_A_PROFILE)
        self.unknown += not profiles
        # The field is optional there. [SNIP]
        return [{**each, "identity": each.get("identity") or user.identity} for each in profiles]


def _fail(line: int, reason: str, advice: str) -> CleverTapError:
    message = f"known_users_file: the profile of line {line} is not there ({reason}); {advice}"
    return CleverTapError(message)
