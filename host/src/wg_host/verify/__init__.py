# SPDX-License-Identifier: MIT
"""Proves a board's tunnel from outside, as an independent WireGuard peer."""
