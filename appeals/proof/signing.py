"""The installation's own signature under what it hands out: Ed25519 (RFC 8032), checked by the verifier in a bundle.

The public part is told beforehand (`gridline appeals key`): whoever has it knows a bundle of ours from one made anew.
"""

from __future__ import annotations

import hashlib

from appeals.proof.bundle_verifier import BASE, ORDER, packed, point_times


class SigningKey:
    """One secret, its public part and the signatures made with it.

    Written here because the verifier must have the same arithmetic with nothing but Python's own library. It is not
    written against whoever measures time on the signing machine: a signature is made when somebody exports an appeal.
    """

    def __init__(self, seed: bytes) -> None:
        """`seed`: 32 secret bytes. Raises ValueError for another length."""
        if len(seed) != 32:
            raise ValueError("an Ed25519 seed is 32 bytes")
        digest = hashlib.sha512(seed).digest()
        low = int.from_bytes(digest[:32], "little")
        self._scalar = (low & ((1 << 254) - 8)) | (1 << 254)
        self._prefix = digest[32:]
        self._public = packed(point_times(self._scalar, BASE))

    @classmethod
    def of(cls, secret: str) -> SigningKey:
        """The key of a secret text of the installation (at least 128 random bits)."""
        return cls(hashlib.sha256(f"gridline evidence\n{secret}".encode()).digest())

    @property
    def public(self) -> str:
        """The part to tell everybody: 64 hex digits."""
        return self._public.hex()

    def sign(self, message: bytes) -> str:
        """The signature of a message: 128 hex digits."""
        once = _scalar(self._prefix + message)
        commitment = packed(point_times(once, BASE))
        challenge = _scalar(commitment + self._public + message)
        proof = (once + challenge * self._scalar) % ORDER
        return (commitment + proof.to_bytes(32, "little")).hex()


def _scalar(data: bytes) -> int:
    return int.from_bytes(hashlib.sha512(data).digest(), "little") % ORDER
