// Sends what the original's JavaScript client sent: a token of jsonwebtoken, and the body as a string without a type.
// node switch_client.mjs <base url> <secret> <topic> <author> <options as JSON> length|chunked
import { createHmac } from "node:crypto";
import { request } from "node:http";

const [baseUrl, secret, topic, author, options, transfer] = process.argv.slice(2);

function sign(claims) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ ...claims, iat: Math.floor(Date.now() / 1000) })}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

const body = JSON.stringify({ Payload: Buffer.from(options).toString("base64"), Topic: topic });
const headers = { Authorization: `bearer ${sign({ Author: author })}` };
if (transfer === "length") headers["Content-Length"] = Buffer.byteLength(body);
else headers["Transfer-Encoding"] = "chunked";

const call = request(`${baseUrl}/publish`, { method: "POST", headers }, (answer) => {
  console.log(answer.statusCode);
  process.exitCode = answer.statusCode >= 200 && answer.statusCode < 300 ? 0 : 1;
  answer.resume();
});
call.write(body);
call.end();
