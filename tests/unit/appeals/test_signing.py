"""The signature under an evidence bundle, by the vectors of RFC 8032 and against whoever would forge one."""

from __future__ import annotations

import pytest

from appeals.proof.bundle_verifier import FIELD, ORDER, is_signed, packed, unpacked
from appeals.proof.signing import SigningKey

VECTORS = [  # RFC 8032, 7.1: secret key, public key, message, signature
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595b"
        "be24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb430"
        "2aeeb00d291612bb0c00",
    ),
]


@pytest.mark.parametrize(("seed", "public", "message", "signature"), VECTORS)
def test_the_vectors_of_the_standard(seed: str, public: str, message: str, signature: str) -> None:
    key = SigningKey(bytes.fromhex(seed))
    assert (key.public, key.sign(bytes.fromhex(message))) == (public, signature)
    assert is_signed(bytes.fromhex(message), bytes.fromhex(public), bytes.fromhex(signature))


def test_what_is_not_its_signature_is_none() -> None:
    key, other, message = SigningKey.of("one"), SigningKey.of("two"), "опись".encode()
    public, signature = bytes.fromhex(key.public), bytes.fromhex(key.sign(message))
    assert is_signed(message, public, signature)
    assert not is_signed(message + b" ", public, signature)
    assert not is_signed(message, bytes.fromhex(other.public), signature)
    for at in range(0, 64, 7):
        changed = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
        assert not is_signed(message, public, changed), at
    # The same proof plus the order of the group: taken by a careless verifier, it makes a second valid signature.
    again = (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little")
    assert not is_signed(message, public, signature[:32] + again)


@pytest.mark.parametrize(
    "data", [b"", b"\x02" + b"\0" * 31, (FIELD + 1).to_bytes(32, "little"), b"\xff" * 32, b"x" * 33]
)
def test_bytes_that_are_no_point_are_none(data: bytes) -> None:
    assert unpacked(data) is None
    assert not is_signed(b"", data, b"\0" * 64)


def test_a_point_is_what_its_bytes_say() -> None:
    for n in range(8):
        public = bytes.fromhex(SigningKey.of(str(n)).public)
        point = unpacked(public)
        assert point is not None
        assert packed(point) == public


def test_a_key_is_of_the_installations_secret_alone() -> None:
    assert SigningKey.of("a" * 32).public == SigningKey.of("a" * 32).public != SigningKey.of("b" * 32).public
    with pytest.raises(ValueError, match="32 bytes"):
        SigningKey(b"short")
