import { createHash } from "node:crypto"

// What PostgreSQL can compare. Its JSON types refuse U+0000 and surrogates without a partner, and its indexes refuse long
// values, so a document is kept as text, next to those of its fields that can be compared.

const maxLength = 256

/** Begins the hash of a text. A text that begins with it is hashed too, so that no two texts become the same. */
export const marker = "\u0001"

/** A text as it is in keys and fields: itself, or its hash. */
export const keyOf = (text: string): string =>
  text.length <= maxLength && !text.startsWith(marker) && !/\0|\p{Surrogate}/u.test(text)
    ? text
    // In JSON each text is well formed.
    : marker + createHash("sha256").update(JSON.stringify(text)).digest("hex")

/** A value as it is in fields. Undefined for one that can't be compared. */
export const valueOf = (value: unknown): unknown => {
  switch (typeof value) {
    case "string":
      return keyOf(value)
    case "number":
    case "boolean":
      return value
    default:
      return value === null ? null : undefined
  }
}

/** The fields of a document that can be compared, as JSON. Of an array, those are its texts. */
export const fieldsOf = (document: object): string =>
  JSON.stringify(Object.fromEntries(
    Object.entries(document).map(([name, value]) => [
      keyOf(name),
      Array.isArray(value) ? value.filter((item) => typeof item === "string").map(keyOf) : valueOf(value)
    ])
  ))
