/**
 * A server whose responses are prepared before they are requested. The base URL names the scenario,
 * `/<scenario>/<amount>/v1`, so that contestants send no header or parameter of the benchmark.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as Payloads from "./payloads.js"
import { seeded } from "./random.js"

const json = { "content-type": "application/json", "x-request-id": "req_0123456789abcdef0123456789abcdef" }

const respond = (response: ServerResponse, body: Buffer, status = 200, headers: Record<string, string> = json) => {
  response.writeHead(status, { ...headers, "content-length": body.length })
  response.end(body)
}

/** Memoizes by name and amount. */
const memoized = <A>(make: (name: string, amount: number) => A) => {
  const made = new Map<string, A>()
  return (name: string, amount = 0): A => {
    const key = `${name} ${amount}`
    const value = made.get(key) ?? make(name, amount)
    made.set(key, value)
    return value
  }
}

/** Replaces the tool of Assistants v1 with that of v2, for contestants that know only v2. Their base URL ends with `/v2`. */
const worded = (text: string, version: string) =>
  version === "v2" ? text.replaceAll("\"retrieval\"", "\"file_search\"") : text

const assistants = memoized((version) => Buffer.from(worded(JSON.stringify(Payloads.assistant(0)), version)))

const tooMany = Buffer.from(
  JSON.stringify({
    error: { message: "Slow down", type: "requests", param: null, code: "rate_limit_exceeded" }
  })
)

// -----------------------------------------------------------------------------
// pages
// -----------------------------------------------------------------------------

const pageOf = memoized((version) => {
  const data = Array.from({ length: Payloads.pageSize }, (_, index) => Payloads.assistant(index))
  const text = worded(
    JSON.stringify({
      object: "list",
      data,
      first_id: data[0]!.id,
      last_id: data[data.length - 1]!.id,
      has_more: true
    }),
    version
  )
  const bytes = Buffer.from(text)
  // The places of the page number in each ID, before the two digits of the item.
  const places = Array.from(text.matchAll(/"asst_\d{24}"/g), ({ index }) => index + 1 + "asst_".length + 12)
  return { text: bytes, places, end: bytes.lastIndexOf("true}") }
})

const emptyPage = Buffer.from(
  JSON.stringify({ object: "list", data: [], first_id: null, last_id: null, has_more: false })
)

const pageBytes = (number: number, pages: number, version: string): Buffer => {
  if (number >= pages) return emptyPage
  const { end, places, text } = pageOf(version)
  const bytes = number === pages - 1 ? Buffer.concat([text.subarray(0, end), Buffer.from("false}")]) : Buffer.from(text)
  const digits = String(number).padStart(10, "0")
  for (const place of places) bytes.write(digits, place, "latin1")
  return bytes
}

/** The page after the one that ends with this item. */
const pageAfter = (id: string | null): number =>
  id === null ? 0 : Math.floor(Number(id.slice("asst_".length)) / Payloads.pageSize) + 1

// -----------------------------------------------------------------------------
// streams
// -----------------------------------------------------------------------------

const done = "data: [DONE]\n\n"

/** Splits the events into chunks: one per event, or of sizes that also cut events and characters. */
const chunksOf = (events: number, single: boolean): ReadonlyArray<Buffer> => {
  const texts = Payloads.deltas(events).map((content, index) => Payloads.chatEvent(content, index, events))
  if (single) return [...texts, done].map((text) => Buffer.from(text))
  return cut(texts.join("") + done)
}

/** Splits a text into chunks of sizes that also cut events and characters. */
const cut = (text: string): ReadonlyArray<Buffer> => {
  const bytes = Buffer.from(text)
  const random = seeded(7)
  const chunks: Array<Buffer> = []
  for (let start = 0; start < bytes.length;) {
    const size = 64 + Math.floor(16_000 * random() ** 3)
    chunks.push(bytes.subarray(start, start + size))
    start += size
  }
  return chunks
}

const streamOf = memoized((scenario, events) => chunksOf(events, scenario === "stream.single"))

const responsesOf = memoized((_, events) => cut(Payloads.responseEvents(events).join("")))

const completion = Buffer.from(JSON.stringify(Payloads.completion))

const responseOfText = Buffer.from(JSON.stringify(Payloads.response))

const stream = (response: ServerResponse, chunks: ReadonlyArray<Buffer>): void => {
  response.writeHead(200, { "content-type": "text/event-stream", "x-request-id": json["x-request-id"] })
  response.cork()
  for (const chunk of chunks) response.write(chunk)
  response.end()
  response.uncork()
}

// -----------------------------------------------------------------------------
// embeddings
// -----------------------------------------------------------------------------

const embeddings = memoized((format) =>
  Buffer.from(JSON.stringify({
    object: "list",
    data: Payloads.vectors().map((vector, index) => ({
      object: "embedding",
      index,
      embedding: format === "base64" ? Buffer.from(vector.buffer).toString("base64") : Array.from(vector)
    })),
    model: "text-embedding-3-small",
    usage: { prompt_tokens: 512, total_tokens: 512 }
  }))
)

// -----------------------------------------------------------------------------
// routes
// -----------------------------------------------------------------------------

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

let requests = 0

const server = createServer((request, response) => {
  const url = new URL(request.url!, "http://localhost")
  const [, scenario = "", amount = "", version = "", resource, ...rest] = url.pathname.split("/")
  switch (`${request.method} ${[resource, ...rest.map((part) => part.startsWith("asst_") ? "*" : part)].join("/")}`) {
    case "GET assistants/*":
      return scenario === "retry" && requests++ % 2 === 0
        ? respond(response, tooMany, 429, { ...json, "retry-after-ms": "1" })
        : respond(response, assistants(version))
    case "GET assistants":
      return respond(response, pageBytes(pageAfter(url.searchParams.get("after")), Number(amount), version))
    case "POST chat/completions":
      request.resume()
      if (scenario === "text") return respond(response, completion)
      return stream(response, streamOf(scenario, Number(amount)))
    case "POST responses":
      request.resume()
      if (scenario === "text") return respond(response, responseOfText)
      return stream(response, responsesOf(scenario, Number(amount)))
    case "POST embeddings":
      return void textOf(request).then((text) =>
        respond(response, embeddings(text.includes("\"base64\"") ? "base64" : "float"))
      )
    default:
      return respond(
        response,
        Buffer.from(`{"error":{"message":"Nothing at ${request.url}","type":"","param":null,"code":null}}`),
        404
      )
  }
})

server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port))

// The parent has exited.
process.on("disconnect", () => process.exit())
