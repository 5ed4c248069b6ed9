package client

import (
	"context"
	"time"
)

// Secret is a secret of the project, without its value.
type Secret struct {
	Name, Environment string
	UpdatedAt         time.Time
	UpdatedBy         string
}

// SetSecret gives a secret a value.
func (c *Client) SetSecret(ctx context.Context, name, environment, value string) error {
	const query = `mutation($input: SetSecretInput!) { setSecret(input: $input) { secret { id } } }`
	input := map[string]any{"name": name, "environment": environment, "value": value}
	return c.Do(ctx, query, map[string]any{"input": input}, &struct{}{})
}

// DeleteSecret removes a secret.
func (c *Client) DeleteSecret(ctx context.Context, name, environment string) error {
	const query = `mutation($input: DeleteSecretInput!) { deleteSecret(input: $input) { id } }`
	input := map[string]any{"name": name, "environment": environment}
	return c.Do(ctx, query, map[string]any{"input": input}, &struct{}{})
}

// Secrets returns all secrets of the project, or of one environment, newest
// first.
func (c *Client) Secrets(ctx context.Context, environment *string) (out []Secret, err error) {
	const query = `query($environment: String, $after: String) {
  secrets(environment: $environment, first: 100, after: $after) {
    nodes { name environment updatedAt updatedBy }
    pageInfo { hasNextPage endCursor }
  }
}`
	variables := map[string]any{"environment": environment}
	for {
		var answer struct {
			Secrets struct {
				Nodes    []Secret
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		if err := c.Do(ctx, query, variables, &answer); err != nil {
			return nil, err
		}
		out = append(out, answer.Secrets.Nodes...)
		if !answer.Secrets.PageInfo.HasNextPage {
			return out, nil
		}
		variables["after"] = answer.Secrets.PageInfo.EndCursor
	}
}
