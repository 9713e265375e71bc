#!/bin/sh
# Succeeds when this node has all of the data and is in the part of the cluster that has the majority.
set -eu
status() { mariadb --batch --skip-column-names --execute "SHOW GLOBAL STATUS LIKE '$1'" | cut -f 2; }
state=$(status wsrep_local_state_comment)
cluster=$(status wsrep_cluster_status)
echo "node: $state, cluster: $cluster"
[ "$state" = Synced ] && [ "$cluster" = Primary ]
