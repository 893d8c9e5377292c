#!/usr/bin/env bash
# Whether libraries of TOTP (RFC 6238) make the same code from the same secret.
#
# Expected: the secret is HMAC's key as it is (RFC 4226, section 5.3), so every library makes the same code, whatever the
# hash and however long the secret is.
#
# Seen with otplib 12.0.1, otpauth 9.3.6 and speakeasy 2.0.0 (npm) and pyotp 2.9.0 (PyPI): the last three agree always.
# otplib agrees with SHA-1, and with the other hashes where the secret is long enough. It disagrees, without a word, for
#   SHA-256 with a secret of 10 bytes
#   SHA-512 with a secret of 10 or of 20 bytes
# because it repeats a short secret up to a length of its own for these hashes.
#
# Who it concerns: whoever takes over people's authenticators from a program that uses it. For such secrets, either the codes
# of their app were refused there, or the app was made by the same library; the secret alone does not tell which.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m pip install -q --root-user-action ignore --disable-pip-version-check --no-deps --target lib pyotp==2.9.0
npm init -y >/dev/null
npm install --silent --no-audit --no-fund otplib@12.0.1 otpauth@9.3.6 speakeasy@2.0.0

cat >codes.js <<'JAVASCRIPT'
const { authenticator } = require("otplib");
const { Secret, TOTP } = require("otpauth");
const speakeasy = require("speakeasy");
const time = 1_700_000_000;
for (const bytes of [10, 20, 32]) {
  const secret = new Secret({ buffer: new Uint8Array(bytes).fill(65).buffer }).base32;
  for (const algorithm of ["sha1", "sha256", "sha512"]) {
    const codes = {
      otplib: authenticator.clone({ algorithm, digits: 6, step: 30, epoch: time * 1000 }).generate(secret),
      otpauth: new TOTP({ secret, algorithm: algorithm.toUpperCase() }).generate({ timestamp: time * 1000 }),
      speakeasy: speakeasy.totp({ secret, encoding: "base32", algorithm, time }),
    };
    for (const [library, code] of Object.entries(codes)) console.log(bytes, algorithm, library, code, secret);
  }
}
JAVASCRIPT

cat >compare.py <<'PYTHON'
import hashlib, sys
import pyotp

for line in sys.stdin:
    size, algorithm, library, code, secret = line.split()
    expected = pyotp.TOTP(secret, digest=getattr(hashlib, algorithm)).at(1_700_000_000)
    if code != expected:
        print(f"{library} differs: {algorithm}, {size} bytes")
PYTHON

node codes.js | PYTHONPATH=lib python3 compare.py | tee seen
cat >described <<'TEXT'
otplib differs: sha256, 10 bytes
otplib differs: sha512, 10 bytes
otplib differs: sha512, 20 bytes
TEXT
if diff described seen; then
    echo "as described"
else
    echo "it behaves in another way now" >&2
    exit 1
fi
