package emulator

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// LoadFile adds the users of a file in the NDJSON form of Authgear's User
// Export API, unpacked first when its name ends in .gz. See Load.
func (p *Project) LoadFile(path string) (n int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("load users: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if !strings.HasSuffix(path, ".gz") {
		return p.Load(file)
	}
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return 0, fmt.Errorf("load users from %s: %w", path, err)
	}
	return p.Load(unpacked)
}

// Load adds the users of an export, one JSON object a line, and returns how
// many. Roles and groups that they hold are made when missing, a year ago, and
// nothing else is in the audit log. It stops at the first line it cannot read
// (the error tells its number); the users before that line have been added.
func (p *Project) Load(r io.Reader) (int, error) {
	lines := bufio.NewReaderSize(r, 1<<16)
	n := 0
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if err := p.loadLine(line); err != nil {
				return n, fmt.Errorf("load users line %d: %w", number, err)
			}
			n++
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("load users line %d: %w", number, err)
		}
	}
}

func (p *Project) loadLine(line []byte) error {
	u, err := decodeExportRecord(line, p.store.clock())
	if err != nil {
		return err
	}
	return p.Unaudited().change(func(s *store) error {
		s.completeIdentities(u)
		u.normalize()
		if err := s.ensureKeysBefore(u); err != nil {
			return err
		}
		return s.add(u)
	})
}
