// Reads {"secret" or "publicKey", "headers", "body" (base64)} and exits with 0 if the signature holds.
// HMAC by the reference library of Standard Webhooks; Ed25519, which it does not know, by Go's own crypto.
package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type request struct {
	Secret    string            `json:"secret"`
	PublicKey string            `json:"publicKey"`
	Headers   map[string]string `json:"headers"`
	Body      []byte            `json:"body"`
}

func main() {
	var asked request
	err := json.NewDecoder(os.Stdin).Decode(&asked)
	if err == nil {
		err = verify(asked)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func verify(asked request) error {
	if asked.Secret == "" {
		return verifyEd25519(asked)
	}
	webhook, err := standardwebhooks.NewWebhook(asked.Secret)
	if err != nil {
		return err
	}
	headers := http.Header{}
	for name, value := range asked.Headers {
		headers.Set(name, value)
	}
	return webhook.Verify(asked.Body, headers)
}

func verifyEd25519(asked request) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(asked.PublicKey, "whpk_"))
	if err != nil {
		return err
	}
	signed := []byte(asked.Headers["webhook-id"] + "." + asked.Headers["webhook-timestamp"] + ".")
	signed = append(signed, asked.Body...)
	for _, each := range strings.Fields(asked.Headers["webhook-signature"]) {
		signature, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(each, "v1a,"))
		if err == nil && ed25519.Verify(key, signed, signature) {
			return nil
		}
	}
	return errors.New("no matching signature found")
}
