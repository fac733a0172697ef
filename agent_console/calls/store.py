"""The recordings' store as the installation has it: a folder or an S3-compatible service, sealed or not."""

from __future__ import annotations

from asterisk_conf.secrets import secret
from gridline.settings import Settings
from recordings import store
from recordings.sealed import SealedStore
from recordings.store import Store

SECRET = "recordings"  # a file's name


def of_installation(config: Settings) -> Store:
    """The store; what was ever sealed can be heard also after sealing was switched off.

    The secret is made when sealing is switched on, in `var/secrets/recordings`: whoever loses it loses the sound.
    """
    plain, secrets = store.of_settings(config), config.var / "secrets"
    if config.recordings_encrypted or (secrets / SECRET).exists():
        return SealedStore(plain, secret(secrets, SECRET), seals=config.recordings_encrypted)
    return plain
