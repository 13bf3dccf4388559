import { prologue } from './shell.ts';

export interface Look {
  user: string;
  /** Of sshd. */
  port: number;
  /** Undefined: the journal, else the usual files. */
  log: string | undefined;
  fingerprint: string;
  /** From when on logins are told, by the host's clock, in seconds. */
  since: number;
  /** Whether sessions of the key are ended. */
  end: boolean;
  deadline: number;
}

/** How far back a login of the user is looked for that shows that the log tells of any: Keyturn's own of the four steps. */
const controlSeconds = 3_600;

/** At most so many lines of each sort, far below the 24,000 characters that Systems Manager hands on. */
const most = 40;

/**
 * Lines of the log in, lines for `parseLook` out: whose key opened the sessions that live, when the key was used, and
 * whether the log shows any login of the user by a key.
 */
const program = String.raw`
BEGIN {
  user = ENVIRON["KT_USER"]; fingerprint = ENVIRON["KT_FINGERPRINT"]
  n = split(ENVIRON["KT_LIVE"], pids, " ")
  for (i = 1; i <= n; i++) live[pids[i]] = 1
}
match($0, /sshd(-session)?\[[0-9]+\]: Accepted /) {
  stamp = substr($0, 1, RSTART - 1)
  pid = substr($0, RSTART, RLENGTH); sub(/^[^\[]*\[/, "", pid); sub(/\].*/, "", pid)
  m = split(substr($0, RSTART + RLENGTH), word, " ")
  # publickey for USER from ADDRESS port PORT ssh2: ED25519 SHA256:…
  if (word[2] != "for" || word[4] != "from") next
  key = "-"
  for (i = 9; i <= m; i++) if (word[i] ~ /^SHA256:/) { key = word[i]; break }
  if (pid in live) opened[pid] = word[3] " " key " " word[5]
  if (word[3] != user || word[1] != "publickey") next
  seen = 1
  if (key == fingerprint) { split(stamp, part, " "); uses[++count] = (part[1] ~ /^[0-9]/ ? part[1] : part[1] " " part[2] " " part[3]) "|" word[5] }
}
END {
  if (seen) print "seen"
  for (pid in opened) print "live|" pid "|" opened[pid]
  for (i = (count > ${most} ? count - ${most} + 1 : 1); i <= count; i++) print "use|" uses[i]
}
`;

/**
 * Reads only, unless it is to end sessions. A session is an established connection at sshd's port that a process of
 * sshd's holds, and that has been let in: before, one of them is called [net], [accepted] or [preauth].
 */
export function lookScript({ user, port, log, fingerprint, since, end, deadline }: Look): string {
  return [
    prologue({
      deadline,
      user,
      port: `:${port.toString(16).toUpperCase().padStart(4, '0')}`,
      log: log ?? '',
      fingerprint,
      start: Math.max(0, since - controlSeconds),
      end: end ? 'yes' : 'no',
      program,
    }),
    String.raw`
source=none
if [ -n "$log" ]; then
  [ ! -r "$log" ] || source=file
elif command -v journalctl >/dev/null && journalctl -q --no-pager -n 1 SYSLOG_IDENTIFIER=sshd SYSLOG_IDENTIFIER=sshd-session 2>/dev/null | grep -q .; then
  source=journal
else
  for log in /var/log/auth.log /var/log/secure; do
    if [ -r "$log" ]; then source=file; break; fi
  done
fi
entries() {
  case $source in
    journal) journalctl -q --no-pager -o short-unix --since "@$start" SYSLOG_IDENTIFIER=sshd SYSLOG_IDENTIFIER=sshd-session ;;
    file) grep -h -a -E 'sshd(-session)?\[[0-9]+\]: Accepted ' "$log.1" "$log" 2>/dev/null ;;
  esac
}
first() {
  case $source in
    journal) journalctl -q --no-pager -o short-unix 2>/dev/null | head -n 1 ;;
    file) { head -n 1 "$log.1" 2>/dev/null; head -n 1 "$log"; } | grep -a . | head -n 1 ;;
  esac | cut -c 1-40
}
# State and inode of each at the port. Read once for each look: a busy host has thousands of others.
sockets() {
  awk -v port="$port" 'substr($2, length($2) - 4) == port { print $4 "|" $10 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}
held() {
  open=" $(printf '%s\n' "$sockets" | sed -n 's/^01|//p' | tr '\n' ' ')"
  ls -l /proc/[0-9]*/exe 2>/dev/null | awk '$(NF - 1) == "->" && $NF ~ /\/sshd[^\/]*$/ || $NF == "(deleted)" && $(NF - 1) ~ /\/sshd[^\/]*$/ { for (i = 1; i <= NF; i++) if ($i ~ /^\/proc\//) { split($i, part, "/"); print part[3] } }' |
    while read -r pid; do
      title=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | cut -c 1-80)
      ls -l "/proc/$pid/fd" 2>/dev/null | sed -n 's/.*socket:\[\([0-9]*\)\]$/\1/p' | sort -u |
        while read -r inode; do
          case $open in *" $inode "*) echo "$inode|$pid|$title" ;; esac
        done
    done
}
look() {
  sockets=$(sockets)
  table=$(held)
  early=" $(printf '%s\n' "$table" | awk -F'|' '$3 ~ /\[(net|accepted|preauth)\]/ { print $1 }' | tr '\n' ' ')"
  table=$(printf '%s\n' "$table" | awk -F'|' -v early="$early" 'NF == 3 && !index(early, " " $1 " ")')
  export KT_USER="$user" KT_FINGERPRINT="$fingerprint" KT_LIVE="$(printf '%s\n' "$table" | cut -d'|' -f2 | tr '\n' ' ')"
  told=$(entries | awk "$program")
}
mine() {
  pids=$(printf '%s\n' "$told" | awk -F'|' -v own="$user $fingerprint " '$1 == "live" && index($3, own) == 1 { print $2 }' | tr '\n' ' ')
  printf '%s\n' "$table" | awk -F'|' -v pids=" $pids" 'index(pids, " " $2 " ") { own[$1] = 1 } { inode[NR] = $1; pid[NR] = $2 } END { for (i = 1; i <= NR; i++) if (inode[i] in own) print pid[i] }'
}
look
if [ "$end" = yes ]; then
  for signal in TERM KILL; do
    for tries in 1 2 3 4 5 6 7 8 9 10 11 12; do
      pids=$(mine)
      [ -n "$pids" ] || break 2
      [ "$tries" != 1 ] || kill -s "$signal" $pids 2>/dev/null || :
      sleep 0.25
      look
    done
  done
fi
echo "now|$(date +%s.%N)"
echo "source|$source"
! printf '%s\n' "$sockets" | grep -q '^0A|' || echo listens
first | sed 's/^/first|/'
printf '%s\n' "$told" | head -n 200
printf '%s\n' "$table" | head -n 100 | sed -n 's/^\([0-9]\)/held|\1/p'
# A classic time has neither year nor offset: the host says what it means.
printf '%s\n%s\n' "$(first)" "$told" | sed -n 's/^use|//; s/^\([A-Z][a-z][a-z]  *[0-9]* [0-9:]*\).*/\1/p' | sort -u | tail -n 60 |
  while read -r stamp; do echo "time|$stamp|$(date -d "$stamp" +%s)"; done`,
  ].join('\n');
}
