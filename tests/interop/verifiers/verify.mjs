// Reads {"secret" or "publicKey", "headers", "body" (base64)} and exits with 0 if the signature holds.
// HMAC by the reference library of Standard Webhooks; Ed25519, which it does not know, by Node's own crypto.
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { secret, publicKey, headers, body } = JSON.parse(readFileSync(0, "utf8"));
const text = Buffer.from(body, "base64").toString("utf8");

function verifyEd25519() {
  const raw = Buffer.from(publicKey.replace(/^whpk_/, ""), "base64");
  const prefix = Buffer.from("302a300506032b6570032100", "hex"); // RFC 8410: Ed25519 as SubjectPublicKeyInfo
  const key = createPublicKey({ key: Buffer.concat([prefix, raw]), format: "der", type: "spki" });
  const signed = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${text}`);
  const signatures = headers["webhook-signature"].split(" ").filter((each) => each.startsWith("v1a,"));
  return signatures.some((each) => verify(null, signed, key, Buffer.from(each.slice(4), "base64")));
}

try {
  if (secret) new Webhook(secret).verify(text, headers);
  else if (!verifyEd25519()) throw new Error("No matching signature found");
} catch (error) {
  console.error(String(error));
  process.exit(1);
}
