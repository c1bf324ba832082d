import * as Redacted from "effect/Redacted"
import { redacted } from "./secrets.js"

/** The minimum length of a secret. Shorter text would be found everywhere. */
const minLength = 4

/** The length of a secret's beginning that is removed too, because a server may cut a secret off. */
const telling = 12

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")

/** The spellings of a character in headers, JSON, nested JSON and URLs. */
const writings = (character: string): string => {
  if (/\w/.test(character)) return character
  const [plain, encoded] = [escape(character), encodeURIComponent(character)]
  const escaped = character === "\\" ? "\\\\+" : `\\\\*${plain}`
  // A percent sign begins its own encoding.
  return encoded === character ? escaped : `(?:${encoded}|${escaped})`
}

/** A pattern for a secret or its beginning. */
const pattern = (secret: string): string => {
  const characters = Array.from(secret, writings)
  return characters.slice(0, telling).join("") +
    characters.slice(telling).reduceRight((rest, character) => `(?:${character}${rest})?`, "")
}

/** The wrong key that scenarios send. It is part of their requests. */
export const wrongKey = "sk-thisisnotthekeyofanybodyatall"

/** The keys of a target itself: of a new service account, or one that another server refused. JSON Web Tokens too. */
const others = [
  `(?<![A-Za-z0-9])(?!${wrongKey})(?:sk|sess)[-_][\\w-]{8,}`,
  "\\beyJ[\\w-]{10,}\\.[\\w-]{10,}\\.[\\w-]*"
]

const deep = <A>(value: A, text: (text: string) => string): A => {
  const go = (value: unknown): unknown => {
    if (typeof value === "string") return text(value)
    if (Array.isArray(value)) return value.map(go)
    return typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([name, item]) => [text(name), go(item)]))
      : value
  }
  // Only strings change, so the type stays the same.
  return go(value) as A
}

/**
 * Removes known secrets and the keys of others from plain data, at any depth. The wrong key that a scenario sends is kept:
 * it is part of a request.
 */
export const make = (secrets: ReadonlyArray<Redacted.Redacted>) => {
  const known = secrets.map((secret) => Redacted.value(secret)).filter(({ length }) => length >= minLength)
  // A secret may begin with another secret.
  const longestFirst = known.sort((one, other) => other.length - one.length)
  const all = new RegExp([...longestFirst.map(pattern), ...others].join("|"), "g")
  return <A>(value: A): A => deep(value, (text) => text.replace(all, redacted))
}
