package main

import "strings"

// shellQuote spells a text so that a POSIX shell reads it as one word that means
// nothing else. What needs no quotes gets none.
func shellQuote(text string) string {
	const harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@+,"
	if text != "" && strings.Trim(text, harmless) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
