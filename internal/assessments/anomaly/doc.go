// Package anomaly tells whether new values of a metric fit the ones before. It is
// pure.
//
// Two standard deviations around the mean raise false alarms where there are few
// values, as both are estimates: 14 % of the time with five values. The interval
// that holds the next value is wider, s·√(1+1/n) by Student's t, and even that
// alarms once in twenty times. So a value counts only where it also differs by an
// amount that matters, and the one before it did the same.
package anomaly
