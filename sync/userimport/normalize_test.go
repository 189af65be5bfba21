package userimport_test

import (
	"testing"

	"pgregory.net/rapid"

	"usersync/sync/userimport"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind        userimport.Identifier
		value, want string
	}{
		{userimport.Email, " Ann@Example.COM ", "ann@example.com"},
		{userimport.Email, "a.n.n+x@example.com", "a.n.n+x@example.com"},
		{userimport.Email, "ANN@BÜCHER.example", "ann@xn--bcher-kva.example"},
		{userimport.Email, "ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"},
		{userimport.Email, "ann@他们为什么不说中文.example", "ann@xn--ihqwcrb4cv8a8dqg056pqjye.example"},
		{userimport.Email, "ｆｕｌｌ@例え.テスト", "full@xn--r8jz45g.xn--zckzah"},
		{userimport.Email, "No Address", "no address"},
		{userimport.Username, "Ann.Example", "ann.example"},
		{userimport.Username, "Ａnn", "ann"},
		{userimport.Username, "Straße", "strasse"},
		{userimport.Username, "no name", "no name"},
		{userimport.Phone, "+852 9876-5432", "+85298765432"},
		{userimport.Phone, "+85298765432", "+85298765432"},
		{userimport.Phone, "98765432", "98765432"},
	} {
		if got := test.kind.Normalize(test.value); got != test.want {
			t.Errorf("%s %q is %q, want %q", test.kind, test.value, got, test.want)
		}
	}
}

// Not so for every text: PRECIS folds a few letters, Cherokee ones, to and fro.
func TestNormalizeTwiceIsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom(userimport.Identifiers()).Draw(rt, "kind")
		value := rapid.OneOf(rapid.StringMatching(`[ -~äÖßéΣ日ｱＡ]{0,12}`), rapid.StringMatching(`[a-zA-Zäß.]{1,8}@[a-zA-Zäßの]{1,8}\.[a-z]{2}`), rapid.StringMatching(`\+[0-9 ]{5,15}`)).Draw(rt, "value")
		once := kind.Normalize(value)
		if twice := kind.Normalize(once); twice != once {
			rt.Errorf("%q became %q, and then %q", value, once, twice)
		}
	})
}
