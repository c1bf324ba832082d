import * as Redacted from "effect/Redacted"
import { redacted } from "./secrets.js"

/** Less than this is no secret: it would be found in every word. */
const minLength = 4

/** So much of a secret's beginning is taken for it, for what a server says may be cut off anywhere. */
const telling = 12

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")

/** A character as it stands in a header, in JSON, in JSON within JSON, and in a URL. */
const writings = (character: string): string => {
  if (/\w/.test(character)) return character
  const [plain, encoded] = [escape(character), encodeURIComponent(character)]
  const escaped = character === "\\" ? "\\\\+" : `\\\\*${plain}`
  return encoded === character ? escaped : `(?:${escaped}|${encoded})`
}

/** A secret, or as much of its beginning as there is. */
const pattern = (secret: string): string => {
  const characters = Array.from(secret, writings)
  return characters.slice(0, telling).join("") +
    characters.slice(telling).reduceRight((rest, character) => `(?:${character}${rest})?`, "")
}

const deep = <A>(value: A, text: (text: string) => string): A => {
  const go = (value: unknown): unknown => {
    if (typeof value === "string") return text(value)
    if (Array.isArray(value)) return value.map(go)
    return typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([name, item]) => [text(name), go(item)]))
      : value
  }
  // Texts become other texts, and nothing else changes.
  return go(value) as A
}

/**
 * Takes the secrets that are known out of plain data, in all its depth. What looks like a key and is none of them stays:
 * a wrong key is a part of what was sent.
 */
export const make = (secrets: ReadonlyArray<Redacted.Redacted>) => {
  const known = secrets.map((secret) => Redacted.value(secret)).filter(({ length }) => length >= minLength)
  if (known.length === 0) return <A>(value: A): A => value
  // One may begin with another.
  const longestFirst = known.sort((one, other) => other.length - one.length)
  const all = new RegExp(longestFirst.map(pattern).join("|"), "g")
  return <A>(value: A): A => deep(value, (text) => text.replace(all, redacted))
}
