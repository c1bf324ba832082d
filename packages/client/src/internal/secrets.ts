/**
 * Removes credentials from a text. An identifier, such as a code, a cursor, a request ID or the name of a field, is not
 * changed, unless it has a space or contains a long key.
 */
export interface Redact {
  (text: string, isIdentifier?: boolean): string
}

// What is removed has to be worth hiding: users of local servers set keys such as `test`, `EMPTY` or `lm-studio`.

/** A shorter credential is never removed. At the end of a text, which may be cut, a prefix of this length is removed too. */
const minLength = 8

/** A credential of this length is removed wherever it occurs. A shorter one needs a digit, and is removed as a word. */
const longLength = 16

const isSought = (secret: string | undefined): secret is string =>
  secret !== undefined && (secret.length >= longLength || (secret.length >= minLength && /\d/.test(secret)))

const escape = (text: string): string => text.replace(/\W/g, "\\$&")

/** Matches the secret, or a prefix of it at the end. Hyphens join words. */
const patternOf = (secret: string): RegExp => {
  const [before, after] = secret.length < longLength ? ["(?<!\\w-*)", "(?!-*\\w)"] : ["", ""]
  const rest = Array.from(secret.slice(minLength)).reduceRight(
    (rest, char) => `(?:${escape(char)}${rest}|$)`,
    after
  )
  return new RegExp(before + escape(secret.slice(0, minLength)) + rest, "g")
}

/** A key that a response can have: that of a new service account. */
const createdKey = /\bsk-[\w-]{16,}/g

/** Organization and project are identifiers themselves. */
export const makeRedact = (
  keys: ReadonlyArray<string | undefined>,
  identifiers: ReadonlyArray<string | undefined>
): Redact => {
  const secrets = [...keys, ...identifiers].filter(isSought)
    // A secret may begin with another one.
    .sort((one, other) => other.length - one.length)
    .map((secret) => ({
      pattern: patternOf(secret),
      isInIdentifiers: secret.length >= longLength && keys.includes(secret)
    }))
  return (text, isIdentifier = false) => {
    const keepsOthers = isIdentifier && !/\s/.test(text)
    return secrets.reduce(
      (text, { isInIdentifiers, pattern }) =>
        keepsOthers && !isInIdentifiers ? text : text.replace(pattern, "<redacted>"),
      text
    ).replace(createdKey, "<redacted>")
  }
}
