import { type Endpoint, Tolerant } from "@effect-openai/core"
import { Schema } from "effect"

export interface Event {
  /** Of an event of a run. */
  readonly id?: number
  readonly event: string | undefined
  readonly data: any
}

const strict = { onExcessProperty: "error", errors: "all" } as const

const decoders = new WeakMap<Schema.Schema.AnyNoContext, (value: unknown) => unknown>()

/** The exact form of a response. */
const conforms = (schema: Schema.Schema.AnyNoContext, value: unknown) => {
  let decode = decoders.get(schema)
  if (decode === undefined) decoders.set(schema, decode = Schema.decodeUnknownSync(Tolerant.exact(schema), strict))
  decode(value)
}

export const parseEvent = (block: string): Event => {
  const field = (name: string) =>
    block.split("\n").filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2))
  const data = field("data").join("\n")
  const [id] = field("id")
  return {
    ...(id === undefined ? {} : { id: Number(id) }),
    event: field("event")[0],
    data: data === "[DONE]" ? data : JSON.parse(data)
  }
}

export const checkEvent = (endpoint: Endpoint.Any, { data, event }: Event) => {
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
  const events = text.split("\n\n").slice(0, -1).map(parseEvent)
  for (const event of events) checkEvent(endpoint, event)
  return events
}
