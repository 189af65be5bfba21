package sink

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	usersync "usersync/sync"
)

// What PostgreSQL cannot hold. The texts say no value: those are people's.
var (
	errNUL = errors.New("the value has the character U+0000, which PostgreSQL cannot hold. " +
		"Correct it in Authgear, or have it replaced with --replace-nul")
	errEncoding = errors.New("the value has bytes that are no UTF-8, which PostgreSQL cannot hold. Correct it in Authgear")
	errNumber   = errors.New("the value has a number with more digits than PostgreSQL can hold. Correct it in Authgear")
	errTime     = errors.New("the time is not in the years 1 to 9999, which is as far as every reader gets. Correct it in Authgear")
)

// columnValue is a user's value of a field as the field's column holds it: null
// where a user has no text or time, and otherwise a value, if an empty one, so
// that queries over mirrored columns need no coalesce.
func columnValue(u *usersync.User, f *usersync.Field) (any, error) {
	switch value := u.Get(f).(type) {
	case string:
		if value == "" {
			return nil, nil //nolint:nilnil // the column is null
		}
		return value, checkText(value)
	case time.Time:
		if value.IsZero() {
			return nil, nil //nolint:nilnil // likewise
		}
		if year := value.Year(); year < 1 || year > 9999 {
			return nil, errTime
		}
		return value, nil
	case []string:
		for _, text := range value {
			if err := checkText(text); err != nil {
				return nil, err
			}
		}
		return append([]string{}, value...), nil
	case map[string]any:
		if len(value) == 0 {
			return []byte("{}"), nil
		}
		return jsonColumn(value)
	case []any:
		if len(value) == 0 {
			return []byte("[]"), nil
		}
		return jsonColumn(value)
	default: // a boolean or a whole number
		return value, nil
	}
}

func jsonColumn(value any) (any, error) {
	if err := checkJSON(value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

func checkText(text string) error {
	if strings.Contains(text, "\x00") {
		return errNUL
	}
	if !utf8.ValidString(text) {
		return errEncoding
	}
	return nil
}

// checkJSON looks for what JSON may have and jsonb may not.
func checkJSON(value any) error {
	switch v := value.(type) {
	case string:
		return checkText(v)
	case json.Number:
		if !fitsNumeric(v.String()) {
			return errNumber
		}
	case []any:
		for _, element := range v {
			if err := checkJSON(element); err != nil {
				return err
			}
		}
	case map[string]any:
		for key, element := range v {
			if err := errors.Join(checkText(key), checkJSON(element)); err != nil {
				return err
			}
		}
	}
	return nil
}

// The type numeric, in which jsonb keeps numbers, has so many digits before and
// after the point.
const (
	numericWhole    = 131072
	numericFraction = 16383
)

// fitsNumeric says whether a JSON number is within the range of numeric. Digits
// after the point count even when they are zeros, as numeric keeps them.
func fitsNumeric(literal string) bool {
	mantissa, power, _ := strings.Cut(strings.ToLower(literal), "e")
	exponent := 0
	if power != "" {
		var err error
		if exponent, err = strconv.Atoi(power); err != nil {
			return false
		}
	}
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	if len(fraction)-exponent > numericFraction {
		return false
	}
	digits := whole + fraction
	significant := strings.TrimLeft(digits, "0")
	if significant == "" {
		return exponent < math.MaxInt32/2 // as far as the server reads an exponent
	}
	return len(whole)+exponent-(len(digits)-len(significant)) <= numericWhole
}
