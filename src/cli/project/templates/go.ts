import type { Template } from "./template.ts";

/** Go without modules: HTTP on the socket that the platform names. */
export function goTemplate(): Template {
  return {
    files: { "func.go": FUNC_GO, "go.mod": "module func\n\ngo 1.22\n" },
    settings: { runtime: "go", entrypoint: "./func" },
  };
}

const FUNC_GO = `package main

import (
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

type input struct {
	Name string \`json:"name"\`
}

type output struct {
	Message string \`json:"message"\`
}

// handler answers one call.
func handler(in input) (output, error) {
	if in.Name == "" {
		in.Name = "World"
	}
	return output{Message: "Hello " + in.Name}, nil
}

func main() {
	http.HandleFunc("POST /call", func(w http.ResponseWriter, r *http.Request) {
		var in input
		// A body that is no JSON leaves the input empty.
		_ = json.NewDecoder(r.Body).Decode(&in)
		out, err := handler(in)
		if err != nil {
			log.Print(err)
			http.Error(w, "function failed", http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out)
	})
	log.Fatal(serve(strings.TrimPrefix(os.Getenv("FN_LISTENER"), "unix:")))
}

// serve listens under another name first: the platform calls as soon as it sees the socket.
func serve(path string) error {
	listener, err := net.Listen("unix", path+".tmp")
	if err != nil {
		return err
	}
	if err := os.Chmod(path+".tmp", 0o666); err != nil {
		return err
	}
	if err := os.Symlink(filepath.Base(path)+".tmp", path); err != nil {
		return err
	}
	return http.Serve(listener, nil)
}
`;
