# SPDX-License-Identifier: MIT
# The core's sources, for every build that compiles them: native, Zephyr, bench.
set(ZWG_CORE_SOURCES
  ${CMAKE_CURRENT_LIST_DIR}/addr.c
  ${CMAKE_CURRENT_LIST_DIR}/allowedips.c
  ${CMAKE_CURRENT_LIST_DIR}/chain.c
  ${CMAKE_CURRENT_LIST_DIR}/cookie.c
  ${CMAKE_CURRENT_LIST_DIR}/counters.c
  ${CMAKE_CURRENT_LIST_DIR}/deadlines.c
  ${CMAKE_CURRENT_LIST_DIR}/device.c
  ${CMAKE_CURRENT_LIST_DIR}/handshake.c
  ${CMAKE_CURRENT_LIST_DIR}/index.c
  ${CMAKE_CURRENT_LIST_DIR}/inner.c
  ${CMAKE_CURRENT_LIST_DIR}/jobs.c
  ${CMAKE_CURRENT_LIST_DIR}/keypair.c
  ${CMAKE_CURRENT_LIST_DIR}/map.c
  ${CMAKE_CURRENT_LIST_DIR}/noise.c
  ${CMAKE_CURRENT_LIST_DIR}/peer.c
  ${CMAKE_CURRENT_LIST_DIR}/ratelimiter.c
  ${CMAKE_CURRENT_LIST_DIR}/receive.c
  ${CMAKE_CURRENT_LIST_DIR}/replay.c
  ${CMAKE_CURRENT_LIST_DIR}/send.c
  ${CMAKE_CURRENT_LIST_DIR}/timers.c
)
set(ZWG_CRYPTO_SHARED_SOURCES
  ${CMAKE_CURRENT_LIST_DIR}/crypto/secret.c
)
# Back ends of crypto/crypto.h, each complete: one of them.
set(ZWG_CRYPTO_PORTABLE_SOURCES
  ${CMAKE_CURRENT_LIST_DIR}/crypto/aead.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/blake2s.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/chacha20.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/poly1305.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/xaead.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/portable/blake2s.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/portable/chacha20.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/portable/poly1305.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/portable/x25519.c
)
# The portable one with a ChaCha20 for hosts that have vectors: x86-64 and arm64, little-endian.
set(ZWG_CRYPTO_VECTOR_SOURCES ${ZWG_CRYPTO_PORTABLE_SOURCES})
list(TRANSFORM ZWG_CRYPTO_VECTOR_SOURCES
  REPLACE "crypto/portable/chacha20.c" "crypto/vector/chacha20.c")
set(ZWG_CRYPTO_ARMV7M_SOURCES
  ${CMAKE_CURRENT_LIST_DIR}/crypto/aead.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/blake2s.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/chacha20.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/poly1305.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/xaead.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/armv7m/blake2s.S
  ${CMAKE_CURRENT_LIST_DIR}/crypto/armv7m/chacha20.S
  ${CMAKE_CURRENT_LIST_DIR}/crypto/armv7m/field.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/armv7m/field_add.S
  ${CMAKE_CURRENT_LIST_DIR}/crypto/armv7m/field_mul.S
  ${CMAKE_CURRENT_LIST_DIR}/crypto/armv7m/poly1305.S
  ${CMAKE_CURRENT_LIST_DIR}/crypto/armv7m/x25519.c
)
# X25519 and ChaCha20-Poly1305 of PSA Crypto, which has no BLAKE2s and no HChaCha20. What links them
# supplies psa/crypto.h and what crypto/psa/psa.h asks for.
set(ZWG_CRYPTO_PSA_SOURCES
  ${CMAKE_CURRENT_LIST_DIR}/crypto/blake2s.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/chacha20.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/portable/blake2s.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/portable/chacha20.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/psa/aead.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/psa/x25519.c
  ${CMAKE_CURRENT_LIST_DIR}/crypto/xaead.c
)
