package redistest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// A Cluster has three masters with a replica each, on loopback.
type Cluster struct {
	Nodes []*Node
	t     testing.TB
}

// A Node is a server of a cluster.
type Node struct {
	*Server
	Addr string // host:port
	ID   string
}

const (
	masters = 3
	slots   = 16384
)

// StartCluster starts a cluster, which stops with the test, and waits until it serves. Nodes 0 to 2 are the masters, and
// the replica of node i is node i+3.
func StartCluster(t testing.TB, o Options) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	ports := Ports(t, 4*masters)
	for i := range 2 * masters {
		port, bus := ports[2*i], ports[2*i+1]
		with := o
		with.Args = append([]string{
			"--port", port, "--bind", "127.0.0.1", "--cluster-enabled", "yes", "--cluster-port", bus,
			"--cluster-node-timeout", "1000", "--cluster-replica-validity-factor", "0",
			"--cluster-allow-replica-migration", "no",
		}, o.Args...)
		s := Start(t, with)
		c.Nodes = append(c.Nodes, &Node{s, "127.0.0.1:" + port, s.Do("CLUSTER", "MYID")})
		s.Do("CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
		if i > 0 {
			s.Do("CLUSTER", "MEET", "127.0.0.1", ports[0], ports[1])
		}
	}
	for i, n := range c.Nodes[:masters] {
		n.Do("CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(slots*i/masters), strconv.Itoa(slots*(i+1)/masters-1))
	}
	for i, n := range c.Nodes[masters:] {
		Eventually(t, "a replica knows its master", func() error {
			out, err := n.Try("CLUSTER", "REPLICATE", c.Nodes[i].ID)
			if err == nil && out != "OK" {
				err = fmt.Errorf("%s", out)
			}
			return err
		})
	}
	c.Await(2 * masters)
	return c
}

// Await waits until so many nodes agree that the cluster serves, and have their replicas.
func (c *Cluster) Await(nodes int) {
	c.t.Helper()
	Eventually(c.t, "the cluster serves", func() error {
		good := 0
		for _, n := range c.Nodes {
			info, err := n.Try("CLUSTER", "INFO")
			if err != nil || !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_slots_ok:16384") {
				continue
			}
			if strings.Count(n.Do("CLUSTER", "NODES"), " connected") < nodes {
				continue
			}
			role := n.Do("INFO", "replication")
			if strings.Contains(role, "role:master") && nodes == 2*masters && !strings.Contains(role, "state=online") {
				continue
			}
			if strings.Contains(role, "role:slave") && !strings.Contains(role, "master_link_status:up") {
				continue
			}
			good++
		}
		if good < nodes {
			return fmt.Errorf("%d of %d nodes", good, nodes)
		}
		return nil
	})
}

// Addrs are the addresses of all nodes.
func (c *Cluster) Addrs() []string {
	addrs := make([]string, len(c.Nodes))
	for i, n := range c.Nodes {
		addrs[i] = n.Addr
	}
	return addrs
}
