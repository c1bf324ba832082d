/**
 * Embeddings: texts as vectors.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { modelId } from "./internal/modelId.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * The ID of an embedding model: a documented one, or any other string.
 *
 * @since 0.1.0
 * @category models
 */
export const ModelId = modelId("text-embedding-ada-002", "text-embedding-3-small", "text-embedding-3-large")

export type ModelId = Schema.Schema.Type<typeof ModelId>

const Text = Schema.String.pipe(Schema.minLength(1))

const inputs = <A>(input: Schema.Schema<A>) => Schema.Array(input).pipe(Schema.minItems(1), Schema.maxItems(2048))

/**
 * Each input must fit the model: at most 8192 tokens for `text-embedding-ada-002`.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateEmbeddingRequest = Struct.make({
  input: Schema.Union(
    Text,
    inputs(Text),
    inputs(Field.Integer),
    inputs(Schema.Array(Field.Integer).pipe(Schema.minItems(1)))
  ).pipe(
    described(
      "A text, up to 2048 texts, up to 2048 tokens of a text, or up to 2048 texts as tokens. Texts must not be empty."
    )
  ),
  model: ModelId.pipe(described("The ID of the model.")),
  encoding_format: Schema.optional(
    Schema.Literal("float", "base64").pipe(
      described("The format of the vectors: numbers, or base64 of little-endian 32-bit floats.", {
        default: "float"
      })
    )
  ),
  dimensions: Schema.optional(
    Field.Integer.pipe(
      Schema.greaterThanOrEqualTo(1),
      described("The number of dimensions of each vector. Only for `text-embedding-3` and later models.")
    )
  ),
  user: Field.user
}).annotations({ identifier: "CreateEmbeddingRequest", description: "Request to create embeddings." })

export interface CreateEmbeddingRequest extends Schema.Schema.Type<typeof CreateEmbeddingRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const Embedding = Tolerant.struct({
  embedding: Schema.Union(Schema.Array(Schema.Number), Schema.String).pipe(
    described("The vector: numbers, or base64 if `encoding_format` is `base64`.")
  )
}, {
  index: Field.index("request's inputs"),
  object: Field.objectType("embedding")
}).annotations({ identifier: "Embedding", title: "Embedding", description: "The vector of one input." })

export interface Embedding extends Schema.Schema.Type<typeof Embedding> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CreateEmbeddingResponse = Tolerant.struct({
  data: Schema.Array(Embedding).pipe(described("One vector for each input."))
}, {
  model: Field.string("The model that created the vectors."),
  object: Field.objectType("list"),
  usage: Tolerant.struct({}, {
    prompt_tokens: Field.integer("The number of tokens in the inputs."),
    total_tokens: Field.integer("The number of tokens that the request used.")
  }).pipe(described("The token usage."))
}).annotations({ identifier: "CreateEmbeddingResponse", description: "The vectors of all inputs." })

export interface CreateEmbeddingResponse extends Schema.Schema.Type<typeof CreateEmbeddingResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createEmbedding",
  summary: "Create embeddings",
  description: "Returns a vector for each input.",
  method: "POST",
  path: "/embeddings",
  body: Endpoint.json(CreateEmbeddingRequest),
  success: Endpoint.json(CreateEmbeddingResponse),
  inference: "embeddings",
  replayable: true
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Embeddings",
  title: "Embeddings",
  description: "Texts as vectors.",
  operations: { create }
})
