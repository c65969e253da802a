// Verifies a C2SP tlog-proof under a C2SP tlog-policy by the torchwood module, none of which is ours.
// Arguments: the policy's file, the entry's file, the proof's file.
package main

import (
	"log"
	"os"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	var files [3][]byte
	for i := range files {
		content, err := os.ReadFile(os.Args[i+1])
		if err != nil {
			log.Fatal(err)
		}
		files[i] = content
	}
	policy, err := torchwood.ParsePolicy(files[0])
	if err != nil {
		log.Fatal(err)
	}
	if err := torchwood.VerifyProof(policy, tlog.RecordHash(files[1]), files[2]); err != nil {
		log.Fatal(err)
	}
}
