package conformance

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/sealring/sealring/compat/flask"
)

type flaskCase struct {
	compatCase
	secretKeys
	Tagged map[string]string `json:"tagged"` // name in the session → type
}

func (c *flaskCase) invalid() error {
	if err := c.compatCase.invalid("session"); err != nil {
		return err
	}
	if err := c.secretKeys.invalid(); err != nil {
		return err
	}
	if c.MaxAge == nil {
		return errors.New("needs max_age")
	}
	for name, tag := range c.Tagged {
		switch tag {
		case "bytes", "tuple", "datetime", "uuid", "markup", "dict":
		default:
			return fmt.Errorf("unknown tag %q of %q", tag, name)
		}
	}
	return nil
}

func checkFlask(data []byte) (name string, differs, invalid error) {
	var c flaskCase
	if err := decode(data, &c); err != nil {
		return c.Name, nil, err
	}
	if err := c.invalid(); err != nil {
		return c.Name, nil, err
	}
	key, fallbacks := c.split()
	sessions, err := newFlaskSessions(key, fallbacks, c.now, c.MaxAge)
	if err != nil {
		return c.Name, c.outcome(nil, time.Time{}, err), nil
	}
	session, at, err := sessions.Loads(*c.Token)
	if err != nil {
		return c.Name, c.outcome(nil, time.Time{}, err), nil
	}
	plain := plainFlask(session)
	if differs := c.outcome(plain, at, nil); differs != nil {
		return c.Name, differs, nil
	}
	if differs := c.checkTags(session); differs != nil {
		return c.Name, differs, nil
	}

	// The writing side: what is signed when the token was opens again, to the same types.
	sessions, err = newFlaskSessions(key, nil, func() time.Time { return at }, c.MaxAge)
	if err != nil {
		return c.Name, err, nil // unreachable: more keys were taken before
	}
	written, err := sessions.Dumps(session)
	if err != nil {
		return c.Name, err, nil
	}
	again, atAgain, err := sessions.Loads(written)
	if err == nil {
		differs = c.checkTags(again)
	}
	return c.Name, errors.Join(comesBack(plain, plainFlask(again), at, atAgain, err), differs), nil
}

func newFlaskSessions(key string, fallbacks []string, now func() time.Time, maxAge *seconds) (*flask.Sessions, error) {
	lifetime := positive(maxAge.duration())
	return flask.NewSessions(key, fallbacks, &flask.Options{Lifetime: lifetime, Leeway: new(time.Duration(0)), Now: now})
}

// checkTags holds the types of a session's values against the case.
func (c *flaskCase) checkTags(session map[string]any) error {
	for name, value := range session {
		if tag := flaskTag(value); tag != c.Tagged[name] {
			return fmt.Errorf("%q has the type %q, want %q", name, tag, c.Tagged[name])
		}
	}
	for name := range c.Tagged {
		if _, ok := session[name]; !ok {
			return fmt.Errorf("no %q in the session", name)
		}
	}
	return nil
}

// flaskTag is the name that vectors have for the type of a value, "" where JSON has it.
func flaskTag(value any) string {
	switch v := value.(type) {
	case []byte:
		return "bytes"
	case flask.Tuple:
		return "tuple"
	case time.Time:
		return "datetime"
	case flask.UUID:
		return "uuid"
	case flask.Markup:
		return "markup"
	case map[string]any:
		for key := range v {
			switch key {
			case " di", " t", " b", " m", " u", " d":
				if len(v) == 1 {
					return "dict"
				}
			}
		}
	}
	return ""
}

// plainFlask returns a value as vectors write it.
func plainFlask(value any) any {
	switch v := value.(type) {
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case flask.Tuple:
		return plainFlask([]any(v))
	case time.Time:
		return json.Number(strconv.FormatInt(v.Unix(), 10))
	case flask.UUID:
		return v.String()
	case flask.Markup:
		return string(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plainFlask(v[i])
		}
		return list
	case map[string]any:
		dict := make(map[string]any, len(v))
		for key := range v {
			dict[key] = plainFlask(v[key])
		}
		return dict
	}
	return value
}
