package usertest

import (
	"encoding/json"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// jsonDepth bounds how deep the JSON of attributes is nested: enough for objects
// in lists in objects, few enough for thousands of users a second.
const jsonDepth = 2

// values are the texts and numbers that generated users are made of.
type values struct {
	texts   []string
	numbers []string
	nul     bool // whether random texts may have U+0000
}

//nolint:gochecknoglobals // tables of constants, which Go has no other way to write
var (
	tame = values{texts: nastyTexts, numbers: nastyNumbers}
	wild = values{
		texts:   append([]string{"\x00", "a\x00b", `a\u0000b`}, nastyTexts...),
		numbers: append([]string{"1e200000", "-1e999999999", "1e-200000"}, nastyNumbers...),
		nul:     true,
	}
	// nastyTexts are values that have broken a CSV file, a COPY, an array
	// literal, a spreadsheet, a terminal or a comparison.
	nastyTexts = []string{
		"", " ", "  two  ", "\t", "plain", "ann@example.com", "+85298000000",
		`"`, `""`, `a"b`, `"quoted"`, `'`, `,`, `a,b`, `;`, `|`,
		"\n", "\r", "\r\n", "a\nb", "a\rb", "a\r\nb", "\n\r", "ends in\n", "ends in\r", "\"\r\n\"",
		`\`, `\.`, `\N`, `\n`, `\u0041`, `\\x00`, "NULL", "null", "true", "0", "1e3",
		"{}", "[]", `{"a":1}`, "{a,b}", "'; drop table users; --", "$1", "%s", "%00",
		"=1+1", "+1", "-1", "@x", "#comment", "<b>&amp;</b>",
		"\ufeff", "\ufeffstarts with a mark", "\u2028", "\u2029", "\u0085", "\u00a0", "\u200b", "\u202edrawkcab", "\ufffd",
		"\x01", "\x1b[31m", "\x7f", "\x1a",
		"é", "e\u0301", "ß", "İ", "Ünïcödé", "Ελληνικά", "русский", "عربى", "עברית", "हिन्दी", "日本語", "한국어", "👩‍👩‍👧‍👦", "𝔘𐍈", "\U0010ffff",
	}
	// nastyNumbers are spellings that floating point, or a second reading,
	// would lose.
	nastyNumbers = []string{
		"0", "-0", "0.0", "0e5", "1", "-1", "1.0", "10e-1", "1.50", "1e2", "1E+2", "100", "0.1", "1e-7",
		"9007199254740993", "-9223372036854775809", "18446744073709551616", "123456789012345678901234567890.123456789",
		"1e400", "-1e-400", "2.2250738585072011e-308",
	}
)

// text is any text; about half are nasty ones.
func (v values) text() *rapid.Generator[string] {
	breaking := rapid.StringOfN(rapid.SampledFrom([]rune("\"',;\n\r\\ \tax{}é\ufeff")), 0, 12, -1)
	long := rapid.Map(rapid.IntRange(1, 20_000), func(n int) string { return strings.Repeat("0123456789abcdeé", n/16) })
	return rapid.Custom(func(t *rapid.T) string {
		switch kind := rapid.IntRange(0, 99).Draw(t, "kind of text"); {
		case kind < 50:
			return rapid.SampledFrom(v.texts).Draw(t, "nasty text")
		case kind < 75:
			return breaking.Draw(t, "breaking text")
		case kind < 99:
			return v.clean(rapid.StringN(0, 20, -1).Draw(t, "text"))
		default:
			return long.Draw(t, "long text")
		}
	})
}

func (v values) clean(text string) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	if v.nul {
		return text
	}
	return strings.ReplaceAll(text, "\x00", "0")
}

// json is any JSON value, as this program decodes it.
func (v values) json(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		kinds := 4
		if depth > 0 {
			kinds = 6
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind of JSON") {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "boolean")
		case 2:
			return v.number().Draw(t, "number")
		case 3:
			return v.text().Draw(t, "string")
		case 4:
			return rapid.SliceOfN(v.json(depth-1), 0, 3).Draw(t, "array")
		default:
			return v.object(depth-1).Draw(t, "object")
		}
	})
}

func (v values) object(depth int) *rapid.Generator[map[string]any] {
	return rapid.MapOfN(v.text(), v.json(depth), 0, 3)
}

func (v values) number() *rapid.Generator[json.Number] {
	return rapid.OneOf(
		rapid.Map(rapid.SampledFrom(v.numbers), func(literal string) json.Number { return json.Number(literal) }),
		rapid.Map(rapid.Int64(), func(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }),
	)
}
