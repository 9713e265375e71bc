"""What an image's tree has, for `bpc build` to read in the log: services, accounts, and how much room it takes.

A line is the mark, a kind and names. Where a step fails, the names of that moment are written.
"""

from __future__ import annotations

MARK = "bpc-tree: "

LIST = rf"""
list_names() {{ # root of a tree: lines of a kind and names
  local place path line name names
  for place in etc usr/local/lib usr/lib lib; do
    for path in "$1/$place"/systemd/system/*; do echo "units ${{path##*/}}"; done
    for path in "$1/$place"/systemd/system-generators/*; do echo "generators ${{path##*/}}"; done
  done
  for path in "$1"/etc/init.d/*; do echo "scripts ${{path##*/}}"; done
  grep -rhs '^Alias=' "$1"/etc/systemd/system "$1"/usr/lib/systemd/system | sed 's/^Alias=/units /'
  cut -d: -f1 "$1/etc/passwd" | sed 's/^/accounts /'
  cut -d: -f1 "$1/etc/group" | sed 's/^/groups /'
  cat /dev/null "$1"/usr/lib/sysusers.d/*.conf "$1"/etc/sysusers.d/*.conf | while read -r line name names; do
    case $line in
      u*) printf 'accounts %s\ngroups %s\n' "$name" "$name" ;;
      g*) echo "groups $name" ;;
      m*) printf 'accounts %s\ngroups %s %s\n' "$name" "$name" "$names" ;;
    esac
  done
  # the account that cloud-init makes, and its groups
  cat /dev/null "$1"/etc/cloud/cloud.cfg "$1"/etc/cloud/cloud.cfg.d/*.cfg | tr -d '[],' | while read -r line names; do
    case $line in
      name:) printf 'accounts %s\ngroups %s\n' "$names" "$names" ;;
      groups:) echo "groups $names" ;;
    esac
  done
  sed -n 's/^\(passwd\|group\):/sources/p' "$1/etc/nsswitch.conf"
}}

list_tree() ( # root of a tree: a line for each kind
  set +eEu
  trap - ERR EXIT
  shopt -s nullglob
  list_names "$1" 2>/dev/null | awk '{{ kind = $1; $1 = ""; names[kind] = names[kind] $0 }}
    END {{ for (kind in names) print "{MARK}" kind names[kind] }}'
)
"""
ROOM = f"""
list_tree "$BUILDROOT"
echo "{MARK}bytes $(du -sx -B1 "$BUILDROOT" | cut -f1)"
"""
"""For the last script, outside the tree: also how much of a file system it takes."""
ON_FAILURE = f"""{LIST}
trap 'code=$?; [ "$code" -eq 0 ] || list_tree ""; exit "$code"' EXIT
"""
"""For a script that runs in the tree."""
