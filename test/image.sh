#!/usr/bin/env bash
# image.sh PROGRAM: the image of deploy/Dockerfile has every library that the
# program is linked with, and no package that it has no need of.
set -euo pipefail
cd "$(dirname "$0")/.."

# Those of the C library and the compiler come with the others.
implied='libc6|libgcc-s1'

listed() {
  sed -n '/^FROM debian:12-slim/,/^COPY/s/^ *\(lib[^ ]*\) .*/\1/p' \
    deploy/Dockerfile | sort
}

# Packages of the libraries that the program itself names.
needed() {
  local name path
  readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' \
    | while read -r name; do
      path=$(ldd "$1" | awk -v name="$name" '$1 == name { print $3 }')
      dpkg -S "*${path#/usr}" | cut -d: -f1
    done | sort -u | grep -Evx "$implied"
}

difference=$(diff <(listed) <(needed "$1")) || {
  echo "deploy/Dockerfile: libraries listed (<) and needed (>) differ:"
  echo "$difference"
  exit 1
}
