# SPDX-License-Identifier: MIT
"""What the tunnel costs on the booted firmware."""
