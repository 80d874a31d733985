# SPDX-License-Identifier: MIT
"""Real programs, each in a network namespace without a name, and the scripted peer beside them."""
