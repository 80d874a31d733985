# SPDX-License-Identifier: MIT
# What every board needs around the core. Needs core/, core/include/ and the repository's root among
# the include directories. A program that only reads and writes text takes ZWG_TEXT_SOURCES.
set(ZWG_TEXT_SOURCES
  ${CMAKE_CURRENT_LIST_DIR}/text_addr.c
  ${CMAKE_CURRENT_LIST_DIR}/text_endpoint.c
  ${CMAKE_CURRENT_LIST_DIR}/text_key.c
  ${CMAKE_CURRENT_LIST_DIR}/text_number.c
)
set(ZWG_BOARD_SOURCES
  ${ZWG_TEXT_SOURCES}
  ${CMAKE_CURRENT_LIST_DIR}/conf.c
  ${CMAKE_CURRENT_LIST_DIR}/conf_apply.c
  ${CMAKE_CURRENT_LIST_DIR}/console.c
  ${CMAKE_CURRENT_LIST_DIR}/console_json.c
  ${CMAKE_CURRENT_LIST_DIR}/console_commit.c
  ${CMAKE_CURRENT_LIST_DIR}/console_set.c
  ${CMAKE_CURRENT_LIST_DIR}/console_show.c
  ${CMAKE_CURRENT_LIST_DIR}/crc32.c
  ${CMAKE_CURRENT_LIST_DIR}/lineedit.c
  ${CMAKE_CURRENT_LIST_DIR}/output.c
  ${CMAKE_CURRENT_LIST_DIR}/record.c
  ${CMAKE_CURRENT_LIST_DIR}/serial.c
  ${CMAKE_CURRENT_LIST_DIR}/stamp.c
)
