# SPDX-License-Identifier: MIT
# ZWG_VERSION from the file VERSION, as the console prints it.
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/../VERSION zwg_version_lines REGEX "^(VERSION_M|PATCHLEVEL)")
string(REGEX MATCHALL "[0-9]+" zwg_version_numbers "${zwg_version_lines}")
string(REPLACE ";" "." ZWG_VERSION "${zwg_version_numbers}")
