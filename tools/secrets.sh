# Looks for secrets in what controllers wrote; to be sourced.

# The word that each secret of the tests contains.
secret_mark() {
  sed -n 's/.*secret_mark = "\(.*\)";/\1/p' "$root/emulator/secret_mark.hpp"
}

# base64_inside TEXT: what every base64 of a text with TEXT in it contains, by
# where TEXT begins: the characters that depend on nothing but TEXT.
base64_inside() {
  local before encoded first=(0 2 3) last=(0 3 2)
  for before in '' x xx; do
    encoded=$(printf '%s%s' "$before" "$1" | base64 -w 0)
    encoded=${encoded:${first[${#before}]}}
    echo "${encoded:0:${#encoded}-${last[$(((${#before} + ${#1}) % 3))]}}"
  done
}

# What must not be found: the mark as it is, in base64 and in hexadecimal
# digits (percent-encoding leaves it alone), any private key, and any token of
# a service account.
secret_patterns() {
  local mark
  mark=$(secret_mark)
  [[ -n $mark ]] || die 'emulator/secret_mark.hpp has no mark'
  echo "$mark"
  base64_inside "$mark"
  printf '%s' "$mark" | od -An -v -tx1 | tr -d ' \n'
  echo
  echo 'PRIVATE KEY-----'
  echo 'eyJ[A-Za-z0-9_-]*\.eyJ'
}

# find_no_secrets FOLDER: fails if a file below holds one, or if something that
# has to be searched is not there.
find_no_secrets() {
  local kind found status=0
  for kind in suite log output metrics events; do
    compgen -G "$1/$kind.*" > /dev/null \
      || { echo "no $kind was kept" >&2; status=1; }
  done
  if found=$(grep -rinE -f <(secret_patterns) "$1"); then
    printf 'a secret was written:\n%s\n' "$found" | cut -c1-300 | head -n 20 >&2
    status=1
  fi
  return "$status"
}
