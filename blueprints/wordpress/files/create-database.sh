#!/bin/bash
# The volume is mounted over /var/lib/mysql: MariaDB's tables are made on it when it is empty, and stay when it has some.
set -eu
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/[\\\\']/\\\\&/g")"; }
chown mysql:mysql /var/lib/mysql
if [ ! -d /var/lib/mysql/mysql ]; then
  mariadb-install-db --user=mysql --skip-test-db >/dev/null
fi
systemctl restart mariadb
mariadb <<SQL
CREATE DATABASE IF NOT EXISTS \`$NAME\`;
CREATE USER IF NOT EXISTS $(quoted "$ACCOUNT")@'%';
ALTER USER $(quoted "$ACCOUNT")@'%' IDENTIFIED BY $(quoted "$PASSWORD");
GRANT ALL PRIVILEGES ON \`$NAME\`.* TO $(quoted "$ACCOUNT")@'%';
ALTER USER 'root'@'localhost' IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD($(quoted "$ROOT_PASSWORD"));
FLUSH PRIVILEGES;
SQL
