# SPDX-License-Identifier: MIT
"""Boards in Python, good and bad, for the tests of the host tools."""
