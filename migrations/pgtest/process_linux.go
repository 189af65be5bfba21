package pgtest

import "syscall"

// dieWithParent has the server shut down at once when the tests' process dies,
// however that happens.
func dieWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGQUIT }
