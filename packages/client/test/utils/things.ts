import { Operation } from "@effect-openai/client"
import { Endpoint, FileSource } from "@effect-openai/core"
import { Schema } from "effect"

// Endpoints of an API that does not exist, for what no operation of the contract has yet.

export const options = {
  name: "things",
  summary: "Things",
  description: "Things.",
  method: "GET",
  path: "/things"
} as const

const Thing = Schema.Struct({ id: Schema.String })

/** All that a query can encode. */
export const search = Operation.make(Endpoint.make({
  ...options,
  query: Schema.Struct({
    group_by: Schema.optional(Schema.Array(Schema.String)),
    "event_types[]": Schema.optional(Schema.Array(Schema.String)),
    batch: Schema.optional(Schema.Boolean),
    effective_at: Schema.optional(Schema.Struct({
      gte: Schema.optional(Schema.Number),
      lt: Schema.optional(Schema.Number)
    }))
  }),
  success: Endpoint.json(Thing)
}))

/** All that a form can encode, and a response that depends on a field. */
export const transcribeEndpoint = Endpoint.make({
  ...options,
  method: "POST",
  body: Endpoint.multipart(
    Schema.Struct({
      file: FileSource.FileSource,
      images: Schema.optional(Schema.Array(FileSource.FileSource)),
      timestamp_granularities: Schema.optional(Schema.Array(Schema.Literal("word", "segment"))),
      temperature: Schema.optional(Schema.NullOr(Schema.Number)),
      language: Schema.optional(Schema.NullOr(Schema.String)),
      response_format: Schema.optional(Schema.Literal("json", "verbose_json", "text"))
    }),
    { files: ["file", "images"], maxFileBytes: 16 }
  ),
  success: Endpoint.byField("response_format", {
    json: Endpoint.json(Schema.Struct({ text: Schema.String })),
    verbose_json: Endpoint.json(Schema.Struct({ text: Schema.String, duration: Schema.Number })),
    text: Endpoint.text("The transcript.")
  }, "json")
})

export const transcribe = Operation.upload(transcribeEndpoint)

/** Text. */
export const show = Operation.make(Endpoint.make({ ...options, success: Endpoint.text("A text.") }))

export const speakEndpoint = Endpoint.make({
  ...options,
  method: "POST",
  body: Endpoint.json(Schema.Struct({
    input: Schema.String,
    response_format: Schema.optional(Schema.Literal("mp3", "wav"))
  })),
  success: Endpoint.byField("response_format", {
    mp3: Endpoint.bytes("Audio.", "audio/mpeg"),
    wav: Endpoint.bytes("Audio.", "audio/wav")
  }, "mp3")
})

/** Bytes in response to JSON, whose media type depends on a field. */
export const speak = Operation.jsonDownload(speakEndpoint)

/** Pages with `next_page`, of the administration. */
export const usage = Operation.paged(Endpoint.make({
  ...options,
  query: Schema.Struct({ page: Schema.optional(Schema.String) }),
  success: Endpoint.json(Schema.Struct({
    buckets: Schema.Array(Thing),
    has_more: Schema.optional(Schema.Boolean),
    next_page: Schema.optional(Schema.NullOr(Schema.String))
  })),
  pagination: Endpoint.nextPage({ items: "buckets" }),
  family: "administration"
}))
