// Command receiver stands for all subscribers: it answers any number of requests a second and tells what came.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net"
	"net/http"
	"os"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	track := flag.Bool("track", false, "remember webhook-ids, to tell distinct deliveries from duplicates")
	flag.Parse()

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := json.NewEncoder(os.Stdout).Encode(map[string]int{"port": port}); err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, newReceiver(*track)))
}
