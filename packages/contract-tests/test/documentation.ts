/**
 * Reads the texts of the documentation as they are printed, and names each repair that a text needs. The tests compare
 * fixtures with this; `npm run fixture` writes them with it.
 */
import type { Fixture } from "@effect-openai/contract-tests"
import { jsonrepair } from "jsonrepair"

interface Reading<A> {
  readonly value: A
  readonly repairs: ReadonlyArray<string>
}

const baseUrl = "https://api.openai.com/v1"

// -----------------------------------------------------------------------------
// JSON
// -----------------------------------------------------------------------------

const elided = /^[ ]*\.{3,}.*$/gm

const elidedObjects = /,\s*\{\s*\.{3}\s*\}/g

/** The known faults. A text that is not JSON and has none of them is an error, so that each new kind gets a name. */
const faults: ReadonlyArray<readonly [name: string, pattern: RegExp]> = [
  ["elided values", elided],
  ["elided objects", elidedObjects],
  ["trailing commas", /,\s*[}\]]/],
  ["missing commas", /(?:["}\]\d]|true|false|null)[ \t]*\n\s*["{]/],
  ["unquoted keys", /[{,]\s*\w+\s*:/],
  ["single-quoted strings", /:\s*'[^'\n]*'/]
]

/** Whether an object has a key twice. `JSON.parse` accepts that and keeps the last value. */
const hasDuplicateKeys = (text: string): boolean => {
  const objects: Array<Set<string>> = []
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)].some(([token, key]) => {
    if (token === "{") objects.push(new Set())
    else if (token === "}") objects.pop()
    else if (key !== undefined) {
      const keys = objects.at(-1)!
      return keys.size === keys.add(key).size
    }
    return false
  })
}

const readJson = (text: string): Reading<unknown> => {
  const duplicates = hasDuplicateKeys(text) ? ["duplicate keys"] : []
  try {
    return { value: JSON.parse(text), repairs: duplicates }
  } catch (cause) {
    const repairs = faults.flatMap(([name, pattern]) => text.search(pattern) === -1 ? [] : [name])
    if (repairs.length === 0) throw new Error("The text is not JSON, for a reason that has no name yet", { cause })
    const whole = text.replace(elided, "").replace(elidedObjects, "")
    return { value: JSON.parse(jsonrepair(whole)), repairs: [...repairs, ...duplicates] }
  }
}

// -----------------------------------------------------------------------------
// requests
// -----------------------------------------------------------------------------

const header = (line: string): readonly [string, string] => {
  const [, name = "", value = ""] = /^([^:]+):\s*(.*)$/.exec(line) ?? []
  return [name.toLowerCase(), value]
}

const target = (url: string): Pick<Fixture.Request, "path" | "query"> => {
  if (!url.startsWith(`${baseUrl}/`)) throw new Error(`${url} is not below ${baseUrl}`)
  const { pathname, searchParams } = new URL(url)
  return { path: pathname.slice(new URL(baseUrl).pathname.length) as `/${string}`, query: [...searchParams] }
}

const strayQuote = /^(Bearer \$OPENAI_API_KEY)"$/

const requestOf = (
  request: Fixture.Request,
  repairs: ReadonlyArray<string>
): Reading<Fixture.Request> => {
  const authorization = request.headers["authorization"]
  const found = authorization === undefined ? null : strayQuote.exec(authorization)
  return found === null ? { value: request, repairs } : {
    value: { ...request, headers: { ...request.headers, authorization: found[1]! } },
    repairs: [...repairs, "stray quote after the key"]
  }
}

/** The words of a command, and whether its lines are joined: a backslash is followed by a space, not by a line end. */
const words = (command: string): { readonly words: ReadonlyArray<string>; readonly joined: boolean } => {
  const tokens = [...command.matchAll(/\\(\s)\s*|(?:[^\s"'\\]|\\\S|'[^']*'|"(?:[^"\\]|\\.)*")+/g)]
  return {
    words: tokens.flatMap(([text, continuation]) =>
      continuation === undefined
        ? [
          text.replace(
            /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(\S)/g,
            (_, single, double, escaped) => single ?? double?.replace(/\\(.)/g, "$1") ?? escaped
          )
        ]
        : []
    ),
    joined: tokens.some(([, continuation]) => continuation === " ")
  }
}

const readCurl = (text: string): Reading<Fixture.Request> => {
  const command = words(text)
  const repairs = command.joined ? ["lines run together"] : []
  const [program, ...rest] = command.words
  if (program !== "curl") throw new Error(`${program} is not curl`)
  const headers: Record<string, string> = {}
  const parts: Array<Fixture.Part> = []
  let url: string | undefined
  let method: string | undefined
  let data: string | undefined
  while (rest.length > 0) {
    const word = rest.shift()!
    switch (word) {
      case "--location":
        break
      case ">":
      case "--output":
        rest.shift()
        break
      case "-X":
      case "--request":
        method = rest.shift()
        break
      case "-H":
      case "--header": {
        const [name, value] = header(rest.shift()!)
        headers[name] = value
        break
      }
      case "-d":
      case "--data-raw":
        data = rest.shift()
        break
      case "-F": {
        const [, name = "", file, value = ""] = /^([\w[\]]+)=(@?)(.*)$/.exec(rest.shift()!) ?? []
        // A client sends the name of a file without its directories.
        parts.push(file === "@" ? { name, fileName: value.replace(/^.*\//, "") } : { name, value })
        break
      }
      default:
        if (url !== undefined || word.startsWith("-")) throw new Error(`The command has an unknown ${word}`)
        url = word
    }
  }
  const json = data === "" ? { value: {}, repairs: ["empty body"] } : data === undefined ? undefined : readJson(data)
  const [first, ...others] = parts
  return requestOf({
    method: (method ?? (data === undefined && parts.length === 0 ? "GET" : "POST")) as Fixture.Request["method"],
    ...target(url ?? ""),
    headers,
    body: json !== undefined ? { json: json.value } : first !== undefined ? { multipart: [first, ...others] } : null
  }, [...repairs, ...json?.repairs ?? []])
}

/** A page that shows the method, the URL, each header and the body on separate lines. */
const readPage = (text: string): Reading<Fixture.Request> => {
  const [method, url] = text.split("\n")
  const headers = text.matchAll(/^([\w-]+)\nstring\nrequired\nExample:\n(.*)$/gm)
  const body = readJson(/^Example\n(\{.*\})$/ms.exec(text)?.[1] ?? "")
  return requestOf({
    method: method as Fixture.Request["method"],
    ...target(url!),
    headers: Object.fromEntries([...headers].map(([, name, value]) => [name!.toLowerCase(), value!])),
    body: { json: body.value }
  }, body.repairs)
}

// -----------------------------------------------------------------------------
// HTTP messages in HTML
// -----------------------------------------------------------------------------

const readMessage = (html: string) => {
  const text = html.replace(/<[^>]*>/g, "").replaceAll("&#xA;", "\n").replaceAll("&quot;", "\"")
  const [head = "", body = ""] = text.split("\n\n")
  const [start = "", ...lines] = head.split("\n")
  return { start: start.split(" "), headers: Object.fromEntries(lines.map(header)), json: readJson(body) }
}

const readHttpRequest = (html: string): Reading<Fixture.Request> => {
  const { headers, json, start: [method, path = ""] } = readMessage(html)
  return {
    value: {
      method: method as Fixture.Request["method"],
      path: path.replaceAll("\\", "/") as `/${string}`,
      query: [],
      headers,
      body: { json: json.value }
    },
    repairs: [...(path.includes("\\") ? ["backslashes in the path"] : []), ...json.repairs]
  }
}

// -----------------------------------------------------------------------------
// excerpts
// -----------------------------------------------------------------------------

/** A successful response with this body. */
const success = (contentType: string, body: Fixture.Answer["body"], repairs: ReadonlyArray<string>) => ({
  value: { status: 200, contentType, body },
  repairs
})

const readEvents = (
  elided: boolean,
  done: boolean,
  texts: ReadonlyArray<{ readonly event: string | undefined; readonly data: string }>,
  repairs: ReadonlyArray<string>
): Reading<Fixture.Answer> => {
  const events = texts.map(({ data, event }) => ({ ...event !== undefined && { event }, ...readJson(data) }))
  const [first, ...others] = events.map(({ repairs: _, value, ...event }) => ({ ...event, data: value }))
  if (first === undefined) throw new Error("There is no event")
  return success("text/event-stream", { events: [first, ...others], done }, [
    ...elided ? ["elided events"] : [],
    ...repairs,
    ...new Set(events.flatMap((event) => event.repairs))
  ])
}

/** A transcript: events separated by blank lines. */
const readTranscript = (text: string): Reading<Fixture.Answer> => {
  const blocks = text.trim().split(/\n{2,}/)
  const events = blocks.filter((block) => block.search(elided) === -1).map((block) => {
    const [, event, data] = /^event: (\S+)\ndata: (.*)$/.exec(block) ?? []
    if (data === undefined) throw new Error(`${block} is not an event`)
    return { event, data }
  })
  const last = events.at(-1)!
  const done = last.event === "done" && last.data === "[DONE]"
  return readEvents(events.length < blocks.length, done, done ? events.slice(0, -1) : events, [])
}

/** The data of events without their names. In streams of Assistants the name is the type of the object. */
const readData = (text: string): Reading<Fixture.Answer> => {
  const data = text.replace(elided, "").trim().split(/(?<=\})\s*\n\s*(?=\{)/)
  const names = data.map((text) => /"object":\s*"(thread\.[\w.]+)"/.exec(text)?.[1])
  return readEvents(text.search(elided) !== -1, false, data.map((data, index) => ({ event: names[index], data })), [
    "no event stream"
  ])
}

/** Reads the request of an excerpt. */
export const readRequest = ({ format, text }: Fixture.Excerpt): Reading<Fixture.Request> => {
  switch (format) {
    case "curl":
      return readCurl(text)
    case "page":
      return readPage(text)
    case "http":
      return readHttpRequest(text)
    case "json":
    case "events":
    case "data":
      throw new Error("The text has only the body of a request")
  }
}

/** Reads the response of an excerpt. */
export const readResponse = ({ format, text }: Fixture.Excerpt): Reading<Fixture.Answer> => {
  if (format === "events") return readTranscript(text)
  if (format === "data") return readData(text)
  if (format === "http") {
    const { headers, json, start: [status] } = readMessage(text)
    return {
      value: { status: Number(status), contentType: headers["content-type"] ?? "", body: { json: json.value } },
      repairs: json.repairs
    }
  }
  const { repairs, value } = readJson(text)
  return success("application/json", { json: value }, repairs)
}
