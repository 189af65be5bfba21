package emulator

// folk is where a generated person comes from.
type folk struct {
	given, family               []string
	handles                     []string // for emails and usernames
	locale, zone, country, city string
	street                      string
	phonePrefix                 string // with the digits that follow, a plausible number
	familyFirst                 bool
}

// folks are many scripts: what a mirror must carry over unchanged.
func folks() []folk {
	return []folk{
		{
			given: []string{"Ann", "Robert", "Grace", "Liam", "Zoë"}, family: []string{"Smith", "O'Neil", "Smith-Jones", "Brown", "Lee"},
			handles: []string{"ann.smith", "rob", "grace_b", "liam"}, locale: "en-GB", zone: "Europe/London",
			country: "GB", city: "London", street: "High Street", phonePrefix: "+4477",
		},
		{
			given: []string{"小明", "嘉欣", "美玲", "志強"}, family: []string{"陳", "黃", "李", "歐陽"},
			handles: []string{"siuming", "kayan", "mei.chen", "wong"}, locale: "zh-HK", zone: "Asia/Hong_Kong",
			country: "HK", city: "香港", street: "彌敦道", phonePrefix: "+8529", familyFirst: true,
		},
		{
			given: []string{"さくら", "健太", "ひかる"}, family: []string{"鈴木", "田中", "髙橋"},
			handles: []string{"sakura", "kenta", "hikaru"}, locale: "ja-JP", zone: "Asia/Tokyo",
			country: "JP", city: "東京", street: "銀座", phonePrefix: "+8190", familyFirst: true,
		},
		{
			given: []string{"محمد", "فاطمة", "ليلى", "عمر"}, family: []string{"الحسن", "العلي", "خليل"},
			handles: []string{"mohamed", "fatima", "layla", "omar"}, locale: "ar-EG", zone: "Africa/Cairo",
			country: "EG", city: "القاهرة", street: "شارع النيل", phonePrefix: "+2010",
		},
		{
			given: []string{"आरव", "प्रिया", "अनन्या"}, family: []string{"शर्मा", "पटेल", "सिंह"},
			handles: []string{"aarav", "priya", "ananya"}, locale: "hi-IN", zone: "Asia/Kolkata",
			country: "IN", city: "मुंबई", street: "महात्मा गांधी मार्ग", phonePrefix: "+9198",
		},
		{
			given: []string{"Анна", "Дмитрий", "Ёжик"}, family: []string{"Иванова", "Щукин", "Достоевский"},
			handles: []string{"anna.i", "dmitry", "yozhik"}, locale: "ru-RU", zone: "Europe/Moscow",
			country: "RU", city: "Москва", street: "Тверская улица", phonePrefix: "+7916",
		},
		{
			given: []string{"Ελένη", "Νίκος", "Σοφία"}, family: []string{"Παπαδόπουλος", "Γεωργίου"},
			handles: []string{"eleni", "nikos", "sofia"}, locale: "el-GR", zone: "Europe/Athens",
			country: "GR", city: "Αθήνα", street: "Ερμού", phonePrefix: "+3069",
		},
		{
			given: []string{"João", "Beatriz", "Andre\u0301"}, family: []string{"Gonçalves", "d'Ávila", "São Pedro"},
			handles: []string{"joao", "bia", "andre"}, locale: "pt-BR", zone: "America/Sao_Paulo",
			country: "BR", city: "São Paulo", street: "Avenida Paulista", phonePrefix: "+5511",
		},
		{
			given: []string{"נועה", "דוד"}, family: []string{"כהן", "לוי"},
			handles: []string{"noa", "david"}, locale: "he-IL", zone: "Asia/Jerusalem",
			country: "IL", city: "ירושלים", street: "רחוב יפו", phonePrefix: "+9725",
		},
		{
			given: []string{"สมชาย", "มาลี"}, family: []string{"ใจดี", "ศรีสุข"},
			handles: []string{"somchai", "malee"}, locale: "th-TH", zone: "Asia/Bangkok",
			country: "TH", city: "กรุงเทพมหานคร", street: "ถนนสุขุมวิท", phonePrefix: "+6681",
		},
	}
}

// nicknames bring emoji: of several code points, joined, with a flag.
func nicknames() []string {
	return []string{"😀", "Ace", "👩‍👩‍👧‍👦 mum", "🇭🇰", "Z", "❤️‍🔥", "bob 🤖", "ñandú"}
}

// awkwardTexts are values that break careless files, queries and spreadsheets.
func awkwardTexts() []string {
	return []string{
		`says "hello", then leaves`, "first line\nsecond line", "carriage\r\nreturn", "tab\tseparated",
		"=SUM(A1:A2)", "+1", "@home", "'quoted'", "semi;colon|pipe", `back\slash\n`, " spaces around ",
		"null", "NULL", `\N`, "true", "007", "1e5", "{}", "[]", "a,b,\"c\"\nd", "\u202eright to left", "zero\u200bwidth", "",
	}
}
