import type { Endpoint } from "@effect-openai/core"
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
        return blocks.map(parseEvent)
      }),
      Stream.tap((event) => Effect.sync(() => checkEvent(endpoint, event)))
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
