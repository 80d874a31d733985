# SPDX-License-Identifier: MIT
"""What the system tests stand on: programs, namespaces, real peers, memory read from outside."""
