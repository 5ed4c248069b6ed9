package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// parameters are what a hash costs.
type parameters struct {
	memory  uint32 // KiB
	time    uint32 // passes
	threads uint8
}

// current are those of new hashes.
var current = parameters{memory: 19456, time: 2, threads: 1}

// The most that a stored hash may ask for: whoever can write one must not take
// the memory or the processor.
var most = parameters{memory: 128 << 10, time: 10, threads: 8}

// Lengths in bytes.
const (
	saltLength = 16
	keyLength  = 32

	minSalt, maxSalt = 8, 64
	minKey, maxKey   = 16, 64
	maxText          = 300
)

// phc is a hash as it is stored: $argon2id$v=19$m=19456,t=2,p=1$SALT$KEY.
type phc struct {
	parameters
	salt, key []byte
}

func (p phc) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads, b64(p.salt), b64(p.key))
}

// parse reads a hash. It takes one spelling only, and names what is wrong
// without showing the hash.
func parse(text string) (p phc, err error) {
	if len(text) > maxText {
		return phc{}, errors.New("it is too long")
	}
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return phc{}, errors.New("it is not an argon2id hash in PHC form")
	}
	if parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, errors.New("it has an unknown version")
	}
	if p.parameters, err = readParameters(parts[3]); err != nil {
		return phc{}, err
	}
	strict := base64.RawStdEncoding.Strict()
	if p.salt, err = strict.DecodeString(parts[4]); err != nil || len(p.salt) < minSalt || len(p.salt) > maxSalt {
		return phc{}, errors.New("its salt is not usable")
	}
	if p.key, err = strict.DecodeString(parts[5]); err != nil || len(p.key) < minKey || len(p.key) > maxKey {
		return phc{}, errors.New("its key is not usable")
	}
	return p, nil
}

func readParameters(text string) (p parameters, err error) {
	parts := strings.Split(text, ",")
	if len(parts) != 3 {
		return p, errors.New("it has not three parameters")
	}
	var values [3]uint64
	for i, b := range []struct {
		name     string
		min, max uint64
	}{{"m=", 8, uint64(most.memory)}, {"t=", 1, uint64(most.time)}, {"p=", 1, uint64(most.threads)}} {
		number, ok := strings.CutPrefix(parts[i], b.name)
		if !ok {
			return p, errors.New("its parameters are not m, t and p")
		}
		if values[i], err = strconv.ParseUint(number, 10, 32); err != nil || values[i] < b.min || values[i] > b.max {
			return p, fmt.Errorf("its parameter %s is not between %d and %d", strings.TrimSuffix(b.name, "="), b.min, b.max)
		}
	}
	p = parameters{memory: uint32(values[0]), time: uint32(values[1]), threads: uint8(values[2])} //nolint:gosec // bounded above
	if p.memory < 8*uint32(p.threads) {
		return p, errors.New("it has too little memory for its threads")
	}
	return p, nil
}
