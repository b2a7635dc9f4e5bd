package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// bodies writes request bodies that differ only in their stamps.
type bodies struct {
	topic []byte // as JSON
	rest  []byte // what follows the stamp in an event's body, its closing brace included
	batch int
}

// newBodies takes the events' body from the file, or pads one to the size.
func newBodies(topic string, batch int, file string, size int) (bodies, error) {
	payload := []byte(`{"padding":"` + strings.Repeat("x", max(size, 0)) + `"}`)
	if file != "" {
		var err error
		if payload, err = os.ReadFile(file); err != nil {
			return bodies{}, err
		}
	}
	rest, err := afterStamp(payload)
	if err != nil {
		return bodies{}, fmt.Errorf("the payload is no JSON object: %w", err)
	}
	quoted, err := json.Marshal(topic)
	return bodies{quoted, rest, batch}, err
}

// afterStamp is the object without its opening brace, ready to follow another key.
func afterStamp(object []byte) ([]byte, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(object, &keys); err != nil {
		return nil, err
	}
	rest := bytes.TrimSpace(object)[1:]
	if len(keys) > 0 {
		rest = append([]byte(","), rest...)
	}
	return rest, nil
}

// write puts one request's body into the buffer: an event, or a list of them, published at the time given.
func (b bodies) write(buffer *bytes.Buffer, at time.Time) {
	buffer.Reset()
	if b.batch > 1 {
		buffer.WriteByte('[')
	}
	for number := range b.batch {
		if number > 0 {
			buffer.WriteByte(',')
		}
		b.writeEvent(buffer, at)
	}
	if b.batch > 1 {
		buffer.WriteByte(']')
	}
}

func (b bodies) writeEvent(buffer *bytes.Buffer, at time.Time) {
	buffer.WriteString(`{"topic":`)
	buffer.Write(b.topic)
	buffer.WriteString(`,"data":{"body":{"sent_ns":`)
	buffer.Write(strconv.AppendInt(buffer.AvailableBuffer(), at.UnixNano(), 10))
	buffer.Write(b.rest)
	buffer.WriteString(`}}`)
}
