#!/usr/bin/env bash
# tidy_one.sh CACHE KEY SOURCE: analyses one source; if it passes, leaves a
# file called KEY in CACHE.
set -uo pipefail

# clang does not set what Boost 1.74 looks for before it offers coroutines.
if output=$(clang-tidy-19 --quiet -p build/debug \
  --extra-arg=-DBOOST_ASIO_HAS_CO_AWAIT \
  --extra-arg=-DBOOST_ASIO_HAS_STD_COROUTINE "$3" 2>&1); then
  touch "$1/$2"
else
  printf '%s\n' "$output"
  exit 1
fi
