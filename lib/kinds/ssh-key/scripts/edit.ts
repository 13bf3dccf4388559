import { exits, prologue, quote } from './shell.ts';

/** What is to become of a host's authorized_keys. */
export interface Edit {
  user: string;
  /** Undefined: `.ssh/authorized_keys` in the user's home. */
  file: string | undefined;
  /** The base64 of the key that must be there afterwards. */
  keep: string | undefined;
  /** Its line, where it may be missing. Undefined: without it nothing is changed. */
  add: string | undefined;
  /** Lines with one of these words go: a key's base64, a mark. Never one with `keep`. */
  drop: readonly string[];
  /** So do lines with a word that begins like this. */
  sweep: string | undefined;
  /** By the host's clock, in seconds. */
  deadline: number;
}

/**
 * The new file, from the old one. Words are compared whole, so that options and comments cannot be mistaken for a key;
 * comments and lines without one of the words stay as they are.
 */
const program = String.raw`
BEGIN {
  keep = ENVIRON["KT_KEEP"]; add = ENVIRON["KT_ADD"]; sweep = ENVIRON["KT_SWEEP"]
  n = split(ENVIRON["KT_DROP"], words, " ")
  for (i = 1; i <= n; i++) drop[words[i]] = 1
}
{
  has = 0; gone = 0
  if ($0 !~ /^[ \t]*#/) for (i = 1; i <= NF; i++) {
    word = $i; sub(/\r$/, "", word)
    if (keep != "" && word == keep) has = 1
    if (word in drop) gone = 1
    if (sweep != "" && index(word, sweep) == 1) gone = 1
  }
  if (has) kept = 1
  if (has || !gone) print
}
END {
  if (keep != "" && !kept) { if (add == "") exit ${exits.keepMissing}; print add }
}
`;

/**
 * Runs as whoever owns the folder: in a user's own folder nothing is done as root that a symbolic link could turn elsewhere.
 * The copy has owner, mode, ACL and SELinux context of the file; it takes its place in one step.
 */
const edit = String.raw`
set -eu
umask 077
file=$(readlink -f -- "$1")
folder=$(dirname -- "$file")
rm -f -- "$folder"/.keyturn.??????
new=$(mktemp "$folder/.keyturn.XXXXXX")
trap "rm -f -- \"\$new\"" EXIT
old=/dev/null
if [ -e "$file" ]; then
  old=$file
  [ "$(id -u)" = 0 ] || [ -O "$file" ] || { echo "$file is not the file of $(id -un)"; exit ${exits.unfit}; }
  cp --preserve=all -- "$file" "$new"
else
  chmod "$2" "$new"
fi
status=0
awk "$3" "$old" > "$new" || status=$?
[ "$status" != ${exits.keepMissing} ] || { echo "$file has no line with the key that is to stay"; exit "$status"; }
[ "$status" = 0 ] || exit ${exits.unfit}
if cmp -s -- "$new" "$old"; then exit 0; fi
sync -- "$new" 2>/dev/null || :
mv -fT -- "$new" "$file"
[ "$old" != /dev/null ] || ! command -v restorecon >/dev/null || restorecon -F -- "$file" 2>/dev/null || :
`;

/** Idempotent; two at once run one after the other. The text that a host's `sh` runs, as root. Pure. */
export function editScript({ user, file, keep = '', add = '', drop, sweep = '', deadline }: Edit): string {
  return [
    prologue({ deadline, user, file: file ?? '', edit, program }),
    `export KT_KEEP=${quote(keep)} KT_ADD=${quote(add)} KT_DROP=${quote(drop.join(' '))} KT_SWEEP=${quote(sweep)}`,
    `
entry=$(getent passwd "$user") || fail "there is no user $user" ${exits.noUser}
uid=$(printf '%s' "$entry" | cut -d: -f3)
home=$(printf '%s' "$entry" | cut -d: -f6)
if [ -n "$file" ]; then
  folder=$(dirname -- "$file")
  [ -d "$folder" ] || fail "there is no folder $folder" ${exits.unfit}
else
  [ -d "$home" ] || fail "$user has no home: $home" ${exits.unfit}
  folder=$home/.ssh
  file=$folder/authorized_keys
fi
as() {
  if [ "$editor" = "$(id -u)" ]; then "$@"; else runuser -u "$user" -- "$@"; fi
}
editor=$uid
if [ ! -d "$folder" ]; then
  as mkdir -m 700 -- "$folder" || fail "$folder cannot be made" ${exits.unfit}
  ! command -v restorecon >/dev/null || restorecon -F -- "$folder" 2>/dev/null || :
fi
editor=$(stat -L -c %u -- "$folder")
mode=600
case $editor in
  "$uid") ;;
  # sshd reads the file as the user.
  0) mode=644 ;;
  *) fail "$folder belongs neither to $user nor to root" ${exits.unfit} ;;
esac
exec 9<"$folder" || fail "$folder cannot be opened" ${exits.unfit}
flock -w 10 9 || fail "$folder is locked" ${exits.busy}
as sh -c "$edit" keyturn "$file" "$mode" "$program" || exit $?
exec 9<&-`,
  ].join('\n');
}
