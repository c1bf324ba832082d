import { OpenAiError } from "@effect-openai/core"
import { Emulator, type Store } from "@effect-openai/emulator"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import { HttpServer } from "@effect/platform"
import { Effect, Layer, Logger, LogLevel, Schema } from "effect"
import { connect } from "node:net"
import { checkSuccess } from "../success.js"
import { apiKey } from "../utils.js"
import { type Sample, samples } from "./requests.js"

export interface Report {
  /** How many requests got which status; those that ended early got none. */
  readonly statuses: Readonly<Record<string, number>>
  /** The operations that succeeded at least once. */
  readonly succeeded: ReadonlySet<string>
  readonly problems: ReadonlyArray<string>
}

interface ParsedResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

// -----------------------------------------------------------------------------
// wire
// -----------------------------------------------------------------------------

const maxWaitMillis = 60_000

/** Sends bytes on their own connection, and collects the response until the connection is closed. */
const exchange = (port: number, bytes: Buffer, isComplete: boolean): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = []
    const socket = connect(port, "127.0.0.1", () => isComplete ? socket.write(bytes) : socket.end(bytes))
    socket.setTimeout(maxWaitMillis, () => socket.destroy(new Error("No response")))
    let failure: Error | undefined
    socket.on("data", (chunk) => chunks.push(chunk))
    socket.on("error", (error) => {
      failure = error
    })
    socket.on("close", () => {
      // A body that the server does not read to its end resets the connection, after the response was sent.
      if (failure !== undefined && chunks.length === 0 && isComplete) reject(failure)
      else resolve(Buffer.concat(chunks))
    })
  })

const unchunk = (body: Buffer): Buffer => {
  const pieces: Array<Buffer> = []
  for (let at = 0;;) {
    const end = body.indexOf("\r\n", at)
    const size = parseInt(body.subarray(at, end).toString(), 16)
    if (Number.isNaN(size) || end === -1) throw new Error("The response's chunks end early")
    if (size === 0) return Buffer.concat(pieces)
    pieces.push(body.subarray(end + 2, end + 2 + size))
    at = end + size + 4
  }
}

const parse = (bytes: Buffer): ParsedResponse => {
  const end = bytes.indexOf("\r\n\r\n")
  const [start, ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n")
  const headers = Object.fromEntries(lines.map((line) => {
    const colon = line.indexOf(":")
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  }))
  const body = bytes.subarray(end + 4)
  const content = headers["transfer-encoding"] === "chunked" && body.length > 0 ? unchunk(body) : body
  return { status: Number(start!.split(" ")[1]), headers, body: content.toString() }
}

// -----------------------------------------------------------------------------
// identifiers
// -----------------------------------------------------------------------------

const prefixes: Readonly<Record<string, string>> = {
  assistant_id: "asst_",
  file_id: "file-",
  message_id: "msg_",
  model: "ft:",
  run_id: "run_",
  step_id: "step_",
  thread_id: "thread_"
}

/** Objects seen in responses, by which later requests name what earlier ones made. */
class Known {
  private readonly objects: Array<any> = []

  see(value: any): void {
    if (typeof value?.id === "string") this.objects.push(value)
    if (this.objects.length > 400) this.objects.splice(0, 200)
    if (Array.isArray(value?.data)) value.data.forEach((one: any) => this.see(one))
  }

  /** A text with its identifiers filled in, of one thread as far as they go. */
  fill(text: string, pick: number): string {
    const chosen = new Map<string, any>()
    const one = (name: string, thread?: string) => {
      const all = this.objects.filter(({ id, thread_id }) =>
        id.startsWith(prefixes[name]) && (thread === undefined || thread_id === thread)
      ).reverse()
      return all[pick % (all.length + 1)] ?? all[0]
    }
    for (const name of ["step_id", "run_id", "message_id"]) {
      if (!text.includes(`{{${name}}}`)) continue
      const found = one(name)
      chosen.set(name, found?.id)
      if (found?.thread_id) chosen.set("thread_id", found.thread_id)
      if (found?.run_id && name === "step_id") chosen.set("run_id", found.run_id)
      break
    }
    return text.replace(
      /\{\{(\w+)\}\}/g,
      (_, name: string) => chosen.get(name) ?? one(name)?.id ?? `${prefixes[name]}0`
    )
  }
}

// -----------------------------------------------------------------------------
// fuzzing
// -----------------------------------------------------------------------------

const strict = { errors: "all", onExcessProperty: "error" } as const

const decodeError = Schema.decodeUnknownSync(OpenAiError.ErrorResponse, strict)

const bytesOf = (sample: Sample, known: Known): Buffer => {
  const { body, headers, isChunked, method, pick, share, target } = sample
  const content = body === undefined
    ? undefined
    : Buffer.from(typeof body === "string" ? known.fill(body, pick) : body)
  const sent = content?.subarray(0, Math.floor(content.length * share))
  const framing = content === undefined
    ? []
    : isChunked
    ? ["transfer-encoding: chunked"]
    : [`content-length: ${content.length}`]
  const head = [
    `${method} ${known.fill(target, pick)} HTTP/1.1`,
    "host: 127.0.0.1",
    "connection: close",
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...framing
  ].join("\r\n")
  const chunks = sent === undefined || !isChunked
    ? [sent ?? Buffer.alloc(0)]
    : [
      ...(sent.length === 0 ? [] : [Buffer.from(`${sent.length.toString(16)}\r\n`), sent, Buffer.from("\r\n")]),
      ...(share < 1 ? [] : [Buffer.from("0\r\n\r\n")])
    ]
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, "latin1"), ...chunks])
}

const json = (path: string, body: unknown): Sample => ({
  endpoint: undefined,
  method: "POST",
  target: `/v1${path}`,
  headers: [
    ["authorization", `Bearer ${apiKey}`],
    ["openai-beta", "assistants=v1"],
    ["content-type", typeof body === "string" ? "multipart/form-data; boundary=b" : "application/json"]
  ],
  body: typeof body === "string" ? body : JSON.stringify(body),
  share: 1,
  isChunked: false,
  pick: 0
})

const part = "--b\r\ncontent-disposition: form-data; name="

/** What is there before anything else is asked for, so that there is something to be found. */
const first: ReadonlyArray<Sample> = [
  json("/files", `${part}"purpose"\r\n\r\nvision\r\n${part}"file"; filename="a.txt"\r\n\r\nabc\r\n--b--`),
  json("/assistants", { model: "gpt-4o", file_ids: ["{{file_id}}"], tools: [{ type: "retrieval" }] }),
  json("/threads", {}),
  json("/threads/{{thread_id}}/messages", { role: "user", content: "Hello", file_ids: ["{{file_id}}"] }),
  json("/threads/{{thread_id}}/runs", { assistant_id: "{{assistant_id}}" })
]

/** Checks a response, and throws if it does not fit the contract. */
const check = ({ endpoint, method }: Sample, { body, headers, status }: ParsedResponse): void => {
  if (!(status >= 200 && status < 500)) throw new Error(`status ${status}`)
  if (!/^req_\w+$/.test(headers["x-request-id"] ?? "")) throw new Error("no x-request-id")
  if (!/^\d+$/.test(headers["openai-processing-ms"] ?? "")) throw new Error("no openai-processing-ms")
  if (method === "HEAD" || status === 204) {
    if (body !== "") throw new Error("a body where none is allowed")
  } else if (status !== 200) decodeError(JSON.parse(body))
  else if (endpoint !== undefined) checkSuccess(endpoint, headers["content-type"] ?? null, body)
}

/** Sends so many requests to an emulator with this store, one after the other. */
export const fuzz = <E, R>(options: {
  readonly requests: number
  readonly seed: number
  readonly store: Layer.Layer<Store.Store, E, R>
  readonly onRequest?: (count: number) => void
}) => {
  const logged: Array<string> = []
  const logger = Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ cause, logLevel, message }) => {
      if (LogLevel.greaterThanEqual(logLevel, LogLevel.Error)) logged.push(`${String(message)} ${String(cause)}`)
    })
  )
  return Effect.gen(function*() {
    const address = yield* HttpServer.addressWith(Effect.succeed)
    const port = address._tag === "TcpAddress" ? address.port : 0
    return yield* Effect.promise(async (): Promise<Report> => {
      const known = new Known()
      const statuses: Record<string, number> = {}
      const succeeded = new Set<string>()
      const problems: Array<string> = []
      let count = 0
      for (const sample of [...first, ...samples(options.requests, options.seed)]) {
        const bytes = bytesOf(sample, known)
        const isComplete = sample.share === 1 || sample.body === undefined
        try {
          const raw = await exchange(port, bytes, isComplete)
          if (raw.length === 0 && isComplete) throw new Error("no response")
          const response = raw.length === 0 ? undefined : parse(raw)
          statuses[response?.status ?? "none"] = (statuses[response?.status ?? "none"] ?? 0) + 1
          if (response !== undefined) {
            check(sample, response)
            if (response.headers["content-type"] === "application/json" && response.body !== "") {
              known.see(JSON.parse(response.body))
            }
            if (response.status === 200 && sample.endpoint !== undefined) succeeded.add(sample.endpoint.name)
          }
          if (logged.length > 0) throw new Error(logged.splice(0).join("; "))
        } catch (error) {
          problems.push(`${count}: ${String(error).slice(0, 2000)}\n${bytes.toString("latin1").slice(0, 2000)}`)
        }
        options.onRequest?.(++count)
      }
      return { statuses, succeeded, problems }
    })
  }).pipe(Effect.provide(
    Emulator.layerHttp({ store: options.store, pages: false }).pipe(
      Layer.provideMerge(NodeServer.layer({ host: "127.0.0.1", port: 0 })),
      Layer.provideMerge(logger)
    )
  ))
}
