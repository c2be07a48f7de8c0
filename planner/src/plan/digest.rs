//! Canonical bytes (RFC 8785) and SHA-256.
