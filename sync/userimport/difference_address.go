package userimport

import "maps"

// address compares what the record says of the address.
func (c *comparing) address() {
	if said, has := c.record["address"]; has {
		c.effect.Changes = append(c.effect.Changes, c.addressChanges(said)...)
	}
}

// addressChanges are those of the parts of an address that are said; null is said
// of all of them. What Authgear has there and no record can hold goes with any
// change, as the address is replaced as a whole.
func (c *comparing) addressChanges(said any) []Difference {
	from := make(map[string]any)
	maps.Copy(from, c.addressParts())
	to, isObject := said.(map[string]any)
	unfit, _ := c.others["address"].(map[string]any)
	maps.Copy(from, unfit)
	if other := c.others["address"]; other != nil && unfit == nil {
		if isObject && withoutNull(to) == nil {
			return nil
		}
		return []Difference{{Field: "address", Old: other, New: said}}
	}
	if !isObject {
		return partChanges(from, nil, keysOf(from))
	}
	if changes := partChanges(from, to, keysOf(to)); len(changes) == 0 {
		return nil
	}
	return partChanges(from, to, keysOf(to, unfit))
}

func partChanges(from, to map[string]any, parts []string) []Difference {
	var changes []Difference
	for _, part := range parts {
		if !sameJSON(filled(from[part]), filled(to[part])) {
			changes = append(changes, Difference{Field: "address." + part, Old: from[part], New: filled(to[part])})
		}
	}
	return changes
}

// addressParts are the parts of the user's address that a record can hold.
func (c *comparing) addressParts() map[string]any {
	parts, _ := value(c.user, "address").(map[string]any)
	return parts
}

// completeAddress gives the record the parts of the address that it does not say,
// as the user has them. An address that is as it is to be is left out.
func (c *comparing) completeAddress() {
	said, isObject := c.record["address"].(map[string]any)
	switch {
	case !isObject:
	case len(c.addressChanges(said)) == 0:
		delete(c.record, "address")
	default:
		whole := make(map[string]any)
		maps.Copy(whole, c.addressParts())
		maps.Copy(whole, said)
		c.record["address"] = whole
	}
}
