/**
 * Usage and costs of the organization, in buckets of time.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// results
// -----------------------------------------------------------------------------

/** A field that groups results. */
const group = (name: string) =>
  Schema.optional(Field.nullableString(`The ${name} of the usage; null if results are not grouped by it.`))

const project = { project_id: group("project ID") }

const caller = { ...project, user_id: group("user ID"), api_key_id: group("API key ID"), model: group("model") }

const requests = { num_model_requests: Field.integer("The number of requests.") }

/**
 * @since 0.1.0
 * @category models
 */
export const CompletionsResult = Tolerant.struct({}, {
  object: Field.objectType("organization.usage.completions.result"),
  input_tokens: Field.integer("The number of input tokens of text, those from the cache included."),
  input_cached_tokens: Schema.optional(Field.integer("The number of input tokens of text from the cache.")),
  output_tokens: Field.integer("The number of output tokens of text."),
  input_audio_tokens: Schema.optional(
    Field.integer("The number of input tokens of audio, those from the cache included.")
  ),
  output_audio_tokens: Schema.optional(Field.integer("The number of output tokens of audio.")),
  ...requests,
  ...caller,
  batch: Schema.optional(
    Schema.NullOr(Schema.Boolean).pipe(
      described("Whether the usage is that of batches; null if results are not grouped by it.")
    )
  )
}).annotations({
  identifier: "UsageCompletionsResult",
  title: "Completions usage",
  description: "The usage of completions in a bucket."
})

export interface CompletionsResult extends Schema.Schema.Type<typeof CompletionsResult> {}

/**
 * @since 0.1.0
 * @category models
 */
export const EmbeddingsResult = Tolerant.struct({}, {
  object: Field.objectType("organization.usage.embeddings.result"),
  input_tokens: Field.integer("The number of input tokens."),
  ...requests,
  ...caller
}).annotations({
  identifier: "UsageEmbeddingsResult",
  title: "Embeddings usage",
  description: "The usage of embeddings in a bucket."
})

export interface EmbeddingsResult extends Schema.Schema.Type<typeof EmbeddingsResult> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ModerationsResult = Tolerant.struct({}, {
  object: Field.objectType("organization.usage.moderations.result"),
  input_tokens: Field.integer("The number of input tokens."),
  ...requests,
  ...caller
}).annotations({
  identifier: "UsageModerationsResult",
  title: "Moderations usage",
  description: "The usage of moderations in a bucket."
})

export interface ModerationsResult extends Schema.Schema.Type<typeof ModerationsResult> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ImagesResult = Tolerant.struct({}, {
  object: Field.objectType("organization.usage.images.result"),
  images: Field.integer("The number of images."),
  ...requests,
  source: group("source"),
  size: group("size of images"),
  ...caller
}).annotations({
  identifier: "UsageImagesResult",
  title: "Images usage",
  description: "The usage of images in a bucket."
})

export interface ImagesResult extends Schema.Schema.Type<typeof ImagesResult> {}

/**
 * @since 0.1.0
 * @category models
 */
export const AudioSpeechesResult = Tolerant.struct({}, {
  object: Field.objectType("organization.usage.audio_speeches.result"),
  characters: Field.integer("The number of characters of the texts."),
  ...requests,
  ...caller
}).annotations({
  identifier: "UsageAudioSpeechesResult",
  title: "Audio speeches usage",
  description: "The usage of speeches in a bucket."
})

export interface AudioSpeechesResult extends Schema.Schema.Type<typeof AudioSpeechesResult> {}

/**
 * @since 0.1.0
 * @category models
 */
export const AudioTranscriptionsResult = Tolerant.struct({}, {
  object: Field.objectType("organization.usage.audio_transcriptions.result"),
  seconds: Field.integer("The number of seconds of audio."),
  ...requests,
  ...caller
}).annotations({
  identifier: "UsageAudioTranscriptionsResult",
  title: "Audio transcriptions usage",
  description: "The usage of transcriptions in a bucket."
})

export interface AudioTranscriptionsResult extends Schema.Schema.Type<typeof AudioTranscriptionsResult> {}

/**
 * @since 0.1.0
 * @category models
 */
export const VectorStoresResult = Tolerant.struct({}, {
  object: Field.objectType("organization.usage.vector_stores.result"),
  usage_bytes: Field.integer("The size of vector stores in bytes."),
  ...project
}).annotations({
  identifier: "UsageVectorStoresResult",
  title: "Vector stores usage",
  description: "The usage of vector stores in a bucket."
})

export interface VectorStoresResult extends Schema.Schema.Type<typeof VectorStoresResult> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CodeInterpreterSessionsResult = Tolerant.struct({}, {
  object: Field.objectType("organization.usage.code_interpreter_sessions.result"),
  sessions: Field.integer("The number of sessions of the code interpreter."),
  ...project
}).annotations({
  identifier: "UsageCodeInterpreterSessionsResult",
  title: "Code interpreter sessions usage",
  description: "The usage of the code interpreter in a bucket."
})

export interface CodeInterpreterSessionsResult extends Schema.Schema.Type<typeof CodeInterpreterSessionsResult> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CostsResult = Tolerant.struct({}, {
  object: Field.objectType("organization.costs.result"),
  amount: Schema.optional(
    Tolerant.struct({}, {
      value: Schema.optional(Schema.Number.pipe(described("The amount in units of the currency."))),
      currency: Schema.optional(Field.string("The currency by its code of ISO 4217, in lower case, for example `usd`."))
    }).pipe(described("The amount of money."))
  ),
  line_item: group("line item"),
  ...project
}).annotations({ identifier: "CostsResult", title: "Costs", description: "The costs in a bucket." })

export interface CostsResult extends Schema.Schema.Type<typeof CostsResult> {}

// -----------------------------------------------------------------------------
// pages
// -----------------------------------------------------------------------------

/** A page of buckets of results. */
const pageOf = <A>(name: string, result: Schema.Schema<A>) =>
  Tolerant.struct({
    data: Pagination.items(
      Tolerant.struct({
        start_time: Field.timestamp("the bucket begins, inclusive"),
        end_time: Field.timestamp("the bucket ends, exclusive"),
        results: Pagination.items(result).pipe(
          described("One result for each group; one in all without groups; none without usage.")
        )
      }, {
        object: Field.objectType("bucket")
      }).annotations({ identifier: `${name}Bucket`, description: "The results in a bucket of time." })
    ).pipe(described("The buckets, the earliest first."))
  }, {
    object: Field.objectType("page"),
    has_more: Field.boolean("Whether there is a next page."),
    next_page: Field.nullableString("The `page` of the next page; null on the last page.")
  }).annotations({ identifier: `${name}Response`, description: "A page of buckets." })

/**
 * @since 0.1.0
 * @category models
 */
export const CompletionsResponse = pageOf("UsageCompletions", CompletionsResult)

export interface CompletionsResponse extends Schema.Schema.Type<typeof CompletionsResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const EmbeddingsResponse = pageOf("UsageEmbeddings", EmbeddingsResult)

export interface EmbeddingsResponse extends Schema.Schema.Type<typeof EmbeddingsResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ModerationsResponse = pageOf("UsageModerations", ModerationsResult)

export interface ModerationsResponse extends Schema.Schema.Type<typeof ModerationsResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ImagesResponse = pageOf("UsageImages", ImagesResult)

export interface ImagesResponse extends Schema.Schema.Type<typeof ImagesResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const AudioSpeechesResponse = pageOf("UsageAudioSpeeches", AudioSpeechesResult)

export interface AudioSpeechesResponse extends Schema.Schema.Type<typeof AudioSpeechesResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const AudioTranscriptionsResponse = pageOf("UsageAudioTranscriptions", AudioTranscriptionsResult)

export interface AudioTranscriptionsResponse extends Schema.Schema.Type<typeof AudioTranscriptionsResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const VectorStoresResponse = pageOf("UsageVectorStores", VectorStoresResult)

export interface VectorStoresResponse extends Schema.Schema.Type<typeof VectorStoresResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CodeInterpreterSessionsResponse = pageOf("UsageCodeInterpreterSessions", CodeInterpreterSessionsResult)

export interface CodeInterpreterSessionsResponse extends Schema.Schema.Type<typeof CodeInterpreterSessionsResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CostsResponse = pageOf("UsageCosts", CostsResult)

export interface CostsResponse extends Schema.Schema.Type<typeof CostsResponse> {}

// -----------------------------------------------------------------------------
// queries
// -----------------------------------------------------------------------------

const texts = (description: string) => Schema.optional(Schema.Array(Schema.String).pipe(described(description)))

const groupBy = <const Names extends readonly [string, ...ReadonlyArray<string>]>(...names: Names) =>
  Schema.optional(
    Schema.Array(Schema.Literal(...names)).pipe(described("The fields that results are grouped by. Default: none."))
  )

const range = {
  start_time: Field.integer("The beginning of the usage in Unix seconds, inclusive."),
  end_time: Schema.optional(Field.integer("The end of the usage in Unix seconds, exclusive. Default: now.")),
  page: Schema.optional(Field.string("The `next_page` of the previous page.")),
  project_ids: texts("Only the usage of these projects.")
}

/**
 * The default and the maximum number of buckets on a page, by their width.
 *
 * @since 0.1.0
 * @category models
 */
export const limits = {
  "1m": { default: 60, maximum: 1440 },
  "1h": { default: 24, maximum: 168 },
  "1d": { default: 7, maximum: 31 }
} as const

const buckets = {
  ...range,
  bucket_width: Schema.optional(
    Schema.Literal("1m", "1h", "1d").pipe(described("The width of the buckets.", { default: "1d" }))
  ),
  limit: Schema.optional(
    Schema.Int.pipe(
      Schema.between(1, limits["1m"].maximum),
      described(
        "The maximum number of buckets on a page. Of a day: at most 31, default 7. Of an hour: at most 168, default 24. " +
          "Of a minute: at most 1440, default 60."
      )
    )
  )
}

const callers = {
  user_ids: texts("Only the usage of these users."),
  api_key_ids: texts("Only the usage of these API keys."),
  models: texts("Only the usage of these models.")
}

const ProjectUsageQuery = Struct.make({ ...buckets, group_by: groupBy("project_id") })

/**
 * The query of usage by projects, users, API keys and models.
 *
 * @since 0.1.0
 * @category models
 */
export const UsageQuery = Struct.make({
  ...buckets,
  ...callers,
  group_by: groupBy("project_id", "user_id", "api_key_id", "model")
})

export interface UsageQuery extends Schema.Schema.Type<typeof UsageQuery> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CompletionsQuery = Struct.make({
  ...buckets,
  ...callers,
  batch: Schema.optional(
    Field.boolean("Whether to return only the usage of batches, or only that of others. Default: both.")
  ),
  group_by: groupBy("project_id", "user_id", "api_key_id", "model", "batch")
})

export interface CompletionsQuery extends Schema.Schema.Type<typeof CompletionsQuery> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ImagesQuery = Struct.make({
  ...buckets,
  ...callers,
  sources: Schema.optional(
    Schema.Array(Schema.Literal("image.generation", "image.edit", "image.variation")).pipe(
      described("Only images of these sources.")
    )
  ),
  sizes: Schema.optional(
    Schema.Array(Schema.Literal("256x256", "512x512", "1024x1024", "1792x1792", "1024x1792")).pipe(
      described("Only images of these sizes.")
    )
  ),
  group_by: groupBy("project_id", "user_id", "api_key_id", "model", "size", "source")
})

export interface ImagesQuery extends Schema.Schema.Type<typeof ImagesQuery> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CostsQuery = Struct.make({
  ...range,
  bucket_width: Schema.optional(Schema.Literal("1d").pipe(described("The width of the buckets.", { default: "1d" }))),
  limit: Schema.optional(Pagination.limit({ maximum: 180, default: 7 })),
  group_by: groupBy("project_id", "line_item")
})

export interface CostsQuery extends Schema.Schema.Type<typeof CostsQuery> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

const common = { method: "GET", family: "administration", pagination: Endpoint.nextPage() } as const

/**
 * @since 0.1.0
 * @category operations
 */
export const completions = Endpoint.make({
  ...common,
  name: "usage-completions",
  summary: "Completions usage",
  description: "Returns the usage of completions in buckets.",
  path: "/organization/usage/completions",
  query: CompletionsQuery,
  success: Endpoint.json(CompletionsResponse)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const embeddings = Endpoint.make({
  ...common,
  name: "usage-embeddings",
  summary: "Embeddings usage",
  description: "Returns the usage of embeddings in buckets.",
  path: "/organization/usage/embeddings",
  query: UsageQuery,
  success: Endpoint.json(EmbeddingsResponse)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const moderations = Endpoint.make({
  ...common,
  name: "usage-moderations",
  summary: "Moderations usage",
  description: "Returns the usage of moderations in buckets.",
  path: "/organization/usage/moderations",
  query: UsageQuery,
  success: Endpoint.json(ModerationsResponse)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const images = Endpoint.make({
  ...common,
  name: "usage-images",
  summary: "Images usage",
  description: "Returns the usage of images in buckets.",
  path: "/organization/usage/images",
  query: ImagesQuery,
  success: Endpoint.json(ImagesResponse)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const audioSpeeches = Endpoint.make({
  ...common,
  name: "usage-audio-speeches",
  summary: "Audio speeches usage",
  description: "Returns the usage of speeches in buckets.",
  path: "/organization/usage/audio_speeches",
  query: UsageQuery,
  success: Endpoint.json(AudioSpeechesResponse)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const audioTranscriptions = Endpoint.make({
  ...common,
  name: "usage-audio-transcriptions",
  summary: "Audio transcriptions usage",
  description: "Returns the usage of transcriptions in buckets.",
  path: "/organization/usage/audio_transcriptions",
  query: UsageQuery,
  success: Endpoint.json(AudioTranscriptionsResponse)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const vectorStores = Endpoint.make({
  ...common,
  name: "usage-vector-stores",
  summary: "Vector stores usage",
  description: "Returns the usage of vector stores in buckets.",
  path: "/organization/usage/vector_stores",
  query: ProjectUsageQuery,
  success: Endpoint.json(VectorStoresResponse)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const codeInterpreterSessions = Endpoint.make({
  ...common,
  name: "usage-code-interpreter-sessions",
  summary: "Code interpreter sessions usage",
  description: "Returns the usage of the code interpreter in buckets.",
  path: "/organization/usage/code_interpreter_sessions",
  query: ProjectUsageQuery,
  success: Endpoint.json(CodeInterpreterSessionsResponse)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const costs = Endpoint.make({
  ...common,
  name: "usage-costs",
  summary: "Costs",
  description: "Returns the costs in buckets of a day.",
  path: "/organization/costs",
  query: CostsQuery,
  success: Endpoint.json(CostsResponse)
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Usage",
  title: "Usage",
  description: "Usage and costs of the organization.",
  operations: {
    completions,
    embeddings,
    moderations,
    images,
    audioSpeeches,
    audioTranscriptions,
    vectorStores,
    codeInterpreterSessions,
    costs
  }
})
