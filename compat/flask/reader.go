package flask

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/sealring/sealring/compat/internal/fault"
	"github.com/sealring/sealring/internal/payload"
)

// readSession returns the session of an authentic payload. Tags must be as Flask writes them: Flask itself would read more
// of them, some as another value than the one that was written, and fail with an exception on others.
func readSession(body []byte) (map[string]any, error) {
	// What bounds the nesting, and so the recursion of all that follows.
	if err := payload.CheckJSON(body, nil); err != nil {
		return nil, fault.Payload(name, err)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var tagged any
	if err := d.Decode(&tagged); err != nil {
		return nil, fault.Payload(name, err) // unreachable: it was checked
	}
	value, err := untag(tagged)
	if err != nil {
		return nil, err
	}
	session, ok := value.(map[string]any)
	if !ok {
		return nil, errSession
	}
	return session, nil
}

// untag returns the value that tagged JSON stands for. It uses the containers of v again.
func untag(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case []any:
		for i := range v {
			if v[i], err = untag(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		if key, ok := onlyKey(v); ok && isTag(key) {
			return untagAs(key, v[key])
		}
		for key := range v {
			if v[key], err = untag(v[key]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// onlyKey returns the key of an object that has one.
func onlyKey[T any](object map[string]T) (key string, ok bool) {
	if len(object) == 1 {
		for key := range object {
			return key, true
		}
	}
	return "", false
}

// untagAs returns the value that stands below a tag.
func untagAs(tag string, v any) (any, error) {
	switch tag {
	case dictTag:
		return readDict(v)
	case tupleTag:
		list, ok := v.([]any)
		if !ok {
			return nil, errTuple
		}
		if _, err := untag(list); err != nil {
			return nil, err
		}
		return Tuple(list), nil
	}

	text, ok := v.(string)
	if !ok {
		return nil, errText
	}
	switch tag {
	case bytesTag:
		return readBytes(text)
	case uuidTag:
		return readUUID(text)
	case datetimeTag:
		return readDatetime(text)
	}
	return Markup(text), nil
}

// readDict returns the dict that had to be told from a tag.
func readDict(v any) (any, error) {
	object, _ := v.(map[string]any)
	escaped, ok := onlyKey(object)
	key, cut := strings.CutSuffix(escaped, escapeSuffix)
	if !ok || !cut || !isTag(key) {
		return nil, errDict
	}
	value, err := untag(object[escaped])
	if err != nil {
		return nil, err
	}
	return map[string]any{key: value}, nil
}

// readBytes compares, because encoding/base64 also takes line breaks and bits that mean nothing.
func readBytes(text string) (any, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || base64.StdEncoding.EncodeToString(b) != text {
		return nil, errBytes
	}
	return b, nil
}

// readUUID compares, because encoding/hex also takes upper case.
func readUUID(text string) (any, error) {
	var u UUID
	if len(text) != hex.EncodedLen(len(u)) {
		return nil, errUUID
	}
	if _, err := hex.Decode(u[:], []byte(text)); err != nil || hex.EncodeToString(u[:]) != text {
		return nil, errUUID
	}
	return u, nil
}

// readDatetime compares, because time.Parse also takes other days of the week, and fractions of a second.
func readDatetime(text string) (any, error) {
	t, err := time.Parse(dateLayout, text)
	if err != nil || !hasDate(t) || t.Format(dateLayout) != text {
		return nil, errDatetime
	}
	return t, nil
}
