/**
 * `EmbeddingModel` of `@effect/ai` over embeddings.
 *
 * @since 0.1.0
 */
import * as Embeddings from "@effect-openai/client/Embeddings"
import type * as Extra from "@effect-openai/client/Extra"
import { OpenAiClient } from "@effect-openai/client/OpenAiClient"
import * as OpenAiError from "@effect-openai/client/OpenAiError"
import type * as AiError from "@effect/ai/AiError"
import * as EmbeddingModel from "@effect/ai/EmbeddingModel"
import * as AiModel from "@effect/ai/Model"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as AiErrors from "./AiErrors.js"
import { current, merge, withOverride } from "./internal/config.js"

// -----------------------------------------------------------------------------
// configuration
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export declare namespace Config {
  /**
   * The fields of a request. `Extra.fields` adds fields of a server.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Service extends Partial<Omit<Embeddings.CreateEmbeddingRequest, "input">> {
    /** The extra fields that `Extra.fields` adds by a spread. */
    readonly [Extra.TypeId]?: { readonly [name: string]: unknown }
  }

  /**
   * How the texts of concurrent calls become requests.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Batched extends Omit<Service, "model"> {
    /** Default: 2048, the maximum of the API. Maximum number of texts of a request. */
    readonly maxBatchSize?: number | undefined
    /** Default: none. Vectors that are kept, by their text. */
    readonly cache?: { readonly capacity: number; readonly timeToLive: Duration.DurationInput } | undefined
  }

  /**
   * How texts are collected over time.
   *
   * @since 0.1.0
   * @category models
   */
  export interface DataLoader extends Omit<Service, "model"> {
    /** How long texts are collected before a request. */
    readonly window: Duration.DurationInput
    /** Default: 2048, the maximum of the API. Maximum number of texts of a request. */
    readonly maxBatchSize?: number | undefined
  }
}

/**
 * The configuration of the calls within an effect. It replaces fields of the model's own configuration.
 *
 * @since 0.1.0
 * @category context
 */
export class Config extends Context.Tag("@effect-openai/ai/OpenAiEmbeddingModel/Config")<Config, Config.Service>() {}

const currentConfig: Effect.Effect<Config.Service> = current(Config)

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const operation = Embeddings.create.endpoint.name

const invalid = (field: string, message: string) =>
  new OpenAiError.InvalidResponseError({ operation, status: 200, requestId: undefined, field, message })

/** Numbers are kept as they are. */
const vectorOf = (embedding: Embeddings.Embedding, position: number) =>
  typeof embedding.embedding !== "string"
    ? Either.right([...embedding.embedding])
    : Embeddings.vector(embedding).pipe(
      Either.mapBoth({
        onLeft: ({ message }) => invalid(`data[${position}].embedding`, message ?? "not base64"),
        onRight: (floats) => Array.from(floats)
      })
    )

/** Each text needs exactly one vector: `EmbeddingModel` would wait for a vector that is missing. */
const resultsOf = (
  { data }: Embeddings.CreateEmbeddingResponse,
  texts: number
): Effect.Effect<Array<EmbeddingModel.Result>, OpenAiError.InvalidResponseError> =>
  Effect.gen(function*() {
    if (data.length !== texts) return yield* invalid("data", `${data.length} vectors for ${texts} texts`)
    const seen = new Set<number>()
    return yield* Effect.forEach(data, (embedding, position) => {
      const index = embedding.index ?? position
      if (index < 0 || index >= texts || seen.has(index)) {
        return invalid(`data[${position}].index`, `${index} is not the index of another text`)
      }
      seen.add(index)
      return Effect.map(vectorOf(embedding, position), (embeddings) => ({ index, embeddings }))
    })
  })

type EmbedMany = (input: ReadonlyArray<string>) => Effect.Effect<Array<EmbeddingModel.Result>, AiError.AiError>

const embedMany = (model: string, config: Config.Service): Effect.Effect<EmbedMany, never, OpenAiClient> =>
  Effect.map(
    OpenAiClient,
    (client) => (input) =>
      Effect.flatMap(currentConfig, (overrides) => Embeddings.create({ model, ...merge(config, overrides), input }))
        .pipe(
          Effect.provideService(OpenAiClient, client),
          Effect.flatMap((response) => resultsOf(response, input.length)),
          Effect.mapError((error) =>
            AiErrors.fromClientError(error, {
              module: "OpenAiEmbeddingModel",
              method: "embedMany",
              endpoint: Embeddings.create.endpoint
            })
          )
        )
  )

/**
 * Makes a model that sends the texts of concurrent calls in one request (`createEmbedding`).
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeBatched = ({ config = {}, model }: {
  readonly model: string
  readonly config?: Config.Batched | undefined
}): Effect.Effect<EmbeddingModel.Service, never, OpenAiClient> => {
  const { cache, maxBatchSize = 2048, ...fields } = config
  return Effect.flatMap(
    embedMany(model, fields),
    (embedMany) => EmbeddingModel.make({ embedMany, maxBatchSize, ...(cache === undefined ? {} : { cache }) })
  )
}

/**
 * Makes a model that collects texts for the time of `window`, and sends them in one request (`createEmbedding`).
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeDataLoader = ({ config, model }: {
  readonly model: string
  readonly config: Config.DataLoader
}): Effect.Effect<EmbeddingModel.Service, never, OpenAiClient | Scope.Scope> => {
  const { maxBatchSize = 2048, window, ...fields } = config
  return Effect.flatMap(
    embedMany(model, fields),
    (embedMany) => EmbeddingModel.makeDataLoader({ embedMany, maxBatchSize, window })
  )
}

// -----------------------------------------------------------------------------
// layers
// -----------------------------------------------------------------------------

/**
 * A model as a layer, like {@link makeBatched}.
 *
 * @example
 * import { OpenAiEmbeddingModel } from "@effect-openai/ai"
 * import { EmbeddingModel } from "@effect/ai"
 * import { Effect } from "effect"
 *
 * const vectors = Effect.flatMap(
 *   EmbeddingModel.EmbeddingModel,
 *   ({ embedMany }) => embedMany(["a cat", "a dog"])
 * ).pipe(Effect.provide(OpenAiEmbeddingModel.layerBatched({ model: "text-embedding-3-small" })))
 *
 * @since 0.1.0
 * @category layers
 */
export const layerBatched = (options: {
  readonly model: string
  readonly config?: Config.Batched | undefined
}): Layer.Layer<EmbeddingModel.EmbeddingModel, never, OpenAiClient> =>
  Layer.effect(EmbeddingModel.EmbeddingModel, makeBatched(options))

/**
 * A model as a layer, like {@link makeDataLoader}.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDataLoader = (options: {
  readonly model: string
  readonly config: Config.DataLoader
}): Layer.Layer<EmbeddingModel.EmbeddingModel, never, OpenAiClient> =>
  Layer.scoped(EmbeddingModel.EmbeddingModel, makeDataLoader(options))

/**
 * A `Model` of `@effect/ai`: a layer that also states its provider, `openai`.
 *
 * @since 0.1.0
 * @category layers
 */
export const model = (
  model: string,
  options:
    | ({ readonly mode: "batched" } & Config.Batched)
    | ({ readonly mode: "data-loader" } & Config.DataLoader)
): AiModel.Model<"openai", EmbeddingModel.EmbeddingModel, OpenAiClient> => {
  if (options.mode === "batched") {
    const { mode: _, ...config } = options
    return AiModel.make("openai", layerBatched({ model, config }))
  }
  const { mode: _, ...config } = options
  return AiModel.make("openai", layerDataLoader({ model, config }))
}

/**
 * Replaces fields of the configuration for the calls within an effect, extra fields included. The texts of one request have
 * the configuration of one of its calls.
 *
 * @since 0.1.0
 * @category configuration
 */
export const withConfigOverride: {
  (overrides: Config.Service): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, overrides: Config.Service): Effect.Effect<A, E, R>
} = withOverride(Config)
