#!/bin/sh
# Put a new program of the targets linux_executable or docker in the place of the running one, or go back.
#
#   update.sh FOLDER PROGRAM [SHA256]   check PROGRAM, switch to it, and back again where it doesn't get ready
#   update.sh FOLDER --rollback         switch to the one before
#
# FOLDER/releases/BUILD_ID/program are all that there were, FOLDER/current and FOLDER/previous links to two of them. RESTART is
# the command that restarts what runs FOLDER/current/program; READY, asked for ten seconds, says whether it serves.
set -eu

folder=${1:?folder}
wanted=${2:?program, or --rollback}
sum=${3:-}
restart=${RESTART:-true}
ready=${READY:-true}

say() { echo "update: $*" >&2; }

# A link is made beside and renamed: at no moment is there none.
point() { # NAME RELEASE
    ln -s "releases/$2" "$folder/.$1.$$"
    mv -T "$folder/.$1.$$" "$folder/$1"
}

release() { # NAME: the build id that it points at, or nothing
    [ -L "$folder/$1" ] && basename "$(readlink "$folder/$1")" || true
}

switch() { # RELEASE
    point current "$1"
    sh -c "$restart" || return 1
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        sh -c "$ready" && return 0
        sleep 1
    done
    return 1
}

take_in() { # PROGRAM: checks it, and prints its build id
    mkdir -p "$folder/releases"
    new=$folder/releases/.new.$$
    trap 'rm -rf "$new"' EXIT
    mkdir "$new"
    cp "$1" "$new/program"
    chmod 755 "$new/program"
    if [ -n "$sum" ] && ! echo "$sum  $new/program" | sha256sum -c --status; then
        say "$1 doesn't have the sum $sum"
        return 1
    fi
    if ! "$new/program" --selftest >/dev/null; then
        say "$1 fails its self-test on this machine"
        return 1
    fi
    id=$("$new/program" --version | awk '{print $NF}')
    case $id in '' | *[!0-9a-f]*) say "$1 tells no build id"; return 1 ;; esac
    [ -d "$folder/releases/$id" ] || mv "$new" "$folder/releases/$id"
    echo "$id"
}

before=$(release current)
if [ "$wanted" = --rollback ]; then
    id=$(release previous)
    [ -n "$id" ] || { say "there is none before"; exit 1; }
else
    id=$(take_in "$wanted")
    [ "$id" != "$before" ] || { say "$id runs already"; exit 0; }
fi
if switch "$id"; then
    [ -z "$before" ] || point previous "$before"
    say "runs $id${before:+, before $before}"
    exit 0
fi
say "$id doesn't get ready"
[ -z "$before" ] || { switch "$before" && say "back to $before"; }
exit 1
