// Package sessions keeps sealed sessions in a store that learns nothing of them and can forge nothing.
package sessions
