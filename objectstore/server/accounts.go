package server

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/s3err"

	"github.com/ergon-network/ergon/internal/durable"
	"github.com/ergon-network/ergon/objectstore"
)

// Bounds of an accounts file.
const (
	maxAccounts     = 4096
	maxAccountsFile = 1 << 20 // bytes
	minSecret       = 16      // characters
	maxCredential   = 128     // characters
)

// ErrAccounts is wrapped by every complaint about accounts.
var ErrAccounts = errors.New("bad accounts")

// Account is one miner's: a bucket and the only key that opens it.
type Account struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
	Secret string `json:"secret"`
}

// String shows the account without its secret, for every fmt verb but %#v.
func (a Account) String() string { return fmt.Sprintf("%s (key %s)", a.Bucket, a.Key) }

// GoString keeps the secret out of %#v.
func (a Account) GoString() string { return a.String() }

// URL is the store URL with which the account's owner opens its bucket on a server without TLS.
func (a Account) URL(addr netip.AddrPort) string {
	u := url.URL{
		Scheme: "s3", User: url.UserPassword(a.Key, a.Secret), Host: addr.String(), Path: "/" + a.Bucket,
		RawQuery: url.Values{"tls": {"0"}}.Encode(),
	}
	return u.String()
}

// NewAccount draws a key and a secret for a bucket from random, which is crypto/rand.Reader
// outside tests. The key has 20 characters and the secret 40.
func NewAccount(bucket string, random io.Reader) (Account, error) {
	if err := objectstore.CheckBucket(bucket); err != nil {
		return Account{}, fmt.Errorf("%w: %w", ErrAccounts, err)
	}
	raw := make([]byte, 32)
	if _, err := io.ReadFull(random, raw); err != nil {
		return Account{}, fmt.Errorf("draw a key for bucket %s: %w", bucket, err)
	}
	sum := sha256.Sum256(append([]byte("ergon/s3/secret\x00"), raw...)) // the key must tell nothing of the secret
	key := sha256.Sum256(append([]byte("ergon/s3/key\x00"), raw...))
	return Account{bucket, hex.EncodeToString(key[:10]), hex.EncodeToString(sum[:20])}, nil
}

// LoadAccounts reads a JSON list of accounts. The file holds secrets, so one that others may
// read is refused.
func LoadAccounts(path string) ([]Account, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open accounts: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open accounts %s: %w", path, err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s has mode %o and holds secrets; run chmod 600", ErrAccounts, path, mode)
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxAccountsFile+1))
	if err != nil {
		return nil, fmt.Errorf("read accounts %s: %w", path, err)
	}
	accounts, err := ParseAccounts(raw)
	if err != nil {
		return nil, fmt.Errorf("read accounts %s: %w", path, err)
	}
	return accounts, nil
}

// ParseAccounts reads what SaveAccounts writes: a JSON list of {bucket, key, secret}.
func ParseAccounts(raw []byte) ([]Account, error) {
	if len(raw) > maxAccountsFile {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrAccounts, maxAccountsFile)
	}
	var accounts []Account
	if err := json.Unmarshal(raw, &accounts); err != nil {
		return nil, fmt.Errorf("%w: want a JSON list of bucket, key and secret: %w", ErrAccounts, err)
	}
	return accounts, checkAccounts(accounts)
}

// SaveAccounts writes the list at once (a temporary file, then a rename) with mode 0600.
func SaveAccounts(path string, accounts []Account) error {
	if err := checkAccounts(accounts); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(accounts, "", "  ")
	if err != nil {
		return fmt.Errorf("encode accounts: %w", err)
	}
	if err := durable.Write(path, append(raw, '\n')); err != nil {
		return fmt.Errorf("save accounts: %w", err)
	}
	return nil
}

func checkAccounts(accounts []Account) error {
	if len(accounts) == 0 || len(accounts) > maxAccounts {
		return fmt.Errorf("%w: %d of them, want 1..%d", ErrAccounts, len(accounts), maxAccounts)
	}
	buckets, keys := map[string]bool{}, map[string]bool{}
	for _, a := range accounts {
		if err := objectstore.CheckBucket(a.Bucket); err != nil {
			return fmt.Errorf("%w: %w", ErrAccounts, err)
		}
		if !plain(a.Key, 3) || !plain(a.Secret, minSecret) {
			return fmt.Errorf("%w: bucket %s: want a key of 3..%d and a secret of %d..%[3]d letters, digits, '-' and '_'",
				ErrAccounts, a.Bucket, maxCredential, minSecret)
		}
		if a.Bucket == HealthPath[1:] {
			return fmt.Errorf("%w: bucket %s is the name of the health check", ErrAccounts, a.Bucket)
		}
		if buckets[a.Bucket] || keys[a.Key] {
			return fmt.Errorf("%w: bucket %s or its key appears twice", ErrAccounts, a.Bucket)
		}
		buckets[a.Bucket], keys[a.Key] = true, true
	}
	return nil
}

func plain(text string, least int) bool {
	if len(text) < least || len(text) > maxCredential {
		return false
	}
	for _, c := range []byte(text) {
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// accountBook answers the gateway's questions about accounts. It never changes after the start.
type accountBook map[string]auth.Account

func newAccountBook(root Account, accounts []Account) accountBook {
	book := accountBook{root.Key: {Access: root.Key, Secret: root.Secret, Role: auth.RoleAdmin}}
	for _, a := range accounts {
		book[a.Key] = auth.Account{Access: a.Key, Secret: a.Secret, Role: auth.RoleUser}
	}
	return book
}

var errFixed = s3err.GetAPIError(s3err.ErrAdminMethodNotSupported)

func (b accountBook) GetUserAccount(key string) (auth.Account, error) {
	if account, ok := b[key]; ok {
		return account, nil
	}
	return auth.Account{}, auth.ErrNoSuchUser
}

func (b accountBook) ResolveAccounts(keys []string) ([]string, error) {
	missing := []string{}
	for _, key := range keys {
		if _, ok := b[key]; !ok {
			missing = append(missing, key)
		}
	}
	return missing, nil
}

func (accountBook) CreateAccount(auth.Account) error                  { return errFixed }
func (accountBook) UpdateUserAccount(string, auth.MutableProps) error { return errFixed }
func (accountBook) DeleteUserAccount(string) error                    { return errFixed }
func (accountBook) ListUserAccounts() ([]auth.Account, error)         { return nil, errFixed }
func (accountBook) Shutdown() error                                   { return nil }
