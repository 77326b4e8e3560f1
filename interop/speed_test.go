package interop

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/compat/itsdangerous"
)

// BenchmarkAgainstPython measures signing and opening beside Python's itsdangerous, which times itself in the same run
// (timeit, the best of five) with the same secret, session and maximum age. The metric x-python is how many times as long
// Python takes.
func BenchmarkAgainstPython(b *testing.B) {
	python := startPeer(b, venv)
	keys := []string{"a secret key of some length"}
	session := map[string]any{
		"user_id": json.Number("123"), "username": "admin", "roles": []any{"editor", "viewer"},
		"csrf": "kq3v9XbT2mZc8LwR", "theme": "dark", "lang": "en-GB",
	}

	signer := must(itsdangerous.NewTimestampSigner(keys, nil))
	text := string(must(json.Marshal(session)))
	signed := must(signer.Sign(text))
	buffer, value := make([]byte, 0, 1024), []byte(text)
	pythonSigns, pythonOpens := timePython(b, python, "TimestampSigner", keys, text)
	against(b, "TimestampSigner/sign", pythonSigns, func() { signer.Sign(text) })
	against(b, "TimestampSigner/append", pythonSigns, func() { buffer, _ = signer.AppendSign(buffer[:0], value) })
	against(b, "TimestampSigner/unsign", pythonOpens, func() { signer.Unsign(signed, time.Hour) })

	serializer := must(itsdangerous.NewURLSafeTimedSerializer[any](keys, nil))
	for _, name := range []string{"plain", "compressed"} {
		if name == "compressed" {
			session["flashes"] = []any{strings.Repeat("Your changes have been saved. ", 10)}
		}
		token := must(serializer.Dumps(session))
		if strings.HasPrefix(token, ".") != (name == "compressed") {
			b.Fatalf("%s: %s", name, token)
		}
		pythonSigns, pythonOpens := timePython(b, python, "URLSafeTimedSerializer", keys, toWire(session))
		against(b, "URLSafeTimedSerializer/"+name+"/dumps", pythonSigns, func() { serializer.Dumps(session) })
		against(b, "URLSafeTimedSerializer/"+name+"/loads", pythonOpens, func() { serializer.Loads(token, time.Hour) })
	}
}

// timePython returns how many nanoseconds Python takes for a call.
func timePython(b *testing.B, python *peer, class string, keys []string, value any) (signs, opens float64) {
	b.Helper()
	var times [2]float64
	r := request{
		Op: "time", Kind: class, Keys: keys, Salt: "itsdangerous", Sep: ".", KeyDerivation: "django-concat", Digest: "sha1",
		Value: value, Calls: 5000,
	}
	if err := python.ask(r, &times); err != nil {
		b.Fatal(err)
	}
	return times[0], times[1]
}

func against(b *testing.B, name string, python float64, call func()) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			call()
		}
		b.ReportMetric(python, "python-ns")
		b.ReportMetric(python/(float64(b.Elapsed().Nanoseconds())/float64(b.N)), "x-python")
	})
}
