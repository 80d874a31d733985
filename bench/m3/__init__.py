# SPDX-License-Identifier: MIT
"""An emulated Cortex-M3 that counts: instructions, estimated cycles, stack, and every address."""
