/** Bare `node:http`, which sends given bytes. */
import { createServer, type Server } from "node:http"
import type { PartName, Responses } from "./parts.js"

/** The part that a request belongs to. */
const partOf = (method: string, path: string): PartName => {
  if (method === "DELETE") return "delete"
  if (method === "POST") return path.startsWith("/v1/threads") ? "stream" : "create"
  return /^\/v1\/assistants\/[^/?]+$/.test(path) ? "retrieve" : "list"
}

/** Reads a request, and sends the response of its part. A stream of events is one chunk for each event. */
export const serve = (responses: () => Responses): Server => {
  const encoded = new Map<PartName, readonly [headers: Record<string, string>, chunks: ReadonlyArray<Buffer>]>()
  const responseOf = (part: PartName) => {
    const found = encoded.get(part)
    if (found !== undefined) return found
    const { body, headers } = responses()[part]
    const chunks = (part === "stream" ? body.split(/(?<=\n\n)/) : [body]).map((chunk) => Buffer.from(chunk))
    const length = part === "stream" ? undefined : { "content-length": String(chunks[0]!.length) }
    const response = [{ ...headers, ...length }, chunks] as const
    encoded.set(part, response)
    return response
  }
  return createServer((request, response) => {
    const received: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => received.push(chunk))
    request.on("end", () => {
      if (received.length > 0) JSON.parse(Buffer.concat(received).toString())
      const [headers, chunks] = responseOf(partOf(request.method!, request.url!))
      response.writeHead(200, headers)
      for (const chunk of chunks.slice(0, -1)) response.write(chunk)
      response.end(chunks.at(-1))
    })
  })
}
