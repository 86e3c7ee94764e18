package server

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3err"
)

// openBackend prepares the folders and changes the working directory to the objects.
func openBackend(opts Options) (*posix.Posix, error) {
	objects := filepath.Join(opts.Dir, "objects")
	attributes := filepath.Join(opts.Dir, "attributes")
	if err := makeDirs(objects); err != nil {
		return nil, err
	}
	var store meta.MetadataStorer = meta.XattrMeta{}
	posixOpts := posix.PosixOpts{}
	if used := exists(attributes); opts.Sidecar || used || !hasAttributes(opts.Dir) {
		// Once attributes live beside the objects they stay there: changing over would lose them.
		if err := makeDirs(attributes); err != nil {
			return nil, err
		}
		sidecar, err := meta.NewSideCar(attributes)
		if err != nil {
			return nil, err
		}
		store, posixOpts.SideCarDir = sidecar, attributes
	}
	return posix.New(objects, store, posixOpts)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// hasAttributes tries an extended attribute on a file of its own; asking is not enough, for some
// file systems read them but refuse to write.
func hasAttributes(dir string) bool {
	f, err := os.CreateTemp(dir, ".attribute-*")
	if err != nil {
		return false
	}
	defer os.Remove(f.Name())
	defer f.Close()
	return meta.XattrMeta{}.StoreAttribute(f, "", "", "probe", []byte{1}) == nil
}

// createBuckets makes each account's bucket and hands it to the account's present key.
func createBuckets(ctx context.Context, backend *posix.Posix, accounts []Account) error {
	for _, a := range accounts {
		acl, err := json.Marshal(auth.ACL{Owner: a.Key, Grantees: []auth.Grantee{{
			Permission: auth.PermissionFullControl, Access: a.Key, Type: types.TypeCanonicalUser,
		}}})
		if err != nil {
			return fmt.Errorf("bucket %s: %w", a.Bucket, err)
		}
		owned := context.WithValue(ctx, "bucket-owner", auth.Account{Access: a.Key, Role: auth.RoleUser}) //nolint:staticcheck // the gateway's own key
		err = backend.CreateBucket(owned, &s3.CreateBucketInput{
			Bucket:                    &a.Bucket,
			ObjectOwnership:           types.ObjectOwnershipBucketOwnerEnforced,
			CreateBucketConfiguration: &types.CreateBucketConfiguration{},
		}, acl)
		if alreadyThere(err) {
			err = backend.ChangeBucketOwner(ctx, a.Bucket, a.Key)
		}
		if err != nil {
			return fmt.Errorf("bucket %s: %w", a.Bucket, err)
		}
	}
	return nil
}

func alreadyThere(err error) bool {
	var coded s3err.S3Error
	if !errors.As(err, &coded) {
		return false
	}
	code := coded.BaseError().Code
	return code == "BucketAlreadyOwnedByYou" || code == "BucketAlreadyExists"
}

// anyCertificate is for asking our own health check, where no secret travels.
func anyCertificate() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }
