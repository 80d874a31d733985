# SPDX-License-Identifier: MIT
"""What the system tests stand on: programs, namespaces, real peers, and memory read from outside."""
