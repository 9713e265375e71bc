#!/bin/bash
# Starts the OpenStack lab whose up.sh is given, with what the live tests need beyond it: VIP ports that Neutron knows, and
# four compute hosts, for tiers whose members must not share one. Usage: LAB=FOLDER up.sh THE-LAB'S-UP.SH
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export LAB=${LAB:-/var/tmp/bpc-openstack-lab}

log=$(mktemp)
PYTHONPATH=$here OS_CONTROLLER_WORKER__NETWORK_DRIVER=lab "$1" 2>&1 | tee "$log"
grep -q READY "$log"

export HOME=$LAB/home PATH=$LAB/venv/bin:$PATH PYTHONWARNINGS=ignore
for host in lab2 lab3 lab4; do
  mkdir -p "$LAB/run/nova-$host"
  OS_DEFAULT__HOST=$host OS_DEFAULT__STATE_PATH=$LAB/run/nova-$host \
    setsid nova-compute >"$LAB/run/log/nova-compute-$host.out" 2>&1 </dev/null &
  echo $! >"$LAB/run/pid/nova-compute-$host"
done
for _ in $(seq 60); do
  up=$(OS_CLIENT_CONFIG_FILE=$LAB/clouds.yaml OS_CLOUD=admin openstack compute service list --service nova-compute -f value -c State | grep -c up || true)
  [ "$up" -ge 4 ] && exit 0
  sleep 2
done
echo "the other compute hosts did not come up" >&2
exit 1
