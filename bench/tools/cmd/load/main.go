// Command load publishes events to a hub, as fast as it goes or at a steady rate, and tells how it was answered.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"time"
)

func main() {
	url := flag.String("url", "", "where to publish, such as http://127.0.0.1:8000/publish")
	token := flag.String("token", "", "the publisher's token")
	clients := flag.Int("clients", 16, "connections, each with one request at a time")
	events := flag.Int("events", 1000, "how many events to publish, unless -rate is given")
	rate := flag.Float64("rate", 0, "events a second, sent on schedule whatever the answers do")
	seconds := flag.Float64("seconds", 10, "how long -rate is kept up")
	batch := flag.Int("batch", 1, "events in one request")
	topic := flag.String("topic", "bench", "the topic of every event")
	payload := flag.String("payload", "", "file with the JSON object that is each event's body")
	size := flag.Int("size", 100, "bytes of padding in each event's body, unless -payload is given")
	flag.Parse()

	if err := checked(*url, *clients, *batch, *rate); err != nil {
		log.Fatal(err)
	}
	bodies, err := newBodies(*topic, *batch, *payload, *size)
	if err != nil {
		log.Fatal(err)
	}
	plan := closedLoop(*events, *batch)
	if *rate > 0 {
		plan = openLoop(*rate, *seconds, *batch, time.Now())
	}
	results := publish(*url, *token, *clients, plan, bodies)
	if err := json.NewEncoder(os.Stdout).Encode(results.summary(*batch)); err != nil {
		log.Fatal(err)
	}
}

func checked(url string, clients, batch int, rate float64) error {
	switch {
	case url == "":
		return fmt.Errorf("-url is missing")
	case clients < 1 || batch < 1:
		return fmt.Errorf("-clients and -batch must be 1 or more")
	case rate < 0:
		return fmt.Errorf("-rate must not be negative")
	}
	return nil
}
