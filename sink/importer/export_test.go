package importer

// A LogFile is what the journal is written to.
type LogFile = logFile

// OpenOnDisk opens the file as Open does.
func OpenOnDisk(path string) (LogFile, error) { return openOnDisk(path) }

// WriteTo has the journal written to another file.
func (c *Config) WriteTo(open func(path string) (LogFile, error)) { c.openFile = open }

// What bounds the importer's patience.
const (
	MaxRows   = maxRows
	ProbeRows = probeRows
	MaxLosses = maxLosses
)

// Kept is about how many bytes are kept of the rows of earlier runs.
func Kept(im *Importer) int {
	const each = 100 // of a row or POST that is open
	return len(im.past.done)*8 + (len(im.past.open)+len(im.past.posts))*each
}
