package cli

import (
	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/objectstore/server"
)

func newS3Command(e *env) *cobra.Command {
	var dir, listen, accounts string
	c := &cobra.Command{
		Use: "s3", Short: "Serve a small object store from a folder", Args: cobra.NoArgs,
		Long:    "Serves the S3 protocol over plain files, on loopback: one bucket and one key for\neach account of the accounts file. Markets use it on one machine; a real network\nuses any S3.",
		Example: "  ergon s3 --dir ./store --accounts ./accounts.json --listen 127.0.0.1:9000\n  ergon s3 --dir ./store --accounts ./accounts.json --json",
		RunE: func(c *cobra.Command, _ []string) error {
			log, err := e.logger(c)
			if err != nil {
				return err
			}
			list, err := server.LoadAccounts(accounts)
			if err != nil {
				return err
			}
			return server.Run(c.Context(), server.Options{Dir: dir, Listen: listen, Accounts: list, Log: log})
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "folder of the objects")
	c.Flags().StringVar(&accounts, "accounts", "", "file of accounts, JSON")
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:9000", "address")
	_ = c.MarkFlagRequired("dir")
	_ = c.MarkFlagRequired("accounts")
	return c
}
