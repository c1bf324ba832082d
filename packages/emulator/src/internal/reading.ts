// Finds the values of a function's arguments in a message, as a reader would: by the name and the description of a field,
// and by what looks like an identifier, a number, a date or a name.

interface Schema {
  readonly [key: string]: unknown
}

/** Finds values in one message. A part of the message is taken once. */
export interface Reader {
  /** Undefined where nothing fits. With `isNamed`, only what the message itself names the field for. */
  readonly string: (
    field: string,
    schema: Schema,
    fits: (value: string) => boolean,
    isNamed: boolean
  ) => string | undefined
  readonly number: (
    field: string,
    fits: (value: number) => boolean,
    isNamed: boolean
  ) => number | undefined
  readonly boolean: (field: string) => boolean
}

const wordsOf = (text: string): ReadonlyArray<string> =>
  text.replace(/([a-z\d])([A-Z])/g, "$1 $2").toLowerCase().split(/[^a-z\d]+/).filter((word) => word !== "")

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

const count: Readonly<Record<string, number>> = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12
}

const number = String.raw`(?<![\w#/:.-])-?\d+(?:\.\d+)?(?![\w:/]|-\d|\.\d)|\b(?:${Object.keys(count).join("|")})\b`

/** Words that begin or join a request rather than name something. */
const stops = new Set(
  ("a an and any are as at be book buy by call can compare could create delete do find for from get give hello help hey hi " +
    "how i in is it look me my need now of on open or our please remove run search send set show tell thanks that the then " +
    "this to today tomorrow up use was we what when where which who will with would yesterday you your").split(" ")
)

const weekday = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
const month = "(?:january|february|march|april|may|june|july|august|september|october|november|december)"

const patterns = {
  date: new RegExp(
    String
      .raw`\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b${month} \d{1,2}(?:st|nd|rd|th)?(?:,? \d{4})?\b` +
      String
        .raw`|\b\d{1,2}(?:st|nd|rd|th)? (?:of )?${month}(?: \d{4})?\b|\b(?:today|tomorrow|yesterday|tonight)\b|\b(?:next )?${weekday}\b`,
    "gi"
  ),
  isoDate: /\b\d{4}-\d{2}-\d{2}\b/g,
  isoTime: /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})/g,
  time: /\b\d{1,2}:\d{2}(?: ?[ap]m)?\b|\b\d{1,2} ?[ap]m\b|\bnoon\b|\bmidnight\b/gi,
  email: /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g,
  url: /https?:\/\/[^\s"'<>]*[^\s"'<>.,;:!?)]/g,
  phone: /\+?\d[\d ()-]{6,}\d/g,
  currency: /\b[A-Z]{2,5}\b/g,
  path: /(?:[\w.-]*\/)?[\w-]+\.[a-z]{2,4}\b/gi,
  identifier: /\b[A-Za-z]+[-_]?\d[\w-]*\b|\b\d+[-_][\w-]+\b|#\w+|\b[A-Z]{2,}-\w+\b|\b\d{3,}\b/g,
  name: /\b[A-ZÀ-Þ][\w'’À-ÿ-]*(?: (?:(?:of|de|la|del|van|von|da) )?[A-ZÀ-Þ][\w'’À-ÿ-]*)*(?:, [A-Z]{2}\b)?/g
} as const

type Kind = keyof typeof patterns | "text"

/** The kind of a field, by the words of its name and, where these say nothing, of its description. */
const kinds: ReadonlyArray<readonly [Kind, RegExp]> = [
  ["email", /\b(?:email|mail|recipient)\b/],
  ["url", /\b(?:url|uri|link|website|webpage)\b/],
  ["phone", /\b(?:phone|mobile|fax)\b/],
  ["date", /\b(?:date|day|deadline|due|birthday|checkin|checkout)\b/],
  ["time", /\b(?:time|hour|clock)\b/],
  ["currency", /\b(?:currency|symbol|ticker|iata)\b/],
  ["path", /\b(?:file|filename|path|document)\b/],
  [
    "identifier",
    /\b(?:id|ids|identifier|ticket|order|invoice|sku|code|reference|ref|key|account|serial|flight|case|number|tracking)\b/
  ],
  [
    "name",
    /\b(?:city|town|place|location|country|state|region|address|street|name|person|customer|author|artist|company|user|guest|origin|source|destination|target|airport|station|employee|contact|brand|team|player|language|restaurant|hotel|product)\b/
  ],
  [
    "text",
    /\b(?:query|text|content|body|question|prompt|subject|topic|title|message|search|term|keyword|description|note|reason|task|item|expression)\b/
  ]
]

const kindOf = (field: string, { description, format }: Schema): Kind | undefined => {
  if (format === "date") return "isoDate"
  if (format === "date-time") return "isoTime"
  if (format === "email" || format === "idn-email") return "email"
  if (format === "uri" || format === "iri") return "url"
  const of = (text: string) => kinds.find(([, words]) => words.test(text))?.[0]
  return of(wordsOf(field).map((word) => word.replace(/(?<=[^s])s$/, "")).join(" ")) ??
    of(wordsOf(field).join(" ")) ??
    (typeof description === "string" ? of(wordsOf(description).join(" ")) : undefined)
}

/** The prepositions before a value. */
const before: Readonly<Record<string, string>> = {
  origin: "from",
  from: "from",
  source: "from",
  departure: "from",
  destination: "to",
  to: "to",
  target: "to",
  recipient: "to",
  arrival: "to"
}

/** What follows a preposition, up to the next one. */
const phrase = String
  .raw`([^\s,.;:!?"][^,.;:!?"\n]*?)(?=[,.;:!?"\n]|\s+(?:please|today|tomorrow|in|at|for|on|from|to|with|and|by|as)\b|\s*$)`

/** The message without the names of functions, which say nothing of their arguments. */
export const make = (message: string, functions: ReadonlyArray<string>): Reader => {
  const text = functions.reduce(
    (text, name) =>
      text.replace(
        new RegExp(String.raw`(?<![\w-])${escaped(name)}(?![\w-])`, "g"),
        (found) => "\u0000".repeat(found.length)
      ),
    message
  )
  const taken: Array<readonly [start: number, end: number]> = []

  const isFree = (start: number, end: number) => taken.every(([from, to]) => end <= from || start >= to)

  /** The first match of its group, or of the entire pattern, that nothing has taken yet. */
  const take = <A>(pattern: RegExp, decode: (value: string) => A | undefined): A | undefined => {
    for (const match of text.matchAll(new RegExp(pattern.source, `${pattern.flags.replace(/[gd]/g, "")}gd`))) {
      const group = match.findLastIndex((value, index) => index > 0 && value !== undefined)
      const [start, end] = match.indices![Math.max(group, 0)]!
      const found = text.slice(start, end)
      if (found.includes("\u0000") || !isFree(start, end)) continue
      const value = decode(found)
      if (value === undefined) continue
      taken.push([start, end])
      return value
    }
    return undefined
  }

  /** Names in running text, without the words that begin a sentence. */
  const properName = (fits: (value: string) => boolean) => {
    for (const match of text.matchAll(patterns.name)) {
      const words = match[0].split(" ")
      let skipped = 0
      while (skipped < words.length && (stops.has(words[skipped]!.toLowerCase()))) skipped++
      const value = words.slice(skipped).join(" ")
      const start = match.index + match[0].length - value.length
      const isFirst = skipped === 0 && /^$|[.!?\n]\s*$/.test(text.slice(0, match.index))
      // A word that begins a sentence is a name only where the sentence is nothing else.
      if (isFirst && words.length === 1 && /^\s+[a-z\u0000]/.test(text.slice(match.index + value.length))) continue
      if (value === "" || !fits(value) || !isFree(start, start + value.length)) continue
      taken.push([start, start + value.length])
      return value
    }
    return undefined
  }

  const quoted = (fits: (value: string) => boolean) => take(/"([^"]+)"/g, (value) => fits(value) ? value : undefined)

  return {
    string: (field, schema, fits, isNamed) => {
      const words = wordsOf(field)
      const decode = (value: string) => fits(value) ? value : undefined
      const kind = kindOf(field, schema)
      const { pattern } = schema
      if (typeof pattern === "string") {
        try {
          return take(
            /[^\s,;!?"]*[^\s,;!?".]/g,
            (value) => new RegExp(pattern, "u").test(value) ? decode(value) : undefined
          )
        } catch {
          return undefined
        }
      }
      const label = words.filter((word) => word !== "id" && word !== "number" && word !== "name").at(-1) ??
        words.at(-1) ?? ""
      const after = (value: string) =>
        take(
          new RegExp(
            String.raw`\b${escaped(label)}(?:\s+(?:id|number|no\.?|name|is|of|named|called|code))*\s*[:=]?\s*${value}`,
            "gi"
          ),
          (value) => stops.has(value.toLowerCase()) ? undefined : decode(value)
        )
      const named = label.length < 2 ? undefined : after("\"([^\"]+)\"") ??
        (kind === undefined || kind === "text" ?
          take(new RegExp(String.raw`\b${escaped(label)}\s*[:=]\s*([^\n"]+)`, "gi"), decode) :
          kind === "name"
          ? undefined
          : after(`(${patterns[kind].source})`))
      if (named !== undefined) return named
      if (kind === "name" && label.length > 1) {
        const found = take(
          new RegExp(
            String.raw`\b${escaped(label)}(?:\s+(?:of|is|named|called))*\s*:?\s+(?-i:(${patterns.name.source}))`
              .replace("(?-i:", "(?:"),
            "g"
          ),
          decode
        )
        if (found !== undefined) return found
      }
      if (isNamed) return undefined
      const exact = kind === undefined || kind === "text" || kind === "name" ? undefined : take(patterns[kind], decode)
      if (exact !== undefined) return exact
      const free = quoted(fits)
      if (free !== undefined) return free
      const preposition = words.map((word) => before[word]).find((word) => word !== undefined)
      const directed = preposition === undefined
        ? undefined
        : take(new RegExp(String.raw`\b${preposition} ${phrase}`, "gi"), decode)
      if (directed !== undefined) return directed
      if (kind === "text") {
        return take(
          /\b(?:search(?:es)?(?: \w+)? for|look(?:ing)? for|about|saying|that says|regarding|for) ([^\n"]*?)(?=[.!?]*(?:\s+please)?[.!?]*\s*$)/gi,
          decode
        )
      }
      if (kind === "name" || kind === undefined) {
        const name = properName(fits)
        if (name !== undefined) return name
        const phrased = take(
          new RegExp(String.raw`\b(?:in|for|at|near|of|to|from|about|with|by) (?:the )?${phrase}`, "gi"),
          (value) => stops.has(value.toLowerCase()) ? undefined : decode(value)
        )
        if (phrased !== undefined) return phrased
      }
      return kind === undefined ? take(patterns.identifier, decode) : undefined
    },

    number: (field, fits, isNamed) => {
      const decode = (value: string) => {
        const found = count[value.toLowerCase()] ?? Number(value)
        return fits(found) ? found : undefined
      }
      const label = wordsOf(field).map((word) => escaped(word.replace(/s$/, ""))).find((word) => word.length > 2)
      const near = label === undefined ?
        undefined :
        take(new RegExp(String.raw`(${number})(?=[ -](?:\w+ )?${label})`, "gi"), decode) ??
          take(new RegExp(String.raw`\b${label}\w*(?:\s+(?:of|is|to|at))*\s*[:=]?\s*(${number})`, "gi"), decode)
      return near ?? (isNamed ? undefined : take(new RegExp(number, "gi"), decode))
    },

    boolean: (field) => {
      const words = wordsOf(field).filter((word) => word.length > 2)
      return words.length > 0 &&
        new RegExp(
          String.raw`(?<!\b(?:not|no|without|non|isn't|don't)[ -](?:\w+ )?)\b${words.map(escaped).join("[ _-]")}\b`,
          "i"
        ).test(text)
    }
  }
}
