-- Nobody looks for a certificate by its fingerprint, and each one cost a page at a random place.
DROP INDEX IF EXISTS certificates_by_fingerprint;
