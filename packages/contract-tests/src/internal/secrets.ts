/** A known secret and its placeholder. */
export type Known = readonly [secret: string, placeholder: string]

/** Removes secrets from what is written. */
export interface Secrets {
  /** Removes these secrets too. */
  readonly and: (known: ReadonlyArray<Known>) => Secrets
  readonly text: (text: string) => string
  /** JSON at any depth, including field names. */
  readonly json: (value: unknown) => unknown
  /** Bytes, and the new position of an offset. */
  readonly bytes: (bytes: Uint8Array) => { readonly bytes: Buffer; readonly moved: (offset: number) => number }
  /** The path of text that looks like a key. undefined if no text does. */
  readonly find: (value: unknown) => string | undefined
}

/** The placeholder of an unknown secret. */
export const redacted = "<redacted>"

/** The placeholder for an admin key, as in the documentation. */
export const adminKeyPlaceholder = "$OPENAI_ADMIN_KEY"

/** The minimum length of a secret. Shorter text would be found everywhere. */
const minLength = 4

/**
 * What looks like a key: one of the API's, complete or masked, a token after its scheme, a JSON Web Token. The groups
 * that are captured stay.
 */
const patterns = [
  /(?<![A-Za-z0-9])(?:sk|sess)[-_](?:[\w-]{8,}|[\w-]*\*[\w*-]*)/,
  /\b([Bb]earer(?:\s|%20|\+)+)[\w.~+/-]{16,}=*/,
  /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/,
  /\w[\w-]*\*{4,}[\w-]*\w/
]

const escape = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")

const escapes = /\\+u([0-9a-f]{4})|\\+x([0-9a-f]{2})|%([0-9a-f]{2})/gi

/** The text after each step of unescaping. */
const readings = (text: string): ReadonlyArray<string> => {
  const all = [text]
  for (let depth = 0; depth < 4; depth++) {
    const reading = all.at(-1)!
      .replace(escapes, (_, ...codes) => String.fromCharCode(parseInt(codes.find((code) => code !== undefined), 16)))
      .replace(/\\+\//g, "/")
    if (reading === all.at(-1)) break
    all.push(reading)
  }
  return all
}

type Path = ReadonlyArray<number | string>

/** All strings in JSON, including field names. */
const leaves = (value: unknown, path: Path = []): ReadonlyArray<readonly [path: Path, text: string]> => {
  if (typeof value === "string") return [[path, value]]
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, [...path, index]))
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([name, item]) => [[path, name] as const, ...leaves(item, [...path, name])])
}

/** The joined strings of each field path over the items of arrays, because deltas split text. */
const accumulated = (all: ReturnType<typeof leaves>): ReadonlyArray<readonly [path: Path, text: string]> => {
  const texts = new Map<string, readonly [path: Path, text: string]>()
  for (const [path, text] of all) {
    const place = JSON.stringify(path.map((key) => typeof key === "number" ? 0 : key))
    texts.set(place, [path, `${texts.get(place)?.[1] ?? ""}${text}`])
  }
  return [...texts.values()]
}

export const make = (known: ReadonlyArray<Known>): Secrets => {
  const named = new Map(
    known
      .filter(([secret, placeholder]) => secret.length >= minLength && secret !== placeholder)
      // A secret may begin with another secret.
      .sort(([one], [other]) => other.length - one.length)
  )
  const alternatives = [...[...named.keys()].map(escape), ...patterns.map(({ source }) => source)]
  const secret = new RegExp(alternatives.join("|"), "g")
  const replacement = (match: string, scheme: string | undefined) => named.get(match) ?? `${scheme ?? ""}${redacted}`

  const text = (text: string) => text.replace(secret, replacement)

  const json = (value: unknown): unknown => {
    if (typeof value === "string") return text(value)
    if (Array.isArray(value)) return value.map(json)
    return typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([name, item]) => [text(name), json(item)]))
      : value
  }

  const isSecret = (text: string) => readings(text).some((reading) => reading.search(secret) !== -1)

  return {
    and: (more) => make([...known, ...more]),
    text,
    json,
    bytes: (bytes) => {
      // Secrets are ASCII. In Latin 1 each character is a byte.
      const before = Buffer.from(bytes).toString("latin1")
      const changes: Array<{ readonly end: number; readonly start: number; readonly by: number }> = []
      const after = before.replace(secret, (match: string, ...rest: ReadonlyArray<unknown>) => {
        const [scheme, start] = rest as [string | undefined, number]
        const put = replacement(match, scheme)
        changes.push({ start, end: start + match.length, by: put.length - match.length })
        return put
      })
      return {
        bytes: Buffer.from(after, "latin1"),
        moved: (offset) =>
          changes.reduce(
            (moved, { by, end, start }) => offset <= start ? moved : moved + by + Math.max(0, end - offset),
            offset
          )
      }
    },
    find: (value) => {
      const all = leaves(value).map(([path, text]) =>
        [path, path.at(-1) === "base64" ? Buffer.from(text, "base64").toString("latin1") : text] as const
      )
      return [...all, ...accumulated(all)].find(([, text]) => isSecret(text))?.[0].join(".")
    }
  }
}
