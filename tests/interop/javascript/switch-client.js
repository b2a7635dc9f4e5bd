// Stands for the original's client, which no registry serves any longer: the packages it was built of do the work.
"use strict";
const { sign } = require("jsonwebtoken");
const post = require("request-promise");

exports.publish = (topic, author, options) =>
  post({
    method: "POST",
    uri: `${process.env.SWITCH_BASE_URL}/publish`,
    headers: { Authorization: `bearer ${sign({ Author: author }, process.env.SWITCH_JWT_SECRET)}` },
    body: JSON.stringify({ Payload: Buffer.from(JSON.stringify(options)).toString("base64"), Topic: topic }),
  });
