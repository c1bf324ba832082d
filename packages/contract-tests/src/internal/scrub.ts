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

/** The key of a new service account. A response may be cut off within it. */
const created = "sk-svcacct-[\\w-]+"

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
 * Removes known secrets from plain data, at any depth. Other text that looks like a key is kept: a wrong key is part of
 * a request.
 */
export const make = (secrets: ReadonlyArray<Redacted.Redacted>) => {
  const known = secrets.map((secret) => Redacted.value(secret)).filter(({ length }) => length >= minLength)
  // A secret may begin with another secret.
  const longestFirst = known.sort((one, other) => other.length - one.length)
  const all = new RegExp([...longestFirst.map(pattern), created].join("|"), "g")
  return <A>(value: A): A => deep(value, (text) => text.replace(all, redacted))
}
