#!/usr/bin/env bash
# Whether two libraries of Standard Webhooks take the same secret for the same key.
#
# Expected: `whsec_` and base64 is one key in both, and what one of them refuses, the other refuses too.
#
# Seen with standardwebhooks 1.0.0 from npm and standardwebhooks 1.0.0 from PyPI:
#   base64 with padding     both make the same signature
#   the same without "="    npm makes the same signature; PyPI raises "Incorrect padding"
#   URL-safe base64         npm raises; PyPI passes over each "-" and "_", and where the length of the rest fits, signs with
#                           a shorter key, without a word
#
# Who it concerns: whoever hands secrets to receivers. Only base64 of the standard alphabet with its padding is one key for
# all. Authsome makes and takes no other form.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m pip install -q --root-user-action ignore --disable-pip-version-check --no-deps --target lib \
    standardwebhooks==1.0.0 attrs==24.2.0 httpx==0.27.2 python-dateutil==2.9.0.post0 Deprecated==1.2.14 wrapt==1.16.0 \
    typing_extensions==4.12.2
npm init -y >/dev/null
npm install --silent --no-audit --no-fund standardwebhooks@1.0.0

# 32 bytes with and without padding, and 48 bytes whose URL-safe form begins with four dashes.
cat >secrets.json <<'JSON'
{
  "padded": "whsec_yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc=",
  "unpadded": "whsec_yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc",
  "url_safe": "whsec_----QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB",
  "rest_of_it": "whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"
}
JSON

cat >sign.py <<'PYTHON'
import json
from datetime import datetime, timezone
from standardwebhooks.webhooks import Webhook

at = datetime.fromtimestamp(1_700_000_000, tz=timezone.utc)
for name, secret in json.load(open("secrets.json")).items():
    try:
        print("pypi", name, Webhook(secret).sign("msg_1", at, "{}"))
    except Exception as error:
        print("pypi", name, "raises", error)
PYTHON

cat >sign.js <<'JAVASCRIPT'
const { Webhook } = require("standardwebhooks");
for (const [name, secret] of Object.entries(require("./secrets.json"))) {
  try {
    console.log("npm", name, new Webhook(secret).sign("msg_1", new Date(1_700_000_000_000), "{}"));
  } catch (error) {
    console.log("npm", name, "raises", error.message);
  }
}
JAVASCRIPT

PYTHONPATH=lib python3 sign.py | tee pypi
node sign.js | tee npm

said() { sed -n "s/^$1 $2 //p" "$1"; }
if [ "$(said pypi padded)" = "$(said npm padded)" ] && [ "$(said npm unpadded)" = "$(said npm padded)" ] &&
    [ "$(said pypi unpadded)" = "raises Incorrect padding" ] && [[ $(said npm url_safe) = raises* ]] &&
    [[ $(said pypi url_safe) = v1,* ]] && [ "$(said pypi url_safe)" = "$(said pypi rest_of_it)" ]; then
    echo "as described"
else
    echo "it behaves in another way now" >&2
    exit 1
fi
