// Answers lines "old new index" with what golang.org/x/mod/sumdb/tlog computes over the records
// "0", "1", ...: the root of the first new records, the proof that the record at index is among
// them, and the proof that they extend the first old ones. Hashes are hexadecimal, one line each.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	var stored []tlog.Hash
	var size int64
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var older, newer, index int64
		if _, err := fmt.Sscanf(in.Text(), "%d %d %d", &older, &newer, &index); err != nil {
			panic(err)
		}
		for ; size < newer; size++ {
			more, err := tlog.StoredHashes(size, []byte(strconv.FormatInt(size, 10)), read)
			if err != nil {
				panic(err)
			}
			stored = append(stored, more...)
		}
		root, err := tlog.TreeHash(newer, read)
		if err != nil {
			panic(err)
		}
		record, err := tlog.ProveRecord(newer, index, read)
		if err != nil {
			panic(err)
		}
		tree, err := tlog.ProveTree(newer, older, read)
		if err != nil {
			panic(err)
		}
		print(out, []tlog.Hash{root})
		print(out, record)
		print(out, tree)
	}
}

func print(out *bufio.Writer, hashes []tlog.Hash) {
	for i, hash := range hashes {
		if i > 0 {
			out.WriteByte(' ')
		}
		fmt.Fprintf(out, "%x", hash[:])
	}
	out.WriteByte('\n')
}
