import { type Endpoint, Runs } from "@effect-openai/core"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { checkEvent, checkSuccess, type Event, parseEvent } from "./success.js"
import { apiKey, BaseUrl, send, type SendOptions } from "./utils.js"

type Fields = Record<string, unknown>

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

/** Sends a request, whatever it holds. A success, or each of its events, must fit the contract exactly. */
export const call = (endpoint: Endpoint.Any, fields: Fields = {}) =>
  Effect.gen(function*() {
    const { options, path } = requestOf(endpoint, fields)
    const response = yield* send(endpoint.method, path, options)
    const events = response.status === 200
      ? checkSuccess(endpoint, response.headers["content-type"] ?? null, response.text)
      : []
    return { ...response, events }
  })

/** The JSON of a success. */
export const ok = (endpoint: Endpoint.Any, fields: Fields = {}) =>
  Effect.map(call(endpoint, fields), ({ json, status, text }) => {
    assert.strictEqual(status, 200, text)
    return json
  })

/** The message of a refusal. */
export const refused = (status: number, endpoint: Endpoint.Any, fields: Fields = {}) =>
  Effect.map(call(endpoint, fields), (response) => {
    assert.strictEqual(response.status, status, response.text)
    const { message, ...rest } = response.json.error
    assert.containsAllKeys(rest, ["type", "param", "code"])
    return message as string
  })

/** The events of a streamed response as they come. Each must fit the contract exactly. */
const eventsIn = (endpoint: Endpoint.Any, request: HttpClientRequest.HttpClientRequest) =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const response = yield* HttpClient.execute(
      HttpClientRequest.setHeaders(request, { authorization: `Bearer ${apiKey}`, "openai-beta": "assistants=v1" })
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
        return blocks.map(parseEvent)
      }),
      Stream.tap((event) => Effect.sync(() => checkEvent(endpoint, event)))
    )
  }))

/** The events of a request for a stream as they come. */
export const events = (endpoint: Endpoint.Any, fields: Fields) =>
  Stream.unwrap(Effect.map(BaseUrl, (baseUrl) => {
    const { options, path } = requestOf(endpoint, { ...fields, stream: true })
    const request = HttpClientRequest.post(`${baseUrl}${path}`)
    return eventsIn(endpoint, HttpClientRequest.bodyText(request, options.body as string, "application/json"))
  }))

/** Where the events of a run can be read again. */
export const eventsPath = ({ run_id, thread_id }: { readonly thread_id: string; readonly run_id: string }) =>
  `/../_emulator/threads/${thread_id}/runs/${run_id}/events`

/** The events of a run after one of them, as they come. */
export const eventsAfter = (path: Parameters<typeof eventsPath>[0], last?: number) =>
  Stream.unwrap(Effect.map(BaseUrl, (baseUrl) => {
    const request = HttpClientRequest.get(`${baseUrl}${eventsPath(path)}`)
    return eventsIn(
      Runs.create,
      last === undefined ? request : HttpClientRequest.setHeader(request, "last-event-id", String(last))
    )
  }))

/** All events up to the one that says that it is the last. */
export const collect = <E, R>(events: Stream.Stream<Event, E, R>) =>
  Effect.map(Stream.runCollect(events), (chunk) => {
    const all = [...chunk]
    assert.strictEqual(all.pop()?.data, "[DONE]")
    return all
  })

export const streamed = (endpoint: Endpoint.Any, fields: Fields) => collect(events(endpoint, fields))

/** The names of events, those of one name one after the other as one. */
export const namesOf = (events: Iterable<Event>) =>
  Array.from(events, ({ event }) => event).filter((name, index, names) => name !== names[index - 1])
