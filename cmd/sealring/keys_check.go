package main

import (
	"fmt"
	"strings"

	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/rotation"
)

type keysCheckCommand struct {
	ringFlag
	policyFlags
}

// Run shows what is wrong, worst first. Findings are a failure, so that cron and CI take notice.
func (c *keysCheckCommand) Run(env *environment) error {
	policy, err := c.policy()
	if err != nil {
		return err
	}
	document, err := c.document(env, noInput)
	if err != nil {
		return err
	}
	findings := check(document, policy, env, "")
	text := "no findings"
	if len(findings) > 0 {
		text = strings.TrimSuffix(findingsText(findings), "\n")
	}
	if err := env.tell(text, findings); err != nil {
		return err
	}
	if len(findings) > 0 {
		return errShown
	}
	return nil
}

// check returns the findings about a key, or about everything where the ID is "". They are never nil, which JSON would
// show as null.
func check(document *keyfile.Document, policy rotation.Policy, env *environment, id string) []rotation.Finding {
	findings := []rotation.Finding{}
	for _, f := range rotation.Check(document, policy, env.now()) {
		if id == "" || f.KeyID == id {
			f.Text = policyTerms.Replace(f.Text)
			findings = append(findings, f)
		}
	}
	return findings
}

func findingsText(findings []rotation.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s  %s: %s\n", f.Severity, f.Code, f.Text)
	}
	return b.String()
}
