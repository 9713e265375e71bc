#!/bin/bash
# More compute hosts for a lab that runs: `spread = hosts` needs as many as a tier has members. Usage: computes.sh NAME...
set -eu
L=${LAB:-/var/tmp/bpc-openstack-lab}
export HOME=$L/home PATH=$L/venv/bin:$PATH PYTHONWARNINGS=ignore
for host in "$@"; do
  mkdir -p "$L/run/nova-$host"
  OS_DEFAULT__HOST=$host OS_DEFAULT__STATE_PATH=$L/run/nova-$host \
    setsid nova-compute >"$L/run/log/nova-compute-$host.out" 2>&1 </dev/null &
  echo $! >"$L/run/pid/nova-compute-$host"
done
