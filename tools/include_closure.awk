# Reads "hash  file" lines of sha256sum, then `file:#include "header"` lines of
# grep. Prints each source with the hashes of itself and of all headers of ours
# that it includes, directly or not.

/^[0-9a-f]+  / {
  hash[$2] = $1
  if ($2 ~ /\.cpp$/)
    sources[++count] = $2
  next
}

{
  file = substr($0, 1, index($0, ":") - 1)
  split($0, parts, "\"")
  if (parts[2] in hash)
    headers[file] = headers[file] " " parts[2]
}

function visit(file,    list, n, i) {
  if ((source, file) in seen)
    return
  seen[source, file] = 1
  line = line " " hash[file]
  n = split(headers[file], list, " ")
  for (i = 1; i <= n; i++)
    visit(list[i])
}

END {
  for (s = 1; s <= count; s++) {
    source = sources[s]
    line = source
    visit(source)
    print line
  }
}
