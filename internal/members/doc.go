// Package members keeps projects and who has a place in them: users as members,
// programs as service accounts with their API tokens.
//
// What a place allows, package auth knows; who the users are, accounts.
package members
