#!/bin/bash
# Starts this node, once, at first boot: README.md says who founds the cluster, and who joins or waits.
set -euo pipefail
data=/srv/mysql/data
IFS=, read -r -a members <<<"$HOSTS"
addresses=$(ip -o addr show | awk '{ sub("/.*", "", $4); print $4 }')

is_this_machine() { grep -qxF "$1" <<<"$addresses"; }

somebody_answers() {
  local host
  for host in "${members[@]}"; do
    is_this_machine "$host" && continue
    # not the port of replication, which is also open while a node still looks for others
    timeout 3 bash -c ": </dev/tcp/$host/3306" 2>/dev/null && return 0
  done
  return 1
}

start() {
  if somebody_answers; then
    systemctl start mariadb
  elif [ -e "$data/grastate.dat" ]; then
    grep -q '^safe_to_bootstrap: 1' "$data/grastate.dat" && galera_new_cluster
  else
    is_this_machine "${members[0]}" && galera_new_cluster
  fi
}

# The package may have started one. Nothing else starts or restarts it at first boot: the founder would look for others then.
systemctl stop mariadb
systemctl enable mariadb
if [ ! -d "$data/mysql" ]; then
  install -d -o mysql -g mysql -m 0700 "$data"
  mariadb-install-db --user=mysql --datadir="$data" --skip-test-db --force >/dev/null # also where no DNS knows this machine
fi
if [ "${#members[@]}" = 1 ]; then
  # Founded at each start: nobody else could have newer data.
  sed -i 's|^wsrep_cluster_address = .*|wsrep_cluster_address = gcomm://|' /etc/mysql/mariadb.conf.d/70-cluster.cnf
  install -d /etc/systemd/system/mariadb.service.d
  cat >/etc/systemd/system/mariadb.service.d/alone.conf <<UNIT
[Service]
ExecStartPre=-/bin/sed -i "s/^safe_to_bootstrap: 0/safe_to_bootstrap: 1/" $data/grastate.dat
UNIT
  systemctl daemon-reload
  [ ! -e "$data/grastate.dat" ] || sed -i 's/^safe_to_bootstrap: 0/safe_to_bootstrap: 1/' "$data/grastate.dat"
fi
until start; do sleep 5; done
# A node that still receives its data has started, too, but refuses every statement.
until mariadb --execute "SELECT 1" >/dev/null; do sleep 2; done

# The same on all nodes: what is there already stays. The name has letters, digits and _, the password letters and digits.
mariadb <<SQL
CREATE DATABASE IF NOT EXISTS $DATABASE;
CREATE USER IF NOT EXISTS '$DATABASE'@'%' IDENTIFIED BY '$PASSWORD';
GRANT ALL ON $DATABASE.* TO '$DATABASE'@'%';
SQL
