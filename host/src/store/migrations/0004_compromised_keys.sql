-- SHA-256 of the SubjectPublicKeyInfo, where the reason is that the key was compromised: it is never certified again.
ALTER TABLE revocations ADD COLUMN compromised_key BLOB CHECK (length(compromised_key) = 32);

CREATE INDEX revocations_by_compromised_key ON revocations (compromised_key) WHERE compromised_key IS NOT NULL;
