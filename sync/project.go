package usersync

// A Project is one Authgear project: whose users a mirror holds.
type Project struct {
	Endpoint string `json:"endpoint"` // such as https://myapp.authgear.cloud
	AppID    string `json:"app_id"`   // the project's ID
}

// String names the project for people.
func (p Project) String() string { return p.AppID + " at " + p.Endpoint }
