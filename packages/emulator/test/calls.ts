import type { Endpoint } from "@effect-openai/core"
import { Tolerant } from "@effect-openai/core"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { apiKey, BaseUrl, send, type SendOptions } from "./utils.js"

type Fields = Record<string, unknown>

export interface Event {
  readonly event: string | undefined
  readonly data: any
}

const strict = { onExcessProperty: "error", errors: "all" } as const

const decoders = new WeakMap<Schema.Schema.AnyNoContext, (value: unknown) => unknown>()

/** What an answer must be, to the letter. */
const conforms = (schema: Schema.Schema.AnyNoContext, value: unknown) => {
  let decode = decoders.get(schema)
  if (decode === undefined) decoders.set(schema, decode = Schema.decodeUnknownSync(Tolerant.exact(schema), strict))
  decode(value)
}

/** Fields by where they go: path, query or body. */
const requestOf = (endpoint: Endpoint.Any, fields: Fields) => {
  const names = new Set([...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!))
  const encode = (name: string) => encodeURIComponent(String(fields[name]))
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) => encode(name))
  const query = Object.keys(endpoint.query.fields).filter((name) => fields[name] !== undefined)
  const body = Object.fromEntries(Object.entries(fields).filter(([name]) => !names.has(name) && !query.includes(name)))
  const options: SendOptions = endpoint.body._tag === "None" ? {} : { body: JSON.stringify(body) }
  return {
    path: query.length === 0 ? path : `${path}?${query.map((name) => `${name}=${encode(name)}`).join("&")}`,
    options
  }
}

const parse = (block: string): Event => {
  const field = (name: string) =>
    block.split("\n").filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2))
  const data = field("data").join("\n")
  return { event: field("event")[0], data: data === "[DONE]" ? data : JSON.parse(data) }
}

const check = (endpoint: Endpoint.Any, { data, event }: Event) => {
  if (data === "[DONE]" || event === "error" || data.error !== undefined) return
  const { named, schema } = endpoint.events!
  conforms(schema, named ? { event, data } : data)
}

/** What a success says: each of its events, or its body, must fit the contract exactly. */
export const checkSuccess = (endpoint: Endpoint.Any, mediaType: string | null, text: string): ReadonlyArray<Event> => {
  if (mediaType !== "text/event-stream") {
    if (endpoint.success._tag === "Json") conforms(endpoint.success.schema, JSON.parse(text))
    return []
  }
  const events = text.split("\n\n").slice(0, -1).map(parse)
  for (const event of events) check(endpoint, event)
  return events
}

/** Sends a request, whatever it holds. A success, or each of its events, must fit the contract exactly. */
export const call = (endpoint: Endpoint.Any, fields: Fields = {}) =>
  Effect.gen(function*() {
    const { options, path } = requestOf(endpoint, fields)
    const answer = yield* send(endpoint.method, path, options)
    const events = answer.status === 200
      ? checkSuccess(endpoint, answer.headers["content-type"] ?? null, answer.text)
      : []
    return { ...answer, events }
  })

/** The JSON of a success. */
export const ok = (endpoint: Endpoint.Any, fields: Fields = {}) =>
  Effect.map(call(endpoint, fields), ({ json, status, text }) => {
    assert.strictEqual(status, 200, text)
    return json
  })

/** The message of a refusal. */
export const refused = (status: number, endpoint: Endpoint.Any, fields: Fields = {}) =>
  Effect.map(call(endpoint, fields), (answer) => {
    assert.strictEqual(answer.status, status, answer.text)
    const { message, ...rest } = answer.json.error
    assert.containsAllKeys(rest, ["type", "param", "code"])
    return message as string
  })

/** The events of a streamed answer as they come. Each must fit the contract exactly. */
export const events = (endpoint: Endpoint.Any, fields: Fields) =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const { options, path } = requestOf(endpoint, { ...fields, stream: true })
    const response = yield* HttpClient.execute(
      HttpClientRequest.post(`${yield* BaseUrl}${path}`).pipe(
        HttpClientRequest.bodyText(options.body as string, "application/json"),
        HttpClientRequest.setHeaders({ authorization: `Bearer ${apiKey}`, "openai-beta": "assistants=v1" })
      )
    )
    if (response.status !== 200) assert.fail(yield* response.text)
    assert.strictEqual(response.headers["content-type"], "text/event-stream")
    assert.isDefined(response.headers["x-request-id"])
    let rest = ""
    return response.stream.pipe(
      Stream.decodeText(),
      Stream.mapConcat((text) => {
        const blocks = (rest + text).split("\n\n")
        rest = blocks.pop()!
        return blocks.map(parse)
      }),
      Stream.tap((event) => Effect.sync(() => check(endpoint, event)))
    )
  }))

/** All events up to the one that says that it is the last. */
export const streamed = (endpoint: Endpoint.Any, fields: Fields) =>
  Effect.map(Stream.runCollect(events(endpoint, fields)), (chunk) => {
    const all = [...chunk]
    assert.strictEqual(all.pop()?.data, "[DONE]")
    return all
  })

/** The names of events, those of one name one after the other as one. */
export const namesOf = (events: Iterable<Event>) =>
  Array.from(events, ({ event }) => event).filter((name, index, names) => name !== names[index - 1])
