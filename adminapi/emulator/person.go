package emulator

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// person is a generated user in the making.
type person struct {
	*generator
	*User

	index int
	dice  *rand.Rand
	folk  *folk
}

// percent is true that often.
func (p *person) percent(n float64) bool { return p.dice.Float64()*100 < n }

func (p *person) oneOf(list []string) string { return list[p.dice.IntN(len(list))] }

// later is an instant between the creation and the generator's present.
func (p *person) later() time.Time {
	return p.CreatedAt.Add(time.Duration(p.dice.Int64N(int64(p.now.Sub(p.CreatedAt)))))
}

func (p *person) status() {
	if p.percent(60) {
		p.UpdatedAt = p.later()
	}
	switch roll := p.dice.Float64() * 100; {
	case roll < 4:
		p.Disabled = true
		if p.percent(50) {
			p.DisableReason = new(p.oneOf([]string{"left the company", "payment overdue, \"again\"", "濫用", "x"}))
		}
	case roll < 5:
		p.Disabled, p.DeleteAt, p.DeleteReason = true, new(p.now.Add(time.Duration(1+p.dice.IntN(29))*24*time.Hour)), new("asked for it")
	case roll < 5.5:
		p.Disabled, p.AnonymizeAt = true, new(p.now.Add(time.Duration(1+p.dice.IntN(29))*24*time.Hour))
	case roll < 6:
		p.TemporarilyDisabledFrom, p.TemporarilyDisabledUntil = new(p.now.Add(-24*time.Hour)), new(p.now.Add(6*24*time.Hour))
	case roll < 7:
		p.AccountValidFrom, p.AccountValidUntil = new(p.CreatedAt), new(p.now.Add(365*24*time.Hour))
	case roll < 8:
		p.Anonymized, p.Disabled = true, true
	}
}

// identities gives at least one; every value is the person's alone.
func (p *person) identities() {
	if p.percent(0.5) {
		p.add(AnonymousIdentity("anonymous-" + p.ID))
		return
	}
	handle := fmt.Sprintf("%s%d", p.oneOf(p.folk.handles), p.index)
	if p.batch > 1 {
		handle += "b" + strconv.Itoa(p.batch)
	}
	email := handle + "@example." + p.oneOf([]string{"com", "com", "com", "org", "net"})
	hasEmail := p.percent(88)
	if hasEmail {
		p.add(EmailIdentity(email))
		if p.percent(60) {
			p.VerifiedClaims = append(p.VerifiedClaims, Claim{Name: "email", Value: email})
		}
	}
	if p.percent(35) || !hasEmail && p.percent(50) {
		batch := strconv.Itoa(p.batch)
		if p.batch > 9 { // longer, so that it is no earlier batch's
			batch = fmt.Sprintf("%03d", p.batch)
		}
		number := fmt.Sprintf("%s%s%07d", p.folk.phonePrefix, batch, p.index)
		p.add(PhoneIdentity(number))
		if p.percent(40) {
			p.VerifiedClaims = append(p.VerifiedClaims, Claim{Name: "phone_number", Value: number})
		}
	}
	if p.percent(30) || len(p.Identities) == 0 {
		p.add(UsernameIdentity(strings.ReplaceAll(handle, ".", "_")))
	}
	if hasEmail && p.percent(12) {
		p.add(OAuthIdentity("google", "google-"+p.ID, map[string]any{"email": email}))
	}
	if p.percent(3) {
		p.add(PasskeyIdentity("passkey-"+p.ID, email))
	}
	if p.percent(2) {
		p.add(BiometricIdentity("device-"+p.ID, "iPhone 15 Pro"))
	}
	populateAttributes(p.User)
}

func (p *person) add(i Identity) {
	n := len(p.Identities)
	i.ID = newUUID(p.generator.dice(p.index, uint64(10+n))).String()
	i.CreatedAt = p.CreatedAt.Add(time.Duration(n+1) * 7 * time.Millisecond)
	i.UpdatedAt = i.CreatedAt
	p.Identities = append(p.Identities, i)
}

// attributes leaves each of them out for some people.
func (p *person) attributes() {
	given, family := p.oneOf(p.folk.given), p.oneOf(p.folk.family)
	some := func(percent float64, name string, value any) {
		if p.percent(percent) {
			p.StandardAttributes[name] = value
		}
	}
	full := given + " " + family
	if p.folk.familyFirst {
		full = family + given
	}
	some(80, "name", full)
	some(50, "given_name", given)
	some(50, "family_name", family)
	some(5, "middle_name", p.oneOf(p.folk.given))
	some(8, "nickname", p.oneOf(nicknames()))
	some(40, "gender", p.oneOf([]string{"female", "male", "nonbinary"}))
	some(40, "birthdate", fmt.Sprintf("%04d-%02d-%02d", 1940+p.dice.IntN(65), 1+p.dice.IntN(12), 1+p.dice.IntN(28)))
	some(60, "zoneinfo", p.folk.zone)
	some(60, "locale", p.folk.locale)
	some(10, "website", "https://example.com/?u="+strconv.Itoa(p.index)+"&x=<1>")
	some(10, "picture", "https://example.com/pictures/"+p.ID+".jpeg")
	some(5, "profile", "https://example.com/people/"+p.ID)
	if p.percent(45) {
		p.address()
	}
	if p.percent(3) {
		p.StandardAttributes["name"] = full + " " + p.oneOf(p.awkward)
	}
}

func (p *person) address() {
	address := map[string]any{
		"street_address": strconv.Itoa(1+p.dice.IntN(999)) + " " + p.folk.street,
		"locality":       p.folk.city, "country": p.folk.country,
	}
	if p.percent(40) {
		address["postal_code"] = fmt.Sprintf("%05d", p.dice.IntN(100000))
	}
	if p.percent(10) {
		address["formatted"] = address["street_address"].(string) + "\n" + p.folk.city
	}
	if p.percent(2) { // a long one
		address["formatted"] = strings.Repeat(p.folk.street+", "+p.folk.city+"\n", 40)
	}
	p.StandardAttributes["address"] = address
}

// customAttributes are of every JSON type, with integers that no float holds.
func (p *person) customAttributes() {
	some := func(percent float64, name string, value any) {
		if p.percent(percent) {
			p.CustomAttributes[name] = value
		}
	}
	number := func(s string) json.Number { return json.Number(s) }
	some(70, "member_id", fmt.Sprintf("M-%06d", p.index))
	some(60, "tier", p.oneOf([]string{"free", "pro", "enterprise"}))
	some(50, "points", number(strconv.Itoa(p.dice.IntN(100000)-500)))
	some(25, "balance", number(fmt.Sprintf("%d.%02d", p.dice.IntN(5000), 1+p.dice.IntN(99))))
	some(10, "ledger_no", number(strconv.FormatInt(1<<53+1+int64(p.index), 10)))
	some(30, "newsletter", p.percent(50))
	some(15, "note", p.oneOf(p.awkward))
	some(10, "tags", []any{"α", p.oneOf(p.awkward), number("3"), nil, true})
	some(8, "preferences", map[string]any{
		"theme": p.oneOf([]string{"dark", "light"}), "empty": map[string]any{}, "none": nil,
		"sizes": []any{number("1"), number("2.5"), []any{}},
	})
	some(2, "biography", strings.Repeat("長い人生 · a long life · ", 150))
}

func (p *person) membership() {
	if p.percent(50) {
		p.Roles = p.someOf(generatedRoles())
	}
	if p.percent(40) {
		p.Groups = p.someOf(generatedGroups())
	}
}

// someOf picks one to three in any order.
func (p *person) someOf(list []string) []string {
	list = slices.Clone(list)
	p.dice.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	return list[:1+p.dice.IntN(3)]
}

func (p *person) logins() {
	if p.Anonymized || !p.percent(55) {
		return
	}
	p.LastLoginAt = new(p.later())
	if p.percent(70) {
		p.PreviousLoginAt = new(p.CreatedAt.Add(p.LastLoginAt.Sub(p.CreatedAt) / 2))
	}
}
