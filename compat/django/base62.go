package django

import "strings"

// A timestamp is its Unix second in base 62, most significant digit first, without sign, leading zeros or padding: 0 is
// "0". The digits come in the order of their ASCII codes, unlike those of base64.
const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// maxBase62Size is how many digits maxTime has.
const maxBase62Size = 7

// appendBase62 appends the text of a second, which is 0 to maxTime.
func appendBase62(dst []byte, n int64) []byte {
	var digits [maxBase62Size]byte
	i := len(digits)
	for {
		i--
		digits[i] = base62[n%62]
		if n /= 62; n == 0 {
			return append(dst, digits[i:]...)
		}
	}
}

// parseBase62 returns the second of a text, which must be exactly as appendBase62 writes it. Texts that could not fit are
// refused for their length, so that nothing wraps.
func parseBase62(text string) (n int64, err error) {
	switch {
	case text == "" || text[0] == '0' && text != "0":
		return 0, errTimestamp
	case len(text) > maxBase62Size && strings.Trim(text, base62) == "":
		return 0, errTime
	case len(text) > maxBase62Size:
		return 0, errTimestamp
	}
	for i := range len(text) {
		digit := strings.IndexByte(base62, text[i])
		if digit < 0 {
			return 0, errTimestamp
		}
		n = n*62 + int64(digit)
	}
	if n > maxTime {
		return 0, errTime
	}
	return n, nil
}
