/**
 * Embeddings: texts as vectors.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import { Integer } from "./internal/integer.js"
import { modelId } from "./internal/modelId.js"
import * as Resource from "./Resource.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * The ID of a model that makes embeddings: one of those that the documentation names, or any other.
 *
 * @since 0.1.0
 * @category models
 */
export const ModelId = modelId("text-embedding-ada-002", "text-embedding-3-small", "text-embedding-3-large")

/**
 * @since 0.1.0
 * @category models
 */
export type ModelId = Schema.Schema.Type<typeof ModelId>

const Text = Schema.String.pipe(Schema.minLength(1))

const inputs = <A>(input: Schema.Schema<A>) => Schema.Array(input).pipe(Schema.minItems(1), Schema.maxItems(2048))

/**
 * What embeddings are made of. Each input must fit the model: 8192 tokens for `text-embedding-ada-002`.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateEmbeddingRequest = Schema.Struct({
  input: Schema.Union(Text, inputs(Text), inputs(Integer), inputs(Schema.Array(Integer).pipe(Schema.minItems(1)))).pipe(
    described(
      "A text, up to 2048 texts, the tokens of a text, 2048 at the most, or up to 2048 texts as tokens. No text is empty."
    )
  ),
  model: ModelId.pipe(described("The ID of the model.")),
  encoding_format: Schema.optional(
    Schema.Literal("float", "base64").pipe(
      described("How vectors are answered: as numbers, or as base64 of 32-bit floats, least byte first.", {
        default: "float"
      })
    )
  ),
  dimensions: Schema.optional(
    Integer.pipe(
      Schema.greaterThanOrEqualTo(1),
      described("How many numbers each vector has. Only for `text-embedding-3` and later models.")
    )
  ),
  user: Schema.optional(Schema.String.pipe(described("An ID of the caller's end user, by which abuse can be traced.")))
}).annotations({ identifier: "CreateEmbeddingRequest", description: "What embeddings are made of." })

/**
 * @since 0.1.0
 * @category models
 */
export interface CreateEmbeddingRequest extends Schema.Schema.Type<typeof CreateEmbeddingRequest> {}

/**
 * The vector of one input.
 *
 * @since 0.1.0
 * @category models
 */
export const Embedding = Schema.Struct({
  index: Tolerant.unlimited(Integer.pipe(described("The place of the input in the request, from 0."))),
  embedding: Schema.Union(Schema.Array(Schema.Number), Schema.String).pipe(
    described("The vector: numbers, or a base64 text where `encoding_format` asked for it.")
  ),
  object: Schema.Literal("embedding").pipe(described("The object type, always `embedding`."))
}).annotations({ identifier: "Embedding", title: "Embedding", description: "The vector of one input." })

/**
 * @since 0.1.0
 * @category models
 */
export interface Embedding extends Schema.Schema.Type<typeof Embedding> {}

/**
 * The vectors of all inputs.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateEmbeddingResponse = Schema.Struct({
  data: Schema.Array(Embedding).pipe(described("One vector for each input.")),
  model: Schema.String.pipe(described("The model that made the vectors.")),
  object: Schema.Literal("list").pipe(described("The object type, always `list`.")),
  usage: Tolerant.optional(
    Schema.Struct({
      prompt_tokens: Tolerant.unlimited(Integer.pipe(described("How many tokens the inputs have."))),
      total_tokens: Tolerant.unlimited(Integer.pipe(described("How many tokens the request used.")))
    }).pipe(described("How many tokens were used."))
  )
}).annotations({ identifier: "CreateEmbeddingResponse", description: "The vectors of all inputs." })

/**
 * @since 0.1.0
 * @category models
 */
export interface CreateEmbeddingResponse extends Schema.Schema.Type<typeof CreateEmbeddingResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * Create embeddings.
 *
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createEmbedding",
  summary: "Create embeddings",
  description: "Answers a vector for each input.",
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
