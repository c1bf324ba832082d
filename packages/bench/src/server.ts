/**
 * A server with nothing to think about: every answer is bytes before it is asked for. The base URL says what is wanted,
 * `/<scenario>/<amount>/v1`, so that contestants need no header or parameter of the benchmark's.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as Payloads from "./payloads.js"
import { seeded } from "./random.js"

const json = { "content-type": "application/json", "x-request-id": "req_0123456789abcdef0123456789abcdef" }

const answer = (response: ServerResponse, body: Buffer, status = 200, headers: Record<string, string> = json) => {
  response.writeHead(status, { ...headers, "content-length": body.length })
  response.end(body)
}

/** Makes what is asked for once. */
const memoized = <A>(make: (name: string, amount: number) => A) => {
  const made = new Map<string, A>()
  return (name: string, amount = 0): A => {
    const key = `${name} ${amount}`
    const value = made.get(key) ?? make(name, amount)
    made.set(key, value)
    return value
  }
}

/** The second version's word for the first's tool; contestants that know only that ask under `/v2`. */
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
  // Where the number of the page is written into each ID: before the two digits of the item.
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

/** The page behind the one that ends with this item. */
const pageAfter = (id: string | null): number =>
  id === null ? 0 : Math.floor(Number(id.slice("asst_".length)) / Payloads.pageSize) + 1

// -----------------------------------------------------------------------------
// streams
// -----------------------------------------------------------------------------

const done = "data: [DONE]\n\n"

/** The events cut into chunks: one each, or by sizes that end in the middle of an event, or of a character, as they may. */
const chunksOf = (events: number, single: boolean): ReadonlyArray<Buffer> => {
  const texts = Payloads.deltas(events).map((content, index) => Payloads.chatEvent(content, index, events))
  if (single) return [...texts, done].map((text) => Buffer.from(text))
  const bytes = Buffer.from(texts.join("") + done)
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

let asked = 0

const server = createServer((request, response) => {
  const url = new URL(request.url!, "http://localhost")
  const [, scenario = "", amount = "", version = "", resource, ...rest] = url.pathname.split("/")
  switch (`${request.method} ${[resource, ...rest.map((part) => part.startsWith("asst_") ? "*" : part)].join("/")}`) {
    case "GET assistants/*":
      return scenario === "retry" && asked++ % 2 === 0
        ? answer(response, tooMany, 429, { ...json, "retry-after-ms": "1" })
        : answer(response, assistants(version))
    case "GET assistants":
      return answer(response, pageBytes(pageAfter(url.searchParams.get("after")), Number(amount), version))
    case "POST chat/completions":
      request.resume()
      response.writeHead(200, { "content-type": "text/event-stream", "x-request-id": json["x-request-id"] })
      response.cork()
      for (const chunk of streamOf(scenario, Number(amount))) response.write(chunk)
      response.end()
      return response.uncork()
    case "POST embeddings":
      return void textOf(request).then((text) =>
        answer(response, embeddings(text.includes("\"base64\"") ? "base64" : "float"))
      )
    default:
      return answer(
        response,
        Buffer.from(`{"error":{"message":"Nothing at ${request.url}","type":"","param":null,"code":null}}`),
        404
      )
  }
})

server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port))

// Nobody is left to stop it.
process.on("disconnect", () => process.exit())
