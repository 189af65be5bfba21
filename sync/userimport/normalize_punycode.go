package userimport

import (
	"math"
	"strings"
	"unicode/utf8"
)

// punycodeDomain is a domain with its labels as the DNS has them (RFC 3492),
// which is how Authgear keeps email addresses apart.
func punycodeDomain(domain string) string {
	labels := strings.Split(domain, ".")
	for i, label := range labels {
		if len(label) != utf8.RuneCountInString(label) {
			labels[i] = "xn--" + punycode(label)
		}
	}
	return strings.Join(labels, ".")
}

// The parameters of RFC 3492, section 5.
const (
	punyBase    = 36
	punyTMin    = 1
	punyTMax    = 26
	punySkew    = 38
	punyDamp    = 700
	punyBias    = 72
	punyFirst   = 128
	punyLetters = "abcdefghijklmnopqrstuvwxyz0123456789"
)

func punycode(label string) string {
	runes := []rune(label)
	var out strings.Builder
	for _, r := range runes {
		if r < punyFirst {
			out.WriteByte(byte(r))
		}
	}
	plain := out.Len()
	if plain > 0 {
		out.WriteByte('-')
	}
	next, delta, bias := rune(punyFirst), 0, punyBias
	for done := plain; done < len(runes); {
		least := rune(math.MaxInt32)
		for _, r := range runes {
			if r >= next && r < least {
				least = r
			}
		}
		delta += int(least-next) * (done + 1)
		for _, r := range runes {
			switch {
			case r < least:
				delta++
			case r == least:
				punyDelta(&out, delta, bias)
				bias = punyAdapt(delta, done+1, done == plain)
				delta = 0
				done++
			}
		}
		delta++
		next = least + 1
	}
	return out.String()
}

// punyDelta writes a number of variable length.
func punyDelta(out *strings.Builder, delta, bias int) {
	for k := punyBase; ; k += punyBase {
		threshold := min(max(k-bias, punyTMin), punyTMax)
		if delta < threshold {
			out.WriteByte(punyLetters[delta])
			return
		}
		out.WriteByte(punyLetters[threshold+(delta-threshold)%(punyBase-threshold)])
		delta = (delta - threshold) / (punyBase - threshold)
	}
}

func punyAdapt(delta, points int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > (punyBase-punyTMin)*punyTMax/2; k += punyBase {
		delta /= punyBase - punyTMin
	}
	return k + (punyBase-punyTMin+1)*delta/(delta+punySkew)
}
