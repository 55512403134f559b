"""Programs and subcommands that handle a URL as text, or write it somewhere, and read nothing from it."""

from __future__ import annotations

PRINTERS = frozenset(
    "echo printf tee setx sed awk gawk mawk grep egrep fgrep cat tac export declare typeset local readonly"
    " test [ [[ : true false set read expr let which type hash command find sort uniq wc cut tr head"
    " tail paste useradd adduser usermod groupadd addgroup mkdir chmod chown chgrp ln rm rmdir mv cp"
    " touch install stat jq yq xmlstarlet crudini augtool dpkg-divert update-alternatives dpkg-"
    " reconfigure debconf-set-selections ssh-keygen keytool basename dirname realpath readlink date seq"
    " sleep timeout ping nslookup host dig getent diff cmp md5sum sha1sum sha256sum sha512sum base64"
    " envsubst gettext sponge column fold fmt nl rev less more logger wall a2enmod a2ensite systemctl"
    " service crontab locale-gen localedef ldconfig hostname id whoami alias unalias unset shift trap"
    " ulimit umask getopts cd pushd popd pwd ls du df dos2unix unix2dos update-ca-certificates su login"
    " passwd chpasswd htpasswd openssl certutil pk12util rpmdev-setuptree comm join split csplit xxd od"
    " hexdump strings file mktemp mkfifo vi ed ex patch".split()
)
"""Programs for which a URL is text."""

SUBCOMMANDS = frozenset(
    "config configure env login logout search cache info list ls show help version auth whoami set get delete"
    " remove uninstall alias completion status doctor remote rename use unset describe init-settings nuget"
    " source sources settings global profile clean why option".split()
)
"""Subcommands of programs in the tables for which a URL is a setting."""
