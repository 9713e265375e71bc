#!/bin/sh
# The volume is mounted over /var/lib/postgresql: the cluster is made on it when it is empty.
set -eu
password=$(cat /etc/shop-password)
chown postgres:postgres /var/lib/postgresql
if [ ! -d /var/lib/postgresql/15/main ]; then
  runuser -u postgres -- /usr/lib/postgresql/15/bin/initdb --auth-local=peer -D /var/lib/postgresql/15/main
fi
systemctl restart postgresql
runuser -u postgres -- psql --set=ON_ERROR_STOP=1 --set=password="$password" <<'SQL'
CREATE ROLE shop LOGIN PASSWORD :'password';
CREATE DATABASE shop OWNER shop;
\connect shop
SET ROLE shop;
CREATE TABLE visits (number bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
SQL
touch /var/lib/postgresql/.shop-created
