package usersync

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The canonical form is bytes that are equal exactly when two values mean the
// same: whatever the order of JSON keys and of roles, groups and identities, the
// spelling of numbers, or the time zone a time was written in. Every piece is
// written with a tag and its length, so that no two values share a form.

const (
	tagNull   = 'n'
	tagFalse  = 'f'
	tagTrue   = 't'
	tagText   = 's'
	tagNumber = 'd'
	tagTime   = 'T'
	tagArray  = 'a'
	tagObject = 'o'
)

// appendCanonical appends the canonical form of a user, over the fields of the
// set. A field without a value is left out, name and all.
func appendCanonical(dst []byte, u *User, set FieldSet) []byte {
	dst = append(dst, u.ID[:]...)
	for f := range set.All() {
		if u.Has(f) {
			dst = appendText(dst, f.Name)
			dst = appendValue(dst, f, u.Get(f))
		}
	}
	return dst
}

// appendValue appends the canonical form of one value of a field.
func appendValue(dst []byte, f *Field, value any) []byte {
	switch v := value.(type) {
	case int64:
		return appendNumber(dst, strconv.FormatInt(v, 10))
	case time.Time:
		dst = append(dst, tagTime)
		return binary.BigEndian.AppendUint64(dst, uint64(v.UnixMicro()))
	case []string:
		return appendUnordered(dst, v, func(dst []byte, text string) []byte { return appendText(append(dst, tagText), text) })
	case []any:
		if f.Kind == List {
			return appendUnordered(dst, v, appendJSON)
		}
	}
	return appendJSON(dst, value)
}

func appendJSON(dst []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(dst, tagNull)
	case bool:
		if v {
			return append(dst, tagTrue)
		}
		return append(dst, tagFalse)
	case string:
		return appendText(append(dst, tagText), v)
	case json.Number:
		return appendNumber(dst, v.String())
	case []any:
		dst = appendLength(append(dst, tagArray), len(v))
		for _, element := range v {
			dst = appendJSON(dst, element)
		}
		return dst
	case map[string]any:
		dst = appendLength(append(dst, tagObject), len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			dst = appendJSON(appendText(dst, key), v[key])
		}
		return dst
	default:
		panic(fmt.Sprintf("a %T is not JSON as this program decodes it", value))
	}
}

func appendUnordered[E any](dst []byte, elements []E, appendOne func([]byte, E) []byte) []byte {
	forms := make([][]byte, len(elements))
	for i, element := range elements {
		forms[i] = appendOne(nil, element)
	}
	slices.SortFunc(forms, bytes.Compare)
	dst = appendLength(append(dst, tagArray), len(forms))
	for _, form := range forms {
		dst = append(dst, form...)
	}
	return dst
}

func appendText(dst []byte, text string) []byte {
	return append(appendLength(dst, len(text)), text...)
}

func appendLength(dst []byte, n int) []byte {
	return binary.AppendUvarint(dst, uint64(n)) //nolint:gosec // a length is never negative
}

// appendNumber writes a JSON number as its digits and a power of ten, so that 1,
// 1.0 and 10e-1 are one number, without ever computing it: 2^53+1 and 1e-400
// keep what floating point would lose.
func appendNumber(dst []byte, literal string) []byte {
	dst = append(dst, tagNumber)
	mantissa, exponent, _ := strings.Cut(strings.ToLower(literal), "e")
	power := int64(0)
	if exponent != "" {
		var err error
		if power, err = strconv.ParseInt(exponent, 10, 32); err != nil {
			return appendText(dst, literal) // absurd, and equal to itself at least
		}
	}
	digits, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	power -= int64(len(fraction))
	digits = strings.TrimLeft(whole+fraction, "0")
	significant := strings.TrimRight(digits, "0")
	power += int64(len(digits) - len(significant))
	if significant == "" {
		return appendText(dst, "0")
	}
	if negative {
		significant = "-" + significant
	}
	return appendText(dst, significant+"e"+strconv.FormatInt(power, 10))
}
