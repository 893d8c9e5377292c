#!/usr/bin/env bash
# Whether an Argon2 string that states no version verifies.
#
# Expected: every verifier reads `$argon2id$m=…` as version 1.0 (0x10), as the reference implementation does: the first
# release of Argon2 wrote such strings, before `v=` was part of the form.
#
# Seen, for the right password, with a string of version 1.0 whose `v=16` is left out:
#   argon2-cffi 23.1.0 (PyPI, reference C code)    accepted
#   argon2 0.41.1      (npm, reference C code)     accepted
#   @node-rs/argon2 2.0.2 (npm, RustCrypto inside) refused as a wrong password: it computes version 1.3 instead
# The same string with `v=16` is accepted by all three.
#
# Who it concerns: whoever moves users between programs. Nothing fails loudly, and these people are told that their password
# is wrong.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m pip install -q --root-user-action ignore --disable-pip-version-check --only-binary :all: --no-deps --target lib \
    argon2-cffi==23.1.0 argon2-cffi-bindings==21.2.0 cffi==1.17.1
npm init -y >/dev/null
npm install --silent --no-audit --no-fund argon2@0.41.1 @node-rs/argon2@2.0.2

cat >make.py <<'PYTHON'
from argon2.low_level import Type, hash_secret, verify_secret

password = b"correct horse"
stated = hash_secret(
    password, b"0123456789abcdef", time_cost=2, memory_cost=1024, parallelism=1, hash_len=32, type=Type.ID, version=0x10
).decode()
unstated = stated.replace("$v=16", "")
assert unstated != stated
open("strings", "w").write(f"{stated}\n{unstated}")
for name, text in [("stated", stated), ("unstated", unstated)]:
    print(f"argon2-cffi {name} {str(verify_secret(text.encode(), password, Type.ID)).lower()}")
PYTHON

cat >check.js <<'JAVASCRIPT'
const [stated, unstated] = require("fs").readFileSync("strings", "utf8").split("\n");
const libraries = { argon2: require("argon2"), "@node-rs/argon2": require("@node-rs/argon2") };
(async () => {
  for (const [library, { verify }] of Object.entries(libraries)) {
    console.log(`${library} stated ${await verify(stated, "correct horse")}`);
    console.log(`${library} unstated ${await verify(unstated, "correct horse")}`);
  }
})();
JAVASCRIPT

PYTHONPATH=lib python3 make.py | tee seen
node check.js | tee -a seen

cat >described <<'TEXT'
argon2-cffi stated true
argon2-cffi unstated true
argon2 stated true
argon2 unstated true
@node-rs/argon2 stated true
@node-rs/argon2 unstated false
TEXT
if diff described seen; then
    echo "as described"
else
    echo "it behaves in another way now" >&2
    exit 1
fi
