# SPDX-License-Identifier: MIT
"""The handshake's glue against published vectors, and against itself with one byte wrong."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wg_host import noise, tai64n
from wg_host.keys import PresharedKey, PrivateKey, PublicKey
from wg_host.messages import Initiation, Response
from wg_host.noise import HandshakeError, InitiatorHandshake, ResponderHandshake

ALICE, BOB = PrivateKey(bytes(range(32))), PrivateKey(bytes(range(100, 132)))
PSK = PresharedKey(bytes(range(200, 232)))


# The published vectors of wireguard-go's TestKDF.
@pytest.mark.parametrize(
    ("key", "data", "outputs"),
    [
        (
            b"test-key",
            b"test-input",
            (
                "6f0e5ad38daba1bea8a0d213688736f19763239305e0f58aba697f9ffc41c633",
                "df1194df20802a4fe594cde27e92991c8cae66c366e8106aaa937a55fa371e8a",
                "fac6e2745a325f5dc5d11a5b165aad08b0ada28e7b4e666b7c077934a4d76c24",
            ),
        ),
        (
            b"wireguard",
            b"wireguard",
            (
                "491d43bbfdaa8750aaf535e334ecbfe5129967cd64635101c566d4caefda96e8",
                "1e71a379baefd8a79aa4662212fcafe19a23e2b609a3db7d6bcba8f560e3d25f",
                "31e1ae48bddfbe5de38f295e5452b1909a1b4e38e183926af3780b0c1e1f0160",
            ),
        ),
        (
            b"",
            b"",
            (
                "8387b46bf43eccfcf349552a095d8315c4055beb90208fb1be23b894bc2ed5d0",
                "58a0e5f6faefccf4807bff1f05fa8a9217945762040bcec2f4b4a62bdfe0e86e",
                "0ce6ea98ec548f8e281e93e32db65621c45eb18dc6f0a7ad94178610a2f7338e",
            ),
        ),
    ],
)
def test_kdf_vectors(key: bytes, data: bytes, outputs: tuple[str, ...]) -> None:
    for n in (1, 2, 3):
        assert tuple(o.hex() for o in noise.kdf(key, data, n)) == outputs[:n]


def test_initial_chaining_key_and_hash() -> None:
    """The two constants that implementations carry precomputed."""
    c = noise.blake2s(noise.CONSTRUCTION)
    assert c.hex() == "60e26daef327efc02ec335e2a025d2d016eb4206f87277f52d38d1988b78cd36"
    h = noise.blake2s(c, noise.IDENTIFIER)
    assert h.hex() == "2211b361081ac566691243db458ad5322d9c6c662293e8b70ee19c65ba079ef3"


def handshake(psk: PresharedKey = PSK) -> tuple[InitiatorHandshake, ResponderHandshake]:
    initiator = InitiatorHandshake(ALICE, BOB.public, 7, tai64n.encode(10**18))
    return initiator, ResponderHandshake(BOB, initiator.initiation)


def test_both_ends_hold_the_same_keys_crosswise() -> None:
    initiator, responder = handshake()
    assert responder.remote == ALICE.public
    assert responder.timestamp == tai64n.encode(10**18)
    response, theirs, _ = responder.create_response(9, PSK)
    assert (response.sender, response.receiver) == (9, 7)
    ours = initiator.consume_response(response, PSK)
    assert (ours.send, ours.receive) == (theirs.receive, theirs.send)
    assert ours.send != ours.receive


def test_a_transcript_with_fixed_keys_does_not_change() -> None:
    """Our own transcript, pinned: a change of any byte of any message shows here."""
    e1, e2 = PrivateKey(bytes([1] * 32)), PrivateKey(bytes([2] * 32))
    initiator = InitiatorHandshake(ALICE, BOB.public, 7, bytes(12), e1)
    response, keys, _ = ResponderHandshake(BOB, initiator.initiation).create_response(9, PSK, e2)
    digest = noise.blake2s(
        initiator.initiation.encode(), response.encode(), keys.send, keys.receive
    )
    assert digest.hex() == "6ff3d617a596723200ff5605d893b24bca8d410aa639bd0268c6df95cbb8a506"


def test_another_psk_is_refused_and_the_right_one_still_works() -> None:
    initiator, responder = handshake()
    wrong, _, _ = responder.create_response(9, PresharedKey.none())
    with pytest.raises(HandshakeError, match="response"):
        initiator.consume_response(wrong, PSK)
    right, _, _ = responder.create_response(10, PSK)
    initiator.consume_response(right, PSK)


@settings(max_examples=60)
@given(st.integers(8, 115), st.integers(0, 7))
def test_every_bit_of_an_initiation_counts(place: int, bit: int) -> None:
    raw = bytearray(handshake()[0].initiation.encode())
    raw[place] ^= 1 << bit
    with pytest.raises(HandshakeError):
        ResponderHandshake(BOB, Initiation.decode(bytes(raw)))


def test_the_bit_that_x25519_ignores_is_hashed() -> None:
    """RFC 7748 section 5: the top bit of a coordinate does not change the shared secret."""
    raw = bytearray(handshake()[0].initiation.encode())
    raw[39] ^= 0x80
    with pytest.raises(HandshakeError):
        ResponderHandshake(BOB, Initiation.decode(bytes(raw)))


@settings(max_examples=60)
@given(st.integers(12, 59), st.integers(0, 7))
def test_every_bit_of_a_response_counts(place: int, bit: int) -> None:
    initiator, responder = handshake()
    raw = bytearray(responder.create_response(9, PSK)[0].encode())
    raw[place] ^= 1 << bit
    with pytest.raises(HandshakeError):
        initiator.consume_response(Response.decode(bytes(raw)), PSK)


def test_an_ephemeral_of_low_order_is_refused() -> None:
    initiation = handshake()[0].initiation
    low = Initiation(
        initiation.sender, bytes(32), initiation.encrypted_static, initiation.encrypted_timestamp
    )
    with pytest.raises(HandshakeError, match="low order"):
        ResponderHandshake(BOB, low)


def test_a_peer_key_of_low_order_is_refused() -> None:
    with pytest.raises(HandshakeError, match="low order"):
        InitiatorHandshake(ALICE, PublicKey(bytes(32)), 1, bytes(12))


def test_stamps_strictly_increase() -> None:
    clock = tai64n.Clock()
    stamps = [clock() for _ in range(1000)]
    assert all(a < b for a, b in itertools.pairwise(stamps))
    assert all(len(s) == 12 for s in stamps)


def test_a_stamp_is_tai64n() -> None:
    assert tai64n.encode(0).hex() == "400000000000000a00000000"
    assert tai64n.encode(1_000_000_001).hex() == "400000000000000b00000001"
