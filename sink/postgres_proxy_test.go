package sink_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A proxy stands between a mirror and its server, and does something to the
// connection when a given message passes from the mirror to the server. Messages
// count that the server answers: a query, the end of a prepared one's parts, the
// end of copied rows.
type proxy struct {
	t               testing.TB
	network, server string

	mu       sync.Mutex
	left     int // messages until the fault; below 0 there is none
	fault    fault
	happened bool
}

// A fault gets the message at which it happens, both ends of the connection, and
// what is closed once the server has said something that the mirror will not
// hear. It says whether the connection goes on, with the message passed on.
type fault func(message []byte, client, server net.Conn, unheard <-chan struct{}) (goesOn bool)

// cutBefore loses a message and the connection.
func cutBefore([]byte, net.Conn, net.Conn, <-chan struct{}) bool { return false }

// cutAfter loses the answer to a message, and the connection with it.
func cutAfter(message []byte, client, server net.Conn, unheard <-chan struct{}) bool {
	// The mirror is answered by the end of its connection, whatever fails here.
	_ = client.Close()
	if _, err := server.Write(message); err == nil {
		select {
		case <-unheard:
		case <-time.After(5 * time.Second):
		}
	}
	return false
}

// newProxy makes a proxy and the URL that leads through it.
func newProxy(t testing.TB, address string) (*proxy, string) {
	t.Helper()
	config, err := pgconn.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, left: -1}
	p.network, p.server = pgconn.NetworkAddress(config.Host, config.Port)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			client, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				t.Errorf("proxy: %v", err)
				return
			}
			serving.Go(func() { p.serve(client) })
		}
	})
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		serving.Wait()
	})
	through, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := through.Query()
	query.Del("host")
	query.Del("port")
	query.Set("sslmode", "disable")
	through.Host, through.RawQuery = listener.Addr().String(), query.Encode()
	return p, through.String()
}

// arm has the fault happen at the n-th message from now, on any connection.
func (p *proxy) arm(n int, f fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.fault, p.happened = n-1, f, false
}

// disarm says whether the fault happened, and that it no longer shall.
func (p *proxy) disarm() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = -1
	return p.happened
}

// next is the fault, if it is its turn.
func (p *proxy) next() fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left--
	if p.left != -1 {
		p.left = max(p.left, -2)
		return nil
	}
	p.happened = true
	return p.fault
}

func (p *proxy) serve(client net.Conn) {
	server, err := (&net.Dialer{}).DialContext(context.Background(), p.network, p.server)
	if err != nil {
		p.t.Errorf("proxy: %v", err)
		_ = client.Close()
		return
	}
	answered := make(chan struct{})
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
		close(answered)
	}()
	from := bufio.NewReader(client)
	for first := true; ; first = false {
		message, err := readMessage(from, first)
		if err != nil {
			break
		}
		if first || strings.IndexByte("QSc", message[0]) >= 0 {
			if f := p.next(); f != nil && !f(message, client, server, answered) {
				break
			}
		}
		if _, err := server.Write(message); err != nil {
			break
		}
	}
	_ = client.Close()
	_ = server.Close()
	<-answered
}

// readMessage reads one message as the protocol frames it: a type, but for the
// first one, and a length that counts itself.
func readMessage(from *bufio.Reader, first bool) ([]byte, error) {
	header := 5
	if first {
		header = 4
	}
	head, err := from.Peek(header)
	if err != nil {
		return nil, err
	}
	message := make([]byte, header-4+int(binary.BigEndian.Uint32(head[header-4:])))
	_, err = io.ReadFull(from, message)
	return message, err
}
