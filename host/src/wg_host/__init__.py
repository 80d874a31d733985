# SPDX-License-Identifier: MIT
"""Host tools for zwg: keys, provisioning over the console, and an independent WireGuard peer."""

__version__ = "0.1.0"
