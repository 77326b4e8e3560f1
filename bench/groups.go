package main

import (
	"fmt"
	"strings"
)

// A namedGroup is made where it is measured, in the process that measures it.
type namedGroup struct {
	name       string
	make       func() (*group, error)
	reportOnly bool // it has no rows, only numbers for the report
}

// groups are all groups, in the order in which they are printed. Those of Python are there if python is the name of one.
func groups(python string) []namedGroup {
	var all []namedGroup
	for _, size := range sizes {
		all = append(all, namedGroup{name: fmt.Sprintf("envelope-%d", size), make: func() (*group, error) { return envelopeGroup(size) }})
	}
	all = append(all,
		namedGroup{name: "keyring", make: keyringGroup},
		namedGroup{name: "reject", make: rejectGroup},
		namedGroup{name: "scaling", make: scalingGroup},
		namedGroup{name: "value", make: valueGroup},
	)
	for _, size := range sizes {
		all = append(all, namedGroup{fmt.Sprintf("peers-%d", size), func() (*group, error) { return peersGroup(size) },
			size != peerSize})
	}
	all = append(all, namedGroup{name: "peers-value", make: valuePeersGroup})
	if python != "" {
		all = append(all, namedGroup{name: "peers-python", make: func() (*group, error) { return itsdangerousGroup(python) }})
	}
	return append(all,
		namedGroup{"growth-size", growthSizeGroup, true},
		namedGroup{"growth-keys", growthKeysGroup, true},
		namedGroup{"memory", memoryGroup, true},
	)
}

// chosen are the names of the groups to measure.
func (o *options) chosen() []string {
	var names []string
	for _, g := range groups(o.python) {
		if strings.Contains(g.name, o.only) && (!g.reportOnly || o.report != "") {
			names = append(names, g.name)
		}
	}
	return names
}
