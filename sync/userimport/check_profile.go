package userimport

import (
	"net/url"
	"path"
	"strings"
	"time"
	_ "time/tzdata" // zones are to be known on machines that have no list of them
	"unicode/utf8"

	"golang.org/x/text/language"
)

// checkText takes any text.
func checkText(_ *Mapping, text string) (any, *fault) { return text, nil }

// checkStorable asks what the server's database asks of every text.
func checkStorable(text string) *fault {
	if !utf8.ValidString(text) {
		return &fault{rule: "a text is in UTF-8"}
	}
	if strings.ContainsRune(text, 0) {
		return &fault{rule: "a NUL character cannot be stored", hint: "take it out"}
	}
	return nil
}

func checkURL(_ *Mapping, text string) (any, *fault) {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme == "" || parsed.Host == "" {
		f := &fault{rule: "a whole URL is asked for", hint: "such as https://example.com/ann"}
		if whole, err := url.Parse("https://" + text); err == nil && strings.Contains(whole.Hostname(), ".") && !strings.Contains(text, ":") {
			f.hint = "write " + shortened("https://"+text)
		}
		return nil, f
	}
	if f := checkPath(parsed); f != nil {
		return nil, f
	}
	return text, nil
}

// checkPath asks what the server asks of a URL's path: that there is nothing in
// it to be left out.
func checkPath(parsed *url.URL) *fault {
	escaped := parsed.EscapedPath()
	if escaped == "" {
		escaped = "/"
	}
	clean := path.Clean(escaped)
	if strings.HasSuffix(escaped, "/") && !strings.HasSuffix(clean, "/") {
		clean += "/"
	}
	if !path.IsAbs(escaped) || clean != escaped {
		return &fault{rule: "Authgear takes no URL with //, /./ or /../ in its path", hint: "write it without"}
	}
	return nil
}

// checkPicture asks for a URL of the web, or for a picture that Authgear keeps.
func checkPicture(m *Mapping, text string) (any, *fault) {
	parsed, err := url.Parse(text)
	switch {
	case err == nil && parsed.Scheme == "authgearimages" && parsed.Host == "":
		if f := checkPath(parsed); f != nil {
			return nil, f
		}
		return text, nil
	case err == nil && parsed.Scheme != "" && parsed.Host != "" && parsed.Scheme != "http" && parsed.Scheme != "https":
		return nil, &fault{rule: "a picture is at an http or https URL"}
	}
	return checkURL(m, text)
}

// checkZone asks for a name of the IANA's list that has a slash, as the server does.
func checkZone(m *Mapping, text string) (any, *fault) {
	if _, known := m.zones.Load(text); known {
		return text, nil
	}
	const rule = "a time zone is a name such as Asia/Hong_Kong"
	if !strings.Contains(text, "/") {
		return nil, &fault{rule: rule, hint: "write the place's name; offsets and abbreviations are not taken"}
	}
	if _, err := time.LoadLocation(text); err != nil {
		return nil, &fault{rule: rule, hint: "look it up in the IANA's list of time zones; case matters"}
	}
	m.zones.Store(text, true)
	return text, nil
}

// checkLocale asks for a language tag, and spells it as the server wants it where
// only case and underscores differ.
func checkLocale(_ *Mapping, text string) (any, *fault) {
	tag, err := language.Parse(text)
	if err != nil {
		return nil, &fault{rule: "a language is a BCP 47 tag", hint: "such as en or zh-HK"}
	}
	canonical := tag.String()
	if !strings.EqualFold(strings.ReplaceAll(text, "_", "-"), canonical) {
		return nil, &fault{rule: "a language is a canonical BCP 47 tag", hint: "write " + shortened(canonical)}
	}
	return canonical, nil
}
